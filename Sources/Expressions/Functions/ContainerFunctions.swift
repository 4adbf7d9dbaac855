/// What lists and maps have in common: sizes, members, and the steps of loops over maps.
enum ContainerFunctions {
    static let all: [FunctionDeclaration] = [
        FunctionDeclaration(
            "_[_]",
            [
                .plain("index_list", [.listOfA, .int], .a), .plain("index_map", [.mapOfAToB, .a], .b),
                .plain("optional_list_index_int", [.optional(.listOfA), .int], .optional(.a)),
                .plain("optional_map_index_value", [.optional(.mapOfAToB), .a], .optional(.b)),
            ]
        ) { (e, a) throws(EvaluationError) in
            try ConversionFunctions.payLength(a[1], &e)
            if case .optional(let inner) = a[0] {
                return .optional(try inner.flatMap { (v) throws(EvaluationError) in try member(v, a[1]) })
            }
            if let found = try member(a[0], a[1]) { return found }
            if a[0].listCount != nil { throw EvaluationError("index out of bounds: \(a[1].described)") }
            throw EvaluationError("no such key: \(a[1].described)")
        },
        FunctionDeclaration(
            "_[?_]",
            [
                .plain("list_optindex_optional_int", [.listOfA, .int], .optional(.a)),
                .plain("optional_list_optindex_optional_int", [.optional(.listOfA), .int], .optional(.a)),
                .plain("map_optindex_optional_value", [.mapOfAToB, .a], .optional(.b)),
                .plain("optional_map_optindex_optional_value", [.optional(.mapOfAToB), .a], .optional(.b)),
            ]
        ) { (e, a) throws(EvaluationError) in
            try ConversionFunctions.payLength(a[1], &e)
            if case .optional(let inner) = a[0] {
                return .optional(try inner.flatMap { (v) throws(EvaluationError) in try member(v, a[1]) })
            }
            return .optional(try member(a[0], a[1]))
        },
        FunctionDeclaration(
            "@in",
            [.plain("in_list", [.a, .listOfA], .bool), .plain("in_map", [.a, .mapOfAToB], .bool)]
        ) { (e, a) throws(EvaluationError) in
            if let count = a[1].listCount {
                for i in 0..<count where a[1].element(i).equals(a[0], &e.work) { return .bool(true) }
                if e.work.isSpent { throw .overBudget }
                return .bool(false)
            }
            guard a[1].mapCount != nil else { throw .noSuchOverload }
            try ConversionFunctions.payLength(a[0], &e)
            return .bool(a[1].value(at: a[0]) != nil)
        },
        FunctionDeclaration(
            "size",
            [
                .plain("size_bytes", [.bytes], .int), .member("bytes_size", [.bytes], .int),
                .plain("size_list", [.listOfA], .int), .member("list_size", [.listOfA], .int),
                .plain("size_map", [.mapOfAToB], .int), .member("map_size", [.mapOfAToB], .int),
                .plain("size_string", [.string], .int), .member("string_size", [.string], .int),
            ]
        ) { (e, a) throws(EvaluationError) in
            try ConversionFunctions.payLength(a[0], &e)
            switch a[0] {
            case .string(let text): return .int(Int64(text.unicodeScalars.count))
            case .bytes(let bytes): return .int(Int64(bytes.count))
            default:
                guard let count = a[0].listCount ?? a[0].mapCount else { throw .noSuchOverload }
                return .int(Int64(count))
            }
        },
        FunctionDeclaration(
            "cel.@mapInsert",
            [
                .plain("@mapInsert_map_key_value", [.mapOfAToB, .a, .b], .mapOfAToB),
                .plain("@mapInsert_map_map", [.mapOfAToB, .mapOfAToB], .mapOfAToB),
            ]
        ) { (_, _) throws(EvaluationError) in throw .noSuchOverload },
    ]

    /// The member of a list or map; nil when there is none.
    private static func member(_ container: Value, _ key: Value) throws(EvaluationError) -> Value? {
        if let count = container.listCount {
            let place: Int64?
            switch key {
            case .int(let i): place = i
            case .uint(let u): place = Int64(exactly: u) ?? .max
            case .double(let d): place = Int64(exactly: d)
            default: throw EvaluationError("unsupported index type '\(key.type.runtimeName)' in list")
            }
            guard let place, place >= 0, place < Int64(count) else { return nil }
            return container.element(Int(place))
        }
        guard container.isContainer else { throw .noSuchOverload }
        return container.value(at: key)
    }
}
