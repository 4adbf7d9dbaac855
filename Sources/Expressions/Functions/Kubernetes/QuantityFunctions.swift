internal import Document

/// Kubernetes' amounts: `quantity("1.5Gi")`.
enum QuantityFunctions {
    static let all: [FunctionDeclaration] = [
        FunctionDeclaration("quantity", [.plain("string_to_quantity", [.string], .quantity)]) {
            (_, a) throws(EvaluationError) in
            guard case .string(let text) = a[0] else { throw .noSuchOverload }
            guard let quantity = parse(text) else { throw EvaluationError(Quantity.formatMessage) }
            return .quantity(quantity)
        },
        FunctionDeclaration("isQuantity", [.plain("is_quantity_string", [.string], .bool)]) {
            (_, a) throws(EvaluationError) in
            guard case .string(let text) = a[0] else { throw .noSuchOverload }
            return .bool(parse(text) != nil)
        },
        one("sign", "quantity_sign", .int) { .int(Int64($0.sign)) },
        one("isInteger", "quantity_is_integer", .bool) { .bool(whole($0) != nil) },
        FunctionDeclaration("asInteger", [.member("quantity_get_int", [.quantity], .int)]) {
            (_, a) throws(EvaluationError) in
            guard case .quantity(let quantity) = a[0] else { throw .noSuchOverload }
            guard let value = whole(quantity) else { throw EvaluationError("cannot convert value to integer") }
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

    private static func whole(_ quantity: Quantity) -> Int64? {
        let (units, rest) = quantity.billionths.quotientAndRemainder(dividingBy: 1_000_000_000)
        return rest == 0 ? Int64(exactly: units) : nil
    }

    private static func one(
        _ name: String, _ id: String, _ type: ExpressionType, _ body: @escaping @Sendable (Quantity) -> Value
    ) -> FunctionDeclaration {
        FunctionDeclaration(name, [.member(id, [.quantity], type)]) { (_, a) throws(EvaluationError) in
            guard case .quantity(let quantity) = a[0] else { throw .noSuchOverload }
            return body(quantity)
        }
    }

    private static func two(
        _ name: String, _ id: String, _ type: ExpressionType, _ body: @escaping @Sendable (Quantity, Quantity) -> Value
    ) -> FunctionDeclaration {
        FunctionDeclaration(name, [.member(id, [.quantity, .quantity], type)]) { (_, a) throws(EvaluationError) in
            guard case .quantity(let x) = a[0], case .quantity(let y) = a[1] else { throw .noSuchOverload }
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
            case (.quantity(let x), .quantity(let y)): return .quantity(body(x, y))
            case (.quantity(let x), .int(let y)): return .quantity(body(x, Quantity(y)))
            default: throw .noSuchOverload
            }
        }
    }
}
