import Document
import Expressions
import TimeZones

/// A zone that is five hours and a half ahead of UTC, as a TZif file of the first version.
private let halfPastFive: TimeZoneRules? = {
    var file = Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
    for count: UInt8 in [0, 0, 0, 0, 1, 4] { file += [0, 0, 0, count] }
    return TimeZoneRules(tzif: file + [0, 0, 0x4D, 0x58, 0, 0] + Array("IST\0".utf8))
}()

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
        activation.timeZone = { $0 == "Test/Half" ? halfPastFive : nil }
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
