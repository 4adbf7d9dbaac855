internal import Document

/// Kubernetes' amounts: `quantity("1.5Gi")`.
enum QuantityFunctions {
    static let all: [FunctionDeclaration] = [
        FunctionDeclaration("quantity", [.plain("string_to_quantity", [.string], .quantity)]) {
            (_, a) throws(EvaluationError) in
            guard case .string(let text) = a[0] else { throw .noSuchOverload }
            guard let quantity = parse(text) else { throw EvaluationError(Quantity.formatMessage) }
            return .quantity(quantity, isInteger: IntegerAmount.isOne(text))
        },
        FunctionDeclaration("isQuantity", [.plain("is_quantity_string", [.string], .bool)]) {
            (_, a) throws(EvaluationError) in
            guard case .string(let text) = a[0] else { throw .noSuchOverload }
            return .bool(parse(text) != nil)
        },
        FunctionDeclaration("sign", [.plain("quantity_sign", [.quantity], .int)]) { (_, a) throws(EvaluationError) in
            guard case .quantity(let quantity, _) = a[0] else { throw .noSuchOverload }
            return .int(Int64(quantity.sign))
        },
        FunctionDeclaration("isInteger", [.member("quantity_is_integer", [.quantity], .bool)]) {
            (_, a) throws(EvaluationError) in
            guard case .quantity(_, let isInteger) = a[0] else { throw .noSuchOverload }
            return .bool(isInteger)
        },
        FunctionDeclaration("asInteger", [.member("quantity_get_int", [.quantity], .int)]) {
            (_, a) throws(EvaluationError) in
            guard case .quantity(let quantity, let isInteger) = a[0] else { throw .noSuchOverload }
            guard isInteger, let value = units(quantity) else {
                throw EvaluationError("cannot convert value to integer")
            }
            return .int(value)
        },
        one("asApproximateFloat", "quantity_get_float", .double) { .double(Double($0.billionths) / 1e9) },
        two("isGreaterThan", "quantity_is_greater_than", .bool) { .bool($0 > $1) },
        two("isLessThan", "quantity_is_less_than", .bool) { .bool($0 < $1) },
        two("compareTo", "quantity_compare_to", .int) { .int($0 < $1 ? -1 : $0 == $1 ? 0 : 1) },
        sum("add") { $0 + $1 },
        sum("sub") { $0 - $1 },
    ]

    /// Upstream takes no white space around a quantity.
    private static func parse(_ text: String) -> Quantity? {
        guard text.utf8.allSatisfy({ $0 > 0x20 }) else { return nil }
        return Quantity(parsing: text)
    }

    private static func units(_ quantity: Quantity) -> Int64? {
        let (units, rest) = quantity.billionths.quotientAndRemainder(dividingBy: 1_000_000_000)
        return rest == 0 ? Int64(exactly: units) : nil
    }

    private static func one(
        _ name: String, _ id: String, _ type: ExpressionType, _ body: @escaping @Sendable (Quantity) -> Value
    ) -> FunctionDeclaration {
        FunctionDeclaration(name, [.member(id, [.quantity], type)]) { (_, a) throws(EvaluationError) in
            guard case .quantity(let quantity, _) = a[0] else { throw .noSuchOverload }
            return body(quantity)
        }
    }

    private static func two(
        _ name: String, _ id: String, _ type: ExpressionType, _ body: @escaping @Sendable (Quantity, Quantity) -> Value
    ) -> FunctionDeclaration {
        FunctionDeclaration(name, [.member(id, [.quantity, .quantity], type)]) { (_, a) throws(EvaluationError) in
            guard case .quantity(let x, _) = a[0], case .quantity(let y, _) = a[1] else { throw .noSuchOverload }
            return body(x, y)
        }
    }

    private static func sum(_ name: String, _ body: @escaping @Sendable (Quantity, Quantity) -> Quantity)
        -> FunctionDeclaration
    {
        FunctionDeclaration(
            name,
            [
                .member("quantity_\(name)", [.quantity, .quantity], .quantity),
                .member("quantity_\(name)_int", [.quantity, .int], .quantity),
            ]
        ) { (_, a) throws(EvaluationError) in
            switch (a[0], a[1]) {
            case (.quantity(let x, let isInteger), .quantity(let y, let isToo)):
                return .quantity(body(x, y), isInteger: isInteger && isToo)
            case (.quantity(let x, let isInteger), .int(let y)):
                return .quantity(body(x, Quantity(y)), isInteger: isInteger)
            default: throw .noSuchOverload
            }
        }
    }
}
