/// Values that may be missing.
enum OptionalFunctions {
    static let all: [FunctionDeclaration] = [
        FunctionDeclaration("optional.of", [.plain("optional_of", [.a], .optional(.a))]) { (_, a) in .optional(a[0]) },
        FunctionDeclaration("optional.none", [.plain("optional_none", [], .optional(.a))]) { (_, _) in .optional(nil) },
        FunctionDeclaration(
            "optional.ofNonZeroValue", [.plain("optional_ofNonZeroValue", [.a], .optional(.a))]
        ) { (_, a) in .optional(isZero(a[0]) ? nil : a[0]) },
        FunctionDeclaration("value", [.member("optional_value", [.optional(.a)], .a)]) {
            (_, a) throws(EvaluationError) in
            guard case .optional(let inner) = a[0] else { throw .noSuchOverload }
            guard let inner else { throw EvaluationError("optional.none() dereference") }
            return inner
        },
        FunctionDeclaration("hasValue", [.member("optional_hasValue", [.optional(.a)], .bool)]) {
            (_, a) throws(EvaluationError) in
            guard case .optional(let inner) = a[0] else { throw .noSuchOverload }
            return .bool(inner != nil)
        },
        // These two do not always evaluate their second operand: the evaluator does them itself.
        FunctionDeclaration(
            "or", [.member("optional_or_optional", [.optional(.a), .optional(.a)], .optional(.a))]
        ) { (_, _) throws(EvaluationError) in throw .noSuchOverload },
        FunctionDeclaration("orValue", [.member("optional_orValue_value", [.optional(.a), .a], .a)]) {
            (_, _) throws(EvaluationError) in throw .noSuchOverload
        },
        FunctionDeclaration("optional.unwrap", [.plain("optional_unwrap", [.list(.optional(.a))], .listOfA)], unwrap),
        FunctionDeclaration("unwrapOpt", [.member("optional_unwrapOpt", [.list(.optional(.a))], .listOfA)], unwrap),
    ]

    private static let unwrap: FunctionDeclaration.Body = { (e, a) throws(EvaluationError) in
        var out: [Value] = []
        for element in try ListFunctions.elements(a[0], &e) {
            guard case .optional(let inner) = element else {
                throw EvaluationError("value \(element.described) is not optional")
            }
            if let inner { out.append(inner) }
        }
        return .list(out)
    }

    private static func isZero(_ value: Value) -> Bool {
        switch value {
        case .null, .bool(false), .int(0), .uint(0), .string(""), .duration(0), .optional(nil): true
        case .double(let d): d == 0
        case .bytes(let bytes): bytes.isEmpty
        case .structure(let made): made.fields.isEmpty
        default: (value.listCount ?? value.mapCount) == 0
        }
    }
}
