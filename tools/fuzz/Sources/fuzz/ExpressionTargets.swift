import Document
import Expressions
import Schema

enum ExpressionTarget {
    private static let declaration = TypeDeclaration.object(
        "object",
        [
            "name": .string, "count": .int, "half": .double, "flag": .bool, "when": .timestamp, "for": .duration,
            "list": .list(of: .string), "map": .map(of: .int), "any": .dyn,
        ])
    private static let environment: Environment = {
        var environment = Environment([
            "self": declaration, "oldSelf": declaration, "object": .dyn, "authorizer": .scalar(.authorizer),
        ])
        environment.hasMutationTypes = true
        return environment
    }()
    private static let object: JSON = [
        "name": "web", "count": 3, "half": 0.5, "flag": true, "when": "2026-01-01T00:00:00Z", "for": "1h",
        "list": ["a", "b", "a"], "map": ["x": 1, "y": 2], "any": ["z": [1, "two", nil]],
    ]

    /// What compiles is evaluated within its budget, twice to the same end, and its cost was not reckoned too low by much.
    static let run: @Sendable ([UInt8]) -> Void = { input in
        guard let program = try? Program(input.text, in: environment) else { return }
        _ = program.estimatedCost(in: environment)
        func once() -> Evaluation {
            var activation = Activation([
                "self": Value(object, as: declaration), "oldSelf": Value(object, as: declaration),
                "object": Value(object), "authorizer": .question(.authorizer),
            ])
            activation.authorize = { AccessDecision(isAllowed: $0.verb == "get", reason: $0.resource) }
            return program.evaluate(&activation, limit: 20_000)
        }
        let (first, second) = (once(), once())
        require(first.cost == second.cost, "costs \(first.cost) and then \(second.cost)")
        if case .success(let value) = first.result { _ = value.document }
    }

    static let patterns: @Sendable ([UInt8]) -> Void = { input in
        let (first, second) = input.halves
        guard let pattern = Pattern(first.text) else { return }
        let text = second.text
        var steps = 1_000_000
        let matches = pattern.matches(text, steps: &steps)
        let scalars = text.unicodeScalars.map(\.value)
        var more = 1_000_000
        let found = pattern.find(in: scalars, from: 0, steps: &more)
        if let matches, more > 0 {
            require(matches == (found != nil), "a match is found by one way only")
            require(pattern.matches(text) == matches, "two ways of matching differ")
        }
    }
}
