/// Lists taken as sets.
enum SetFunctions {
    static let all: [FunctionDeclaration] = [
        FunctionDeclaration("sets.contains", [.plain("list_sets_contains_list", [.listOfA, .listOfA], .bool)]) {
            (e, a) throws(EvaluationError) in .bool(try contains(a[0], a[1], &e))
        },
        FunctionDeclaration("sets.equivalent", [.plain("list_sets_equivalent_list", [.listOfA, .listOfA], .bool)]) {
            (e, a) throws(EvaluationError) in
            guard try contains(a[0], a[1], &e) else { return .bool(false) }
            return .bool(try contains(a[1], a[0], &e))
        },
        FunctionDeclaration("sets.intersects", [.plain("list_sets_intersects_list", [.listOfA, .listOfA], .bool)]) {
            (e, a) throws(EvaluationError) in
            let other = try ListFunctions.elements(a[1], &e)
            for value in try ListFunctions.elements(a[0], &e) where try holds(other, value, &e) { return .bool(true) }
            return .bool(false)
        },
    ]

    private static func holds(_ list: [Value], _ value: Value, _ e: inout Evaluator) throws(EvaluationError) -> Bool {
        for other in list where value.equals(other, &e.work) { return true }
        if e.work.isSpent { throw .overBudget }
        return false
    }

    private static func contains(_ list: Value, _ part: Value, _ e: inout Evaluator) throws(EvaluationError) -> Bool {
        let all = try ListFunctions.elements(list, &e)
        for value in try ListFunctions.elements(part, &e) {
            guard try holds(all, value, &e) else { return false }
        }
        return true
    }
}
