internal import Schema

/// Patterns in RE2's syntax, matched in time in proportion to text and pattern.
enum RegexFunctions {
    /// Upstream's limit is on memory; a pattern this long is refused.
    private static let patternMax = 20_000

    static func compile(_ pattern: String) -> Pattern? {
        pattern.utf8.count <= patternMax ? Pattern(pattern) : nil
    }

    static let all: [FunctionDeclaration] = [
        FunctionDeclaration(
            "matches",
            [
                .plain("matches", [.string, .string], .bool), .member("matches_string", [.string, .string], .bool),
            ]
        ) { (e, a) throws(EvaluationError) in
            guard case .string(let text) = a[0], case .string(let words) = a[1] else { throw .noSuchOverload }
            guard let pattern = compile(words) else {
                throw EvaluationError("error parsing regexp: invalid or unsupported syntax: `\(words)`")
            }
            var steps = e.work.left
            let before = steps
            let matches = pattern.matches(text, steps: &steps)
            try e.spend(before - steps)
            guard let matches else { throw .overBudget }
            return .bool(matches)
        },
        FunctionDeclaration("find", [.member("string_find_string", [.string, .string], .string)]) {
            (e, a) throws(EvaluationError) in
            let found = try find(a, most: 1, &e)
            return .string(found.first ?? "")
        },
        FunctionDeclaration(
            "findAll",
            [
                .member("string_find_all_string", [.string, .string], .list(.string)),
                .member("string_find_all_string_int", [.string, .string, .int], .list(.string)),
            ]
        ) { (e, a) throws(EvaluationError) in
            var most = Int.max
            if a.count > 2 {
                guard case .int(let given) = a[2] else { throw .noSuchOverload }
                most = given < 0 ? .max : Int(clamping: given)
            }
            return .list(try find(a, most: most, &e).map { .string($0) })
        },
    ]

    private static func find(_ a: [Value], most: Int, _ e: inout Evaluator) throws(EvaluationError) -> [String] {
        guard case .string(let words) = a[1] else { throw .noSuchOverload }
        let text = try StringFunctions.scalars(a[0], &e)
        guard let pattern = compile(words) else {
            throw EvaluationError("Illegal regex: error parsing regexp: invalid or unsupported syntax: `\(words)`")
        }
        let values = text.map(\.value)
        var out: [String] = []
        var from = 0
        var lastEnd = -1
        while from <= values.count, out.count < most {
            var steps = e.work.left
            let before = steps
            let found = pattern.find(in: values, from: from, steps: &steps)
            try e.spend(before - steps)
            if steps <= 0 { throw .overBudget }
            guard let found else { break }
            // An empty match right after another one does not count.
            if !(found.isEmpty && found.lowerBound == lastEnd) {
                out.append(StringFunctions.string(text[found]))
            }
            lastEnd = found.upperBound
            from = found.isEmpty ? found.upperBound + 1 : found.upperBound
        }
        return out
    }
}
