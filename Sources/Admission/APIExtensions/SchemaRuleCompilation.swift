import Document
import Schema

/// Whether the rules of a definition can be read and name members that there are.
enum SchemaRuleCompilation {
    /// Checks the `x-kubernetes-validations` of one schema.
    static func validate(_ schema: JSON, _ path: String, _ errors: inout [FieldError]) {
        let structure = SchemaRules(schema)
        for (i, rule) in schema.list("x-kubernetes-validations").enumerated() {
            let at = "\(path).x-kubernetes-validations[\(i)].rule"
            let text = rule.text("rule")
            if text.isEmpty {
                errors.append(.required(at, "rule is not specified"))
                continue
            }
            var wrong: ExpressionError?
            do throws(ExpressionError) {
                wrong = undefinedField(in: try Expression(parsing: text), about: structure)
            } catch { wrong = error }
            guard let wrong else { continue }
            func quoted(_ field: String) -> String { JSON.string(rule.text(field)).text }
            func orNull(_ field: String) -> String { rule[field]?.text ?? "null" }
            let dump =
                "{\"Rule\":\(quoted("rule")),\"Message\":\(quoted("message")),\"MessageExpression\":\(quoted("messageExpression")),"
                + "\"Reason\":\(orNull("reason")),\"FieldPath\":\(quoted("fieldPath")),\"OptionalOldSelf\":\(orNull("optionalOldSelf"))}"
            errors.append(.invalidDump(at, dump, "compilation failed: " + wrong.report(of: text)))
        }
    }

    /// The first member that an expression names and that values of the schema do not have.
    private static func undefinedField(in expression: Expression, about schema: SchemaRules) -> ExpressionError? {
        var scope = ["self": schema, "oldSelf": schema]
        return check(expression, &scope).error
    }

    /// The schema of an expression's value where it is known, and the first undefined field in it.
    private static func check(_ expression: Expression, _ scope: inout [String: SchemaRules]) -> (
        schema: SchemaRules?, error: ExpressionError?
    ) {
        func all(_ parts: [Expression], _ scope: inout [String: SchemaRules]) -> ExpressionError? {
            for part in parts { if let error = check(part, &scope).error { return error } }
            return nil
        }
        switch expression {
        case .literal: return (nil, nil)
        case .name(let name, _): return (scope[name], nil)
        case .select(let operand, let field, _, let at):
            let (schema, error) = check(operand, &scope)
            if let error { return (nil, error) }
            return member(field, of: schema, at: at)
        case .has(let operand, let field):
            let (schema, error) = check(operand, &scope)
            if let error { return (nil, error) }
            return (nil, member(field, of: schema, at: 0).error)
        case .index(let operand, let key, _):
            let (schema, error) = check(operand, &scope)
            if let error { return (nil, error) }
            return (schema?.items ?? schema?.additional, check(key, &scope).error)
        case .call(_, let target, let arguments, _): return (nil, all((target.map { [$0] } ?? []) + arguments, &scope))
        case .list(let elements): return (nil, all(elements, &scope))
        case .map(let pairs): return (nil, all(pairs.flatMap { [$0.key, $0.value] }, &scope))
        case .conditional(let a, let b, let c): return (nil, all([a, b, c], &scope))
        case .and(let a, let b), .or(let a, let b): return (nil, all([a, b], &scope))
        case .macro(_, let over, let variable, let arguments):
            let (schema, error) = check(over, &scope)
            if let error { return (nil, error) }
            let outer = scope[variable]
            scope[variable] = schema?.items
            defer { scope[variable] = outer }
            return (nil, all(arguments, &scope))
        }
    }

    private static func member(_ field: String, of schema: SchemaRules?, at: Int) -> (
        schema: SchemaRules?, error: ExpressionError?
    ) {
        guard let schema, schema.type == "object", !schema.isOpen else { return (nil, nil) }
        if let found = schema.properties[field] { return (found, nil) }
        if let additional = schema.additional { return (additional, nil) }
        if field.contains("__") || ["metadata", "apiVersion", "kind"].contains(field) { return (nil, nil) }
        return (nil, ExpressionError("undefined field '\(field)'", at: at))
    }
}
