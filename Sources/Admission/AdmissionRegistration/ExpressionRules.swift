import Document
import Expressions
import Schema

/// Whether an expression in an object compiles and gives what it must.
enum ExpressionRules {
    static func validate(_ text: String, _ types: [ExpressionType], in environment: Environment, _ at: String)
        -> [FieldError]
    {
        do throws(CompilationError) {
            let type = try Program(text, in: environment).type
            if types.contains(type) { return [] }
            let wanted = types.map { $0 == .null ? "null_type" : $0.text }
            let rule =
                wanted.count == 1
                ? "must evaluate to \(wanted[0]) but got \(type.text)"
                : "must evaluate to one of [\(wanted.joined(separator: " "))] but got \(type.text)"
            return [.invalid(at, .string(text), rule)]
        } catch {
            return [error.fieldError(at, text)]
        }
    }
}

extension CompilationError {
    /// What is said of the field that holds the expression.
    func fieldError(_ at: String, _ text: String) -> FieldError {
        isInternal
            ? FieldError(.internalError, at, "Internal error: " + report)
            : .invalid(at, .string(text), "compilation failed: " + report)
    }
}
