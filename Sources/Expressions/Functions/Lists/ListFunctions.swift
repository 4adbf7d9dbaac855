/// Functions of lists: Kubernetes' own and those of cel-go's list library.
enum ListFunctions {
    static let ordered: [(String, ExpressionType)] = [
        ("int", .int), ("uint", .uint), ("double", .double), ("bool", .bool), ("duration", .duration),
        ("timestamp", .timestamp), ("string", .string), ("bytes", .bytes),
    ]
    private static let summable: [(String, ExpressionType, Value)] = [
        ("int", .int, .int(0)), ("uint", .uint, .uint(0)), ("double", .double, .double(0)),
        ("duration", .duration, .duration(0)),
    ]

    static let all: [FunctionDeclaration] = [
        FunctionDeclaration(
            "isSorted", ordered.map { .member("list_\($0.0)_is_sorted_bool", [.list($0.1)], .bool) }
        ) { (e, a) throws(EvaluationError) in
            let list = try elements(a[0], &e)
            for (x, y) in zip(list, list.dropFirst()) where try x.compare(y) > 0 { return .bool(false) }
            return .bool(true)
        },
        FunctionDeclaration(
            "sum", summable.map { .member("list_\($0.0)_sum_\($0.0)", [.list($0.1)], $0.1) }
        ) { (e, a) throws(EvaluationError) in
            let list = try elements(a[0], &e)
            guard var total = list.first else { return .int(0) }
            guard let add = FunctionTable.all["_+_"] else { throw .noSuchOverload }
            for value in list.dropFirst() { total = try add.body(&e, [total, value]) }
            return total
        },
        FunctionDeclaration("min", ordered.map { .member("list_\($0.0)_min_\($0.0)", [.list($0.1)], $0.1) }) {
            (e, a) throws(EvaluationError) in try extreme(a[0], -1, "min", &e)
        },
        FunctionDeclaration("max", ordered.map { .member("list_\($0.0)_max_\($0.0)", [.list($0.1)], $0.1) }) {
            (e, a) throws(EvaluationError) in try extreme(a[0], 1, "max", &e)
        },
        FunctionDeclaration("indexOf", [.member("list_a_index_of_int", [.listOfA, .a], .int)]) {
            (e, a) throws(EvaluationError) in
            let list = try elements(a[0], &e)
            for (i, value) in list.enumerated() where value.equals(a[1], &e.work) { return .int(Int64(i)) }
            return .int(-1)
        },
        FunctionDeclaration("lastIndexOf", [.member("list_a_last_index_of_int", [.listOfA, .a], .int)]) {
            (e, a) throws(EvaluationError) in
            let list = try elements(a[0], &e)
            for i in list.indices.reversed() where list[i].equals(a[1], &e.work) { return .int(Int64(i)) }
            return .int(-1)
        },
        FunctionDeclaration("distinct", [.member("list_distinct", [.listOfA], .listOfA)]) {
            (e, a) throws(EvaluationError) in
            var out: [Value] = []
            for value in try elements(a[0], &e) {
                var isKnown = false
                for other in out where value.equals(other, &e.work) {
                    isKnown = true
                    break
                }
                if e.work.isSpent { throw .overBudget }
                if !isKnown { out.append(value) }
            }
            return .list(out)
        },
        FunctionDeclaration(
            "flatten",
            [
                .member("list_flatten", [.list(.listOfA)], .listOfA),
                .member("list_flatten_int", [.list(.dyn), .int], .list(.dyn)),
            ]
        ) { (e, a) throws(EvaluationError) in
            var depth: Int64 = 1
            if a.count > 1 {
                guard case .int(let given) = a[1] else { throw .noSuchOverload }
                if given < 0 { throw EvaluationError("level must be non-negative") }
                depth = given
            }
            var out: [Value] = []
            try flatten(try elements(a[0], &e), Swift.min(depth, 500), &out, &e)
            return .list(out)
        },
        FunctionDeclaration("reverse", [.member("list_reverse", [.listOfA], .listOfA)]) {
            (e, a) throws(EvaluationError) in .list(try elements(a[0], &e).reversed())
        },
        FunctionDeclaration("slice", [.member("list_slice", [.listOfA, .int, .int], .listOfA)]) {
            (e, a) throws(EvaluationError) in
            guard case .int(let start) = a[1], case .int(let end) = a[2], let count = a[0].listCount else {
                throw .noSuchOverload
            }
            let call = "cannot slice(\(start), \(end))"
            if start < 0 || end < 0 { throw EvaluationError("\(call), negative indexes not supported") }
            if start > end {
                throw EvaluationError("\(call), start index must be less than or equal to end index")
            }
            if Int64(count) < end { throw EvaluationError("\(call), list is length \(count)") }
            try e.spend(Int(end - start))
            return .list((Int(start)..<Int(end)).map { a[0].element($0) })
        },
        FunctionDeclaration("sort", ordered.map { .member("list_\($0.0)_sort", [.list($0.1)], .list($0.1)) }) {
            (e, a) throws(EvaluationError) in
            let list = try elements(a[0], &e)
            return .list(try sorted(list, by: list, &e))
        },
        FunctionDeclaration(
            "@sortByAssociatedKeys",
            ordered.map { .member("list_\($0.0)_sortByAssociatedKeys", [.listOfA, .list($0.1)], .listOfA) }
        ) { (e, a) throws(EvaluationError) in
            .list(try sorted(try elements(a[0], &e), by: try elements(a[1], &e), &e))
        },
        FunctionDeclaration("lists.range", [.plain("lists_range", [.int], .list(.int))]) {
            (e, a) throws(EvaluationError) in
            guard case .int(let count) = a[0] else { throw .noSuchOverload }
            try e.spend(Int(clamping: count))
            return .list(count <= 0 ? [] : (0..<count).map { .int($0) })
        },
        FunctionDeclaration("first", [.member("list_first", [.listOfA], .optional(.a))]) {
            (_, a) throws(EvaluationError) in
            guard let count = a[0].listCount else { throw .noSuchOverload }
            return .optional(count == 0 ? nil : a[0].element(0))
        },
        FunctionDeclaration("last", [.member("list_last", [.listOfA], .optional(.a))]) {
            (_, a) throws(EvaluationError) in
            guard let count = a[0].listCount else { throw .noSuchOverload }
            return .optional(count == 0 ? nil : a[0].element(count - 1))
        },
    ]

    /// The elements of a list, paid for.
    static func elements(_ value: Value, _ e: inout Evaluator) throws(EvaluationError) -> [Value] {
        guard let count = value.listCount else { throw .noSuchOverload }
        try e.spend(count / 2)
        return value.elements ?? []
    }

    private static func extreme(_ value: Value, _ sign: Int, _ name: String, _ e: inout Evaluator)
        throws(EvaluationError) -> Value
    {
        let list = try elements(value, &e)
        guard var best = list.first else { throw EvaluationError("\(name) called on empty list") }
        for value in list.dropFirst() where try value.compare(best) == sign { best = value }
        return best
    }

    private static func flatten(_ list: [Value], _ depth: Int64, _ out: inout [Value], _ e: inout Evaluator)
        throws(EvaluationError)
    {
        for value in list {
            try e.spend(8)
            if depth > 0, let inner = value.elements {
                try flatten(inner, depth - 1, &out, &e)
            } else {
                out.append(value)
            }
        }
    }

    private static func sorted(_ list: [Value], by keys: [Value], _ e: inout Evaluator) throws(EvaluationError)
        -> [Value]
    {
        guard let first = keys.first else { return list }
        guard list.count == keys.count else {
            throw EvaluationError(
                "@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got \(list.count) and \(keys.count) elements respectively"
            )
        }
        guard ordered.contains(where: { $0.1 == first.type }) else {
            throw EvaluationError("list elements must be comparable")
        }
        guard keys.allSatisfy({ $0.type == first.type }) else {
            throw EvaluationError("list elements must have the same type")
        }
        try e.spend(list.count * (Int.bitWidth - list.count.leadingZeroBitCount))
        // Numbers that are none would make an order that is none.
        let places = keys.indices.sorted { a, b in
            let order = (try? keys[a].compare(keys[b])) ?? 0
            return order < 0 || (order == 0 && a < b)
        }
        return places.map { list[$0] }
    }
}
