import Document
import Expressions
import Schema

/// Whether the rules of a definition can be compiled, and whether they may cost more than a request can bear.
struct SchemaRuleCompilation {
    private static let expressionCostMax: UInt64 = 10_000_000
    private static let definitionCostMax: UInt64 = 100_000_000

    private(set) var errors: [FieldError] = []
    private var total: UInt64 = 0
    private var expensive: [(path: String, cost: UInt64)] = []

    /// The places in the schema that are wrong for other reasons.
    private var wrong: [String] = []
    /// The places of schemas whose type is none.
    private var untyped: [String] = []

    /// Checks the rules in a version's schema, except those above the places in `wrong`.
    static func validate(_ schema: JSON, _ path: String, except wrong: [String], _ errors: inout [FieldError]) {
        var compilation = SchemaRuleCompilation()
        compilation.wrong = wrong
        compilation.walk(schema, path, isRoot: true, cardinality: 1, uncorrelated: nil)
        errors += compilation.errors
        guard compilation.total > definitionCostMax else { return }
        for (path, _) in compilation.expensive where errors.hasRoom {
            errors.append(
                .forbidden(
                    path, "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"))
        }
        errors.append(
            .forbidden(
                path,
                tooExpensive(
                    "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema", compilation.total,
                    definitionCostMax)))
    }

    /// What is wrong with the words of a schema's rules, whatever they mean.
    static func validateWording(_ schema: JSON, _ path: String, _ errors: inout [FieldError]) {
        let reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]
        func hasLines(_ text: String) -> Bool { text.unicodeScalars.contains { $0 == "\n" || $0 == "\r" } }
        for (i, rule) in schema.list("x-kubernetes-validations").enumerated() where errors.hasRoom {
            let at = "\(path).x-kubernetes-validations[\(i)]"
            let text = SchemaRule.trimmed(rule.text("rule"))
            let message = rule.text("message")
            let shown = SchemaRule.trimmed(message)
            if text.isEmpty {
                errors.append(.required(at + ".rule", "rule is not specified"))
            } else if !message.isEmpty, shown.isEmpty {
                errors.append(.invalid(at + ".message", .string(message), "must be non-empty if specified"))
            } else if hasLines(shown) {
                errors.append(.invalid(at + ".message", .string(message), "must not contain line breaks"))
            } else if hasLines(text), shown.isEmpty {
                errors.append(
                    .required(at + ".message", "message must be specified if rule contains line breaks"))
            }
            let expression = rule.text("messageExpression")
            if !expression.isEmpty, SchemaRule.trimmed(expression).isEmpty {
                errors.append(
                    .required(at + ".messageExpression", "messageExpression must be non-empty if specified"))
            }
            if let reason = rule["reason"]?.string, !reasons.contains(reason) {
                errors.append(.notSupported(at + ".reason", .string(reason), reasons))
            }
            let field = rule.text("fieldPath")
            guard !field.isEmpty else { continue }
            if SchemaRule.trimmed(field).isEmpty {
                errors.append(.invalid(at + ".fieldPath", .string(field), "must be non-empty if specified"))
            }
            if hasLines(field) {
                errors.append(.invalid(at + ".fieldPath", .string(field), "must not contain line breaks"))
            }
            if StructuralRules.unsupported(schema) == nil, SchemaFieldPath.normalize(field, in: schema) == nil {
                errors.append(.invalid(at + ".fieldPath", .string(field), "must be a valid path"))
            }
        }
    }

    // MARK: Walking

    /// - Parameters:
    ///   - cardinality: how many values of the schema one object can hold; nil when nothing bounds them.
    ///   - uncorrelated: the schema above whose elements cannot be told from former ones.
    private mutating func walk(
        _ schema: JSON, _ path: String, isRoot: Bool, cardinality: UInt64?, uncorrelated: String?
    ) {
        // Below a type that there is not nothing has a type.
        if !["", "array", "boolean", "integer", "number", "object", "string"].contains(schema.text("type")) {
            untyped.append(path)
        }
        let inner = cardinality.flatMap { times($0, SchemaRuleCompilation.elementsMax(schema)) }
        if let values = schema["additionalProperties"], values.object != nil {
            walk(
                values, path + ".additionalProperties", isRoot: false, cardinality: inner, uncorrelated: uncorrelated)
        }
        for entry in schema["properties"]?.entries ?? JSONObject() {
            walk(
                entry.value, "\(path).properties[\(entry.key)]", isRoot: false, cardinality: inner,
                uncorrelated: uncorrelated)
        }
        if let items = schema.given("items"), items.object != nil {
            let isMap = schema.text("x-kubernetes-list-type") == "map"
            walk(
                items, path + ".items", isRoot: false, cardinality: inner,
                uncorrelated: uncorrelated ?? (isMap ? nil : path))
        }
        let rules = schema.list("x-kubernetes-validations")
        guard !rules.isEmpty, !wrong.contains(where: { $0.hasPrefix(path) }) else { return }
        let isResource = isRoot || schema.flag("x-kubernetes-embedded-resource")
        let isTyped = !untyped.contains { path.hasPrefix($0 + ".") }
        guard isTyped, let declaration = SchemaTypes.declaration(schema, isResourceRoot: isResource) else {
            errors.append(
                FieldError(
                    .internalError, path + ".x-kubernetes-validations",
                    "Internal error: internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations"
                ))
            return
        }
        let most = cardinality ?? UInt64(3 * 1024 * 1024 / (declaration.sizeMin + 1))
        for (i, rule) in rules.enumerated() where errors.hasRoom {
            compile(rule, declaration, "\(path).x-kubernetes-validations[\(i)]", most, uncorrelated)
        }
    }

    private func times(_ a: UInt64, _ b: UInt64?) -> UInt64? {
        guard let b else { return nil }
        let product = a.multipliedReportingOverflow(by: b)
        return product.overflow ? .max : product.partialValue
    }

    /// How many values a container holds at most; nil when that is not said.
    private static func elementsMax(_ schema: JSON) -> UInt64? {
        func bound(_ field: String) -> UInt64? { schema[field]?.int.map { UInt64(Swift.max(0, $0)) } }
        switch schema.text("type") {
        case "object": return schema.given("additionalProperties") == nil ? 1 : bound("maxProperties")
        case "array": return bound("maxItems")
        default: return 1
        }
    }

    // MARK: One rule

    private mutating func compile(
        _ rule: JSON, _ declaration: TypeDeclaration, _ at: String, _ cardinality: UInt64, _ uncorrelated: String?
    ) {
        let text = rule.text("rule")
        let environment = SchemaRule.environment(declaration, rule.flag("optionalOldSelf"))
        func invalid(_ field: String, _ detail: String) -> FieldError {
            .invalidDump(at + field, SchemaForm.rule(rule), detail)
        }
        let program: Program
        do throws(CompilationError) {
            program = try Program(text, in: environment)
        } catch {
            errors.append(invalid(".rule", "compilation failed: " + error.report))
            return
        }
        guard program.type == .bool else {
            errors.append(invalid(".rule", "cel expression must evaluate to a bool"))
            return
        }
        let cost = times(program.estimatedCost(in: environment).max, cardinality) ?? .max
        if cost > SchemaRuleCompilation.expressionCostMax {
            errors.append(
                .forbidden(
                    at + ".rule",
                    SchemaRuleCompilation.tooExpensive(
                        "estimated rule cost", cost, SchemaRuleCompilation.expressionCostMax)))
        }
        observe(at + ".rule", cost)
        message(rule, environment, at)
        if program.uses("oldSelf") {
            if let uncorrelated {
                errors.append(
                    .invalid(
                        at + ".rule", .string(text),
                        "oldSelf cannot be used on the uncorrelatable portion of the schema within \(uncorrelated)"))
            }
        } else if let given = rule["optionalOldSelf"]?.bool {
            errors.append(
                .invalid(
                    at + ".optionalOldSelf", .bool(given), "may not be set if oldSelf is not used in rule"))
        }
    }

    private mutating func message(_ rule: JSON, _ environment: Environment, _ at: String) {
        let text = rule.text("messageExpression")
        if text.isEmpty { return }
        let field = at + ".messageExpression"
        do throws(CompilationError) {
            let program = try Program(text, in: environment)
            guard program.type == .string else {
                errors.append(
                    .invalidDump(
                        field, SchemaForm.rule(rule), "messageExpression must evaluate to a string"))
                return
            }
            let cost = program.estimatedCost(in: environment).max
            if cost > SchemaRuleCompilation.expressionCostMax {
                errors.append(
                    .forbidden(
                        field,
                        SchemaRuleCompilation.tooExpensive(
                            "estimated messageExpression cost", cost, SchemaRuleCompilation.expressionCostMax)))
            }
            observe(field, cost)
        } catch {
            errors.append(
                .invalidDump(
                    field, SchemaForm.rule(rule), "messageExpression compilation failed: " + error.report))
        }
    }

    private mutating func observe(_ path: String, _ cost: UInt64) {
        total = total.addingReportingOverflow(cost).overflow ? .max : total + cost
        if cost < SchemaRuleCompilation.definitionCostMax / 100 { return }
        let place = expensive.firstIndex { $0.cost < cost } ?? expensive.count
        expensive.insert((path, cost), at: place)
        if expensive.count > 4 { expensive.removeLast() }
    }

    private static func tooExpensive(_ name: String, _ cost: UInt64, _ limit: UInt64) -> String {
        let factor = Double(cost) / Double(limit)
        func decimals(_ places: Int) -> String {
            let scale = places == 1 ? 10.0 : 1_000_000.0
            let scaled = (factor * scale).rounded(.toNearestOrEven)
            let rest = String(Int(scaled) % Int(scale))
            return "\(Int(scaled) / Int(scale)).\(String(repeating: "0", count: places - rest.count))\(rest)x"
        }
        let shown = factor > 100 ? "more than 100x" : decimals(factor < 1.5 ? 6 : 1)
        return
            "\(name) exceeds budget by factor of \(shown) (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"
    }
}
