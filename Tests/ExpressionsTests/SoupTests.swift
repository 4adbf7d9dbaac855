import Document
import Expressions
import Testing

/// Whatever the words, reading, checking and evaluating them ends, and never in a trap.
struct SoupTests {
    /// Numbers that look random and are the same on every run.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    private static let words = [
        "self", "self.a", "self.list", "self.map", "x", "y", "[", "]", "{", "}", "(", ")", ".", ",", ":", "?", "+", "-",
        "*", "/", "%", "!", "&&", "||", "==", "!=", "<",
        ">=", "in", "1", "-1", "0", "9223372036854775807", "1u", "1.5", "1e308", "'a'", "'é'", "b'\\xff'", "r'\\d'",
        "true", "null", ".all(x,", ".exists(x,", ".map(x,", ".filter(x,",
        ".exists_one(x,", "has(", "size(", "string(", "int(", "double(", "timestamp(", "duration(", "type(", "dyn(",
        ".matches(", ".find(", ".replace('a',", ".split(''", ".substring(", ".format([", "quantity(",
        "ip(", "cidr(", "url(", "semver(", "optional.of(", "optional.none()", ".?a", "[?0]", ".orValue(", ".optMap(x,",
        ".sum()", ".sort()", ".sortBy(x,", ".distinct()", ".flatten()", ".slice(", "lists.range(", "sets.contains(",
        ".transformMap(k, v,", ".transformList(i, v,", "Object{", "spec:", "JSONPatch{", "\"", "'''", "//", "`", "\\",
        "🙂",
    ]

    private static let environment: Environment = {
        var environment = Environment([
            "self": .object("self", ["a": .int, "list": .list(of: .string), "map": .map(of: .int)]), "x": .dyn,
            "y": .dyn,
        ])
        environment.hasMutationTypes = true
        return environment
    }()

    @Test func neverTraps() {
        var generator = Generator(state: 0x5EED)
        var compiled = 0
        for _ in 0..<15_000 {
            let count = Int.random(in: 1...12, using: &generator)
            let text = (0..<count).map { _ in Self.words.randomElement(using: &generator) ?? "" }.joined(
                separator: Bool.random(using: &generator) ? " " : "")
            guard let program = try? Program(text, in: Self.environment) else { continue }
            compiled += 1
            let range = program.estimatedCost(in: Self.environment)
            #expect(range.min <= range.max)
            let object: JSON = ["a": 3, "list": ["b", "a"], "map": ["k": 1]]
            var activation = Activation(["self": Value(object), "x": Value([1, 2]), "y": .string("text")])
            _ = program.evaluate(&activation, limit: 5_000)
        }
        #expect(compiled > 300)
    }

    /// A changed character in a right expression.
    @Test func neverTrapsOnNearlyRightWords() {
        var generator = Generator(state: 42)
        let right =
            (FunctionTests.strings + FunctionTests.lists + FunctionTests.kubernetes + LanguageTests.macros
            + LanguageTests.operators).map(\.0)
        for text in right {
            for _ in 0..<20 {
                var scalars = Array(text.unicodeScalars)
                let place = Int.random(in: 0..<scalars.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: scalars.remove(at: place)
                case 1: scalars[place] = Unicode.Scalar(UInt8.random(in: 32..<127, using: &generator))
                default: scalars.insert(scalars.randomElement(using: &generator) ?? "a", at: place)
                }
                let changed = String(String.UnicodeScalarView(scalars))
                guard let program = try? Program(changed, in: Self.environment) else { continue }
                var activation = Activation()
                _ = program.evaluate(&activation, limit: 5_000)
            }
        }
    }

    /// As deep as the grammar allows, in every way.
    @Test func depths() {
        for (open, middle, close) in [
            ("(", "1", ")"), ("[", "1", "]"), ("{1:", "1", "}"), ("dyn(", "1", ")"), ("optional.of(", "1", ")"),
            ("[1].map(x, ", "x", ")"), ("", "1", "+1"), ("", "x", ".y"), ("", "x", "[0]"), ("true ? ", "1", " : 1"),
            ("!", "true", ""), ("-", "1", ""),
        ] {
            for depth in [10, 100, 249, 1_000, 20_000] {
                let text = String(repeating: open, count: depth) + middle + String(repeating: close, count: depth)
                guard let program = try? Program(text, in: Self.environment) else { continue }
                _ = program.estimatedCost(in: Self.environment)
                var activation = Activation(["x": .int(1)])
                _ = program.evaluate(&activation)
            }
        }
        // Each of these doubles what the one before it made.
        let doubled = "optional.of(1)" + String(repeating: ".optMap(x, x)", count: 40)
        #expect(throws: CompilationError.self) { try Program(doubled, in: Self.environment) }
    }

    /// Variables that share their parts, so that walking through them would take for ever.
    @Test func sharedParts() throws {
        var environment = Environment([:])
        var activation = Activation()
        environment.composed["v0"] = .dyn
        activation.composed["v0"] = try Program("dyn([1])", in: Environment([:]))
        for i in 1..<40 {
            activation.composed["v\(i)"] = try Program(
                "dyn([variables.v\(i - 1), variables.v\(i - 1)])", in: environment)
            environment.composed["v\(i)"] = .dyn
        }
        for text in [
            "variables.v39 == variables.v39", "'%s'.format([variables.v39]) == ''",
            "variables.v39.flatten(100).size() == 1", "variables.v39 in [variables.v39]",
        ] {
            let evaluation = try Program(text, in: environment).evaluate(&activation)
            guard case .failure(let error) = evaluation.result else {
                Issue.record("\(text) has a value")
                continue
            }
            #expect(error.isOverBudget)
        }
    }

    /// Types that double with each step, and types that are many.
    @Test func largeTypes() {
        var text = "[1]"
        for _ in 0..<60 { text += ".map(a, {a: a})" }
        #expect(throws: CompilationError.self) { try Program(text, in: Self.environment) }
        #expect(throws: CompilationError.self) { try Program(text + " + 1", in: Self.environment) }
        let many = "[" + Array(repeating: "[]", count: 30_000).joined(separator: ",") + "].size()"
        #expect(ask(many) == "30000")
    }

    /// What is reckoned ahead is never less than what is paid.
    @Test func estimates() throws {
        let list = JSON.array((0..<50).map { .string(String(repeating: "a", count: $0)) })
        let declaration = TypeDeclaration.object(
            "self",
            [
                "l": .list(of: .scalar(.string, elementsMax: 50), elementsMax: 50),
                "s": .scalar(.string, elementsMax: 100),
            ])
        let environment = Environment(["self": declaration])
        for text in [
            "self.l.all(x, x.startsWith('a'))", "self.l.exists(x, x.contains(self.s))",
            "self.l.map(x, x + self.s).size() > 1", "self.l.filter(x, x.matches('a*b')).size() == 0",
            "self.l.isSorted()", "self.l.join(',').size() < 9000", "self.s.replace('a', 'bb').size() > 0",
            "self.l.all(x, self.l.all(y, x == y || x != y))",
        ] {
            let program = try Program(text, in: environment)
            var activation = Activation([
                "self": Value(["l": list, "s": .string(String(repeating: "b", count: 100))], as: declaration)
            ])
            let paid = program.evaluate(&activation)
            #expect(paid.cost <= program.estimatedCost(in: environment).max, "\(text)")
        }
    }
}
