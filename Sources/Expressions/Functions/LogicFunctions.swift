internal import Document

/// Operators on truth values, and comparisons.
enum LogicFunctions {
    static let all: [FunctionDeclaration] = [
        // The three that do not evaluate all of their operands are done by the evaluator itself.
        FunctionDeclaration("_?_:_", [.plain("conditional", [.bool, .a, .a], .a)], unreachable),
        FunctionDeclaration("_&&_", [.plain("logical_and", [.bool, .bool], .bool)], unreachable),
        FunctionDeclaration("_||_", [.plain("logical_or", [.bool, .bool], .bool)], unreachable),
        FunctionDeclaration(
            "@not_strictly_false", [.plain("not_strictly_false", [.bool], .bool)], unreachable),
        FunctionDeclaration("!_", [.plain("logical_not", [.bool], .bool)]) { (_, a) throws(EvaluationError) in
            guard case .bool(let flag) = a[0] else { throw .noSuchOverload }
            return .bool(!flag)
        },
        FunctionDeclaration("_==_", [.plain("equals", [.a, .a], .bool)]) { (e, a) throws(EvaluationError) in
            .bool(try equal(a, &e))
        },
        FunctionDeclaration("_!=_", [.plain("not_equals", [.a, .a], .bool)]) { (e, a) throws(EvaluationError) in
            .bool(!(try equal(a, &e)))
        },
        comparison("_<_", "less") { $0 < 0 },
        comparison("_<=_", "less_equals") { $0 <= 0 },
        comparison("_>_", "greater") { $0 > 0 },
        comparison("_>=_", "greater_equals") { $0 >= 0 },
    ]

    private static let unreachable: FunctionDeclaration.Body = { (_, _) throws(EvaluationError) in
        throw .noSuchOverload
    }

    /// Equality, paid for by the size of what is compared.
    private static func equal(_ a: [Value], _ e: inout Evaluator) throws(EvaluationError) -> Bool {
        if a[0].refusesOtherTypes, a[0].type != a[1].type { throw .noSuchOverload }
        let same = a[0].equals(a[1], &e.work)
        if e.work.isSpent { throw .overBudget }
        return same
    }

    private static func comparison(_ name: String, _ id: String, _ holds: @escaping @Sendable (Int) -> Bool)
        -> FunctionDeclaration
    {
        let same: [(String, ExpressionType)] = [
            ("bool", .bool), ("int64", .int), ("uint64", .uint), ("double", .double), ("string", .string),
            ("bytes", .bytes), ("timestamp", .timestamp), ("duration", .duration),
        ]
        var overloads = same.map { Overload.plain("\(id)_\($0.0)", [$0.1, $0.1], .bool) }
        let numbers: [(String, ExpressionType)] = [("int64", .int), ("uint64", .uint), ("double", .double)]
        for a in numbers {
            for b in numbers where a.0 != b.0 {
                overloads.append(.plain("\(id)_\(a.0)_\(b.0)", [a.1, b.1], .bool))
            }
        }
        return FunctionDeclaration(name, overloads) { (_, a) throws(EvaluationError) in
            .bool(holds(try a[0].compare(a[1])))
        }
    }
}
