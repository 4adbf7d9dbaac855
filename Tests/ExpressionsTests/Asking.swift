import Document
import Expressions

/// Evaluates an expression in a few variables and shows what came of it in one line: the value in CEL's own words, or `error: …`, or
/// `cannot compile: …`.
func ask(_ text: String, _ variables: [String: JSON] = [:], limit: UInt64 = CostLimit.perExpression) -> String {
    ask(costOf: text, variables, limit: limit).shown
}

func ask(costOf text: String, _ variables: [String: JSON] = [:], limit: UInt64 = CostLimit.perExpression) -> (
    shown: String, cost: UInt64
) {
    let environment = Environment(variables.mapValues { _ in .dyn })
    do throws(CompilationError) {
        let program = try Program(text, in: environment)
        var activation = Activation(variables.mapValues { Value($0) })
        let evaluation = program.evaluate(&activation, limit: limit)
        switch evaluation.result {
        case .success(let value): return (show(value), evaluation.cost)
        case .failure(let error): return ("error: " + error.message, evaluation.cost)
        }
    } catch {
        return ("cannot compile: " + error.message, 0)
    }
}

func show(_ value: Value) -> String {
    switch value {
    case .null: "null"
    case .bool(let b): "\(b)"
    case .int(let i): "\(i)"
    case .uint(let u): "\(u)u"
    case .double(let d): "\(d)"
    case .string(let s): "'\(s)'"
    case .bytes(let b): "b" + b.map { String($0) }.joined(separator: ",")
    case .duration(let d): "\(d)ns"
    case .optional(let inner): inner.map { "optional(\(show($0)))" } ?? "none"
    case .type(let type): type.text
    case .structure: "structure \(value.document?.text ?? "?")"
    default:
        if let elements = value.elements {
            "[" + elements.map(show).joined(separator: ", ") + "]"
        } else {
            value.document?.text ?? "?"
        }
    }
}
