import Document
import Expressions

/// One of a schema's `x-kubernetes-validations`.
struct SchemaRule: Sendable {
    let text: String
    let message: String
    let reason: String
    /// Below the place of the schema; empty when the rule is about the whole value.
    let fieldPath: String
    /// Whether `oldSelf` may be missing, and is then an optional value.
    let isOldSelfOptional: Bool
    /// Whether it compares with the former value.
    let isTransition: Bool
    /// nil when the rule cannot be compiled; its definition was refused then, unless it is older than that check.
    let program: Program?
    let failure: String
    let messageExpression: Program?

    init(_ json: JSON, _ schema: JSON, _ declaration: TypeDeclaration?) {
        text = json.text("rule")
        message = json.text("message")
        reason = json.text("reason")
        isOldSelfOptional = json.flag("optionalOldSelf")
        fieldPath = SchemaFieldPath.normalize(json.text("fieldPath"), in: schema) ?? ""
        let environment = SchemaRule.environment(declaration ?? .dyn, isOldSelfOptional)
        do throws(CompilationError) {
            let program = try Program(text, in: environment)
            isTransition = program.uses("oldSelf")
            self.program = program
            failure = ""
        } catch {
            program = nil
            failure = error.report
            isTransition = false
        }
        let words = json.text("messageExpression")
        messageExpression = words.isEmpty ? nil : try? Program(words, in: environment)
    }

    /// What a rule and its message can name.
    static func environment(_ declaration: TypeDeclaration, _ isOldSelfOptional: Bool) -> Environment {
        let scoped = declaration.named("selfType")
        let old = isOldSelfOptional ? TypeDeclaration.scalar(.opaque("optional_type", [scoped.type])) : scoped
        return Environment(["self": scoped, "oldSelf": old])
    }

    /// What errors call the rule.
    var words: String { SchemaRule.trimmed(message.isEmpty ? text : message) }

    static func trimmed(_ text: String) -> String {
        var rest = text[...]
        while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
        while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
        return String(rest)
    }
}
