import Access
import Document

/// What the names in an expression stand for.
struct ExpressionScope {
    var values: [String: ExpressionValue] = [:]
    /// Named expressions that are evaluated when they are first used: a policy's `variables`.
    var variables: [String: Expression] = [:]
    /// Answers questions put to `authorizer`.
    var authorize: ((AccessAttributes) -> (allowed: Bool, reason: String))?
    /// Steps left; an expression that needs more has no value.
    var budget = 1_000_000
}

extension Expression {
    /// The value of the expression.
    func evaluate(_ scope: inout ExpressionScope) throws(ExpressionError) -> ExpressionValue {
        scope.budget -= 1
        if scope.budget < 0 { throw ExpressionError("operation cancelled: actual cost limit exceeded") }
        switch self {
        case .literal(let value): return value
        case .name(let name, let at):
            if let value = scope.values[name] { return value }
            if ["bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type"].contains(name) {
                return .string(name)
            }
            throw ExpressionError("no such attribute(s): \(name)", at: at)
        case .select(let operand, let field, let isOptional, _):
            if case .name("variables", _) = operand, let variable = scope.variables[field] {
                if let known = scope.values["variables." + field] { return known }
                let value = try variable.evaluate(&scope)
                scope.values["variables." + field] = value
                return value
            }
            if field == "requestResource", case .name("authorizer", _) = operand,
                let asked = scope.values["authorizer.requestResource"]
            {
                return asked
            }
            let value = try operand.evaluate(&scope)
            if case .optional(let inner) = value { return .optional(inner.flatMap { $0.member(field) }) }
            let found = value.member(field)
            if isOptional { return .optional(found) }
            if let found { return found }
            guard value.entries != nil else { throw ExpressionError("no such overload") }
            throw ExpressionError("no such key: \(field)")
        case .index(let operand, let key, let isOptional):
            return try index(try operand.evaluate(&scope), try key.evaluate(&scope), isOptional)
        case .has(let operand, let field):
            let value = try operand.evaluate(&scope)
            if case .optional(let inner) = value { return .bool(inner?.member(field) != nil) }
            return .bool(value.member(field) != nil)
        case .list(let elements):
            var list: [ExpressionValue] = []
            for element in elements { list.append(try element.evaluate(&scope)) }
            return .list(list)
        case .map(let pairs):
            var entries: [(key: ExpressionValue, value: ExpressionValue)] = []
            for pair in pairs { entries.append((try pair.key.evaluate(&scope), try pair.value.evaluate(&scope))) }
            return .map(entries)
        case .conditional(let condition, let first, let second):
            guard case .bool(let flag) = try condition.evaluate(&scope) else {
                throw ExpressionError("no such overload")
            }
            return try (flag ? first : second).evaluate(&scope)
        case .and(let a, let b): return try logical(a, b, deciding: false, &scope)
        case .or(let a, let b): return try logical(a, b, deciding: true, &scope)
        case .macro(let name, let over, let variable, let arguments):
            return try macro(name, over, variable, arguments, &scope)
        case .call(let name, let target, let arguments, _):
            if case .name(let library, _)? = target, library == "optional" || library == "sets" || library == "math" {
                var values: [ExpressionValue] = []
                for argument in arguments { values.append(try argument.evaluate(&scope)) }
                return try ExpressionFunctions.call(library + "." + name, nil, values, scope)
            }
            let value = try target?.evaluate(&scope)
            if let value, case .optional(let inner) = value, name == "or" || name == "orValue" {
                guard let inner else { return try arguments[0].evaluate(&scope) }
                return name == "or" ? value : inner
            }
            var values: [ExpressionValue] = []
            for argument in arguments { values.append(try argument.evaluate(&scope)) }
            return try ExpressionFunctions.call(name, value, values, scope)
        }
    }

    private func index(_ value: ExpressionValue, _ key: ExpressionValue, _ isOptional: Bool) throws(ExpressionError)
        -> ExpressionValue
    {
        if case .optional(let inner) = value {
            guard let inner else { return .optional(nil) }
            return try index(inner, key, true)
        }
        var found: ExpressionValue?
        if let list = value.elements {
            guard case .int(let place) = key else { throw ExpressionError("no such overload") }
            found = list.indices.contains(Int(clamping: place)) ? list[Int(place)] : nil
            if found == nil, !isOptional { throw ExpressionError("index out of bounds: \(place)") }
        } else if let entries = value.entries {
            if case .string(let name) = key {
                found = value.member(name)
            } else {
                found = entries.first { $0.key.equals(key) }?.value
            }
            if found == nil, !isOptional {
                throw ExpressionError("no such key: \(key.document.string ?? key.document.text)")
            }
        } else {
            throw ExpressionError("no such overload")
        }
        if isOptional { return .optional(found) }
        return found ?? .null
    }

    /// `&&` and `||`: either side decides alone, even when the other one fails.
    private func logical(_ a: Expression, _ b: Expression, deciding: Bool, _ scope: inout ExpressionScope)
        throws(ExpressionError) -> ExpressionValue
    {
        var failure: ExpressionError?
        for side in [a, b] {
            do throws(ExpressionError) {
                guard case .bool(let flag) = try side.evaluate(&scope) else {
                    throw ExpressionError("no such overload")
                }
                if flag == deciding { return .bool(deciding) }
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return .bool(!deciding)
    }

    private func macro(
        _ name: String, _ over: Expression, _ variable: String, _ arguments: [Expression],
        _ scope: inout ExpressionScope
    ) throws(ExpressionError) -> ExpressionValue {
        let source = try over.evaluate(&scope)
        guard let elements = source.elements ?? source.entries?.map(\.key) else {
            throw ExpressionError("no such overload")
        }
        let outer = scope.values[variable]
        defer { scope.values[variable] = outer }
        var failure: ExpressionError?
        var matches: [ExpressionValue] = []
        var count = 0
        for element in elements {
            scope.values[variable] = element
            if name == "map" {
                if arguments.count > 1 {
                    guard case .bool(let keep) = try arguments[0].evaluate(&scope) else {
                        throw ExpressionError("no such overload")
                    }
                    if !keep { continue }
                }
                matches.append(try arguments[arguments.count - 1].evaluate(&scope))
                continue
            }
            var holds = false
            do throws(ExpressionError) {
                guard case .bool(let flag) = try arguments[0].evaluate(&scope) else {
                    throw ExpressionError("no such overload")
                }
                holds = flag
            } catch {
                guard name == "all" || name == "exists" else { throw error }
                failure = failure ?? error
                continue
            }
            switch name {
            case "all": if !holds { return .bool(false) }
            case "exists": if holds { return .bool(true) }
            default:
                if holds {
                    count += 1
                    if name == "filter" { matches.append(element) }
                }
            }
        }
        if let failure { throw failure }
        switch name {
        case "all": return .bool(true)
        case "exists": return .bool(false)
        case "exists_one", "existsOne": return .bool(count == 1)
        default: return .list(matches)
        }
    }
}
