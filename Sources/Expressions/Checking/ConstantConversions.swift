/// Conversions of values that are written out, which upstream carries out once while it makes a program.
struct ConstantConversions {
    private let expression: CheckedExpression
    private var evaluator: Evaluator

    init(_ expression: CheckedExpression) {
        self.expression = expression
        evaluator = Evaluator(expression, Activation(), limit: CostLimit.perExpression)
    }

    /// - Throws: what makes one of them impossible.
    mutating func check() throws(EvaluationError) {
        for id in expression.tree.nodes.indices { _ = try value(id) }
    }

    /// What a conversion gives; nil for a node that is none, or whose argument is not written out.
    private mutating func value(_ id: Int) throws(EvaluationError) -> Value? {
        guard case .call(let name, nil, let arguments) = expression.tree.nodes[id], arguments.count == 1,
            ConversionFunctions.folded.contains(name), case .function(let function, _)? = expression.references[id]
        else { return nil }
        let argument: Value?
        switch expression.tree.nodes[arguments[0]] {
        case .literal(let value): argument = value
        case .call: argument = try value(arguments[0])
        default: argument = expression.constants[arguments[0]]
        }
        guard let argument else { return nil }
        return try function.body(&evaluator, [argument])
    }
}
