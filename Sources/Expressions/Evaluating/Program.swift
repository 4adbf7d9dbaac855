/// An expression that was read and checked: it is evaluated as often as wanted, by anybody, at the same time.
public struct Program: Sendable {
    /// The expression as it was written.
    public let text: String
    let checked: CheckedExpression

    /// Reads and checks an expression.
    /// - Throws: all that is wrong with it.
    public init(_ text: String, in environment: Environment) throws(CompilationError) {
        self.text = text
        let tree = try Parser.parse(text)
        checked = try Checker.check(tree, text, environment)
        var conversions = ConstantConversions(checked)
        do throws(EvaluationError) {
            try conversions.check()
        } catch {
            throw CompilationError(unmakeable: error.message)
        }
    }

    /// The type of its value.
    public var type: ExpressionType { checked.type }

    /// Whether the expression names the variable at all.
    public func uses(_ variable: String) -> Bool {
        checked.references.contains { if case .global(variable)? = $0 { true } else { false } }
    }

    /// The expression's value, or why it has none.
    /// - Parameter limit: the most it may cost; it never takes longer than in proportion to that.
    public func evaluate(_ activation: inout Activation, limit: UInt64 = CostLimit.perExpression) -> Evaluation {
        var evaluator = Evaluator(checked, activation, limit: limit)
        let result: Result<Value, EvaluationError>
        do throws(EvaluationError) {
            let value = try evaluator.run()
            result = .success(value)
        } catch {
            result = .failure(error)
        }
        activation.known = evaluator.known
        return Evaluation(result: result, cost: evaluator.cost)
    }
}
