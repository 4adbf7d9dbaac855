internal import Document
internal import TimeZones

/// Walks a checked expression. Every step is paid for, so that none can go on for ever.
struct Evaluator {
    /// Small steps for each unit that an expression may cost. Upstream's unit is about 50 ns of work.
    private static let workPerCost = 20
    /// How many composed variables may wait for one another.
    private static let compositionDepthMax = 64

    private let expression: CheckedExpression
    private let activation: Activation
    private(set) var known: [String: Result<Value, EvaluationError>]
    private let limit: UInt64
    private(set) var cost: UInt64 = 0
    var work: Work
    private var locals: [Value] = []
    private var compositionDepth = 0

    init(_ expression: CheckedExpression, _ activation: Activation, limit: UInt64) {
        self.expression = expression
        self.activation = activation
        self.limit = limit
        known = activation.known
        work = Work(Int(clamping: Swift.min(limit, CostLimit.perRequest)) * Evaluator.workPerCost)
    }

    var timeZone: @Sendable (String) -> TimeZoneRules? { activation.timeZone }
    var authorize: (@Sendable (AccessQuestion) -> AccessDecision)? { activation.authorize }

    mutating func run() throws(EvaluationError) -> Value {
        let value = try evaluate(expression.tree.root)
        if work.isSpent { throw .overBudget }
        return value
    }

    private mutating func pay(_ amount: UInt64) throws(EvaluationError) {
        cost = cost.addingReportingOverflow(amount).overflow ? .max : cost + amount
        if cost > limit || !work.take(1) { throw .overBudget }
    }

    /// Pays for work that upstream's cost does not count, such as copying.
    mutating func spend(_ steps: Int) throws(EvaluationError) {
        if !work.take(steps) { throw .overBudget }
    }

    private mutating func evaluate(_ id: Int) throws(EvaluationError) -> Value {
        if !work.take(1) { throw .overBudget }
        switch expression.tree.nodes[id] {
        case .literal(let value): return value
        case .identifier(let name):
            try pay(1)
            switch expression.references[id] {
            case .local(let place)?: return locals[place]
            case .type(let type)?: return .type(type)
            default: return try global(name)
            }
        case .select(let operand, let field, let isTest): return try select(id, operand, field, isTest)
        case .call(let function, _, let arguments):
            switch function {
            case "_&&_": return try logical(arguments, deciding: false)
            case "_||_": return try logical(arguments, deciding: true)
            case "_?_:_":
                guard case .bool(let flag) = try evaluate(arguments[0]) else { throw .noSuchOverload }
                return try evaluate(arguments[flag ? 1 : 2])
            case "_?._":
                guard case .literal(.string(let field)) = expression.tree.nodes[arguments[1]] else {
                    throw .noSuchOverload
                }
                return try selectOptional(arguments[0], field)
            default: return try call(id)
            }
        case .list(let elements, let optional):
            if let constant = expression.constants[id] { return constant }
            return try list(elements, optional)
        case .map(let entries):
            if let constant = expression.constants[id] { return constant }
            return try map(entries)
        case .structure(_, let fields): return try structure(id, fields)
        case .comprehension(let loop): return try self.loop(loop)
        }
    }

    // MARK: Names and fields

    private func global(_ name: String) throws(EvaluationError) -> Value {
        if let value = activation.values[name] { return value }
        throw EvaluationError("no such attribute(s): \(name)")
    }

    /// Whether upstream reads a node as a path into a variable; paths into other values cost one more.
    private func isPath(_ id: Int) -> Bool {
        switch expression.tree.nodes[id] {
        case .identifier: true
        case .select(_, _, let isTest): !isTest
        case .call(let function, _, _): ["_[_]", "_[?_]", "_?._", "_?_:_"].contains(function)
        default: false
        }
    }

    private mutating func select(_ id: Int, _ operand: Int, _ field: String, _ isTest: Bool) throws(EvaluationError)
        -> Value
    {
        switch expression.references[id] {
        case .global(let name)?:
            try pay(1)
            return try global(name)
        case .type(let type)?:
            try pay(1)
            return .type(type)
        case .composed(let name)?:
            try pay(2)
            if isTest { return .bool(true) }
            return try composed(name)
        default: break
        }
        let value = try evaluate(operand)
        if !isTest { try pay(isPath(operand) ? 1 : 2) }
        if case .optional(let inner) = value {
            let found = inner.flatMap { $0.field(field) }
            return isTest ? .bool(found != nil) : .optional(found)
        }
        guard value.isContainer else {
            if isTest { throw .noSuchOverload }
            throw EvaluationError("no such key: \(field)")
        }
        if let found = value.field(field) { return isTest ? .bool(true) : found }
        if isTest { return .bool(false) }
        if case .structure(let made) = value, let type = made.declaration.member(field)?.type {
            return Evaluator.zero(type)
        }
        throw EvaluationError("no such key: \(field)")
    }

    /// What a field that was not given is worth in a value that an expression made.
    private static func zero(_ type: ExpressionType) -> Value {
        switch type {
        case .string: .string("")
        case .int: .int(0)
        case .bool: .bool(false)
        default: .null
        }
    }

    private mutating func selectOptional(_ operand: Int, _ field: String) throws(EvaluationError) -> Value {
        let value = try evaluate(operand)
        try pay(isPath(operand) ? 1 : 2)
        if case .optional(let inner) = value { return .optional(inner.flatMap { $0.field(field) }) }
        guard value.isContainer else { throw .noSuchOverload }
        return .optional(value.field(field))
    }

    /// A policy's variable: evaluated by itself the first time, at the cost of whoever asks first.
    private mutating func composed(_ name: String) throws(EvaluationError) -> Value {
        func unwrap(_ result: Result<Value, EvaluationError>) throws(EvaluationError) -> Value {
            switch result {
            case .success(let value): return value
            case .failure(let error): throw error
            }
        }
        if let known = known[name] { return try unwrap(known) }
        guard let program = activation.composed[name], compositionDepth < Evaluator.compositionDepthMax else {
            throw EvaluationError("no such attribute(s): variables.\(name)")
        }
        var inner = Evaluator(program.checked, activation, limit: limit)
        inner.known = known
        inner.work = work
        inner.compositionDepth = compositionDepth + 1
        let result: Result<Value, EvaluationError>
        do throws(EvaluationError) {
            result = .success(try inner.run())
        } catch {
            result = .failure(
                EvaluationError(
                    "composited variable \"\(name)\" fails to evaluate: \(error.message)",
                    isOverBudget: error.isOverBudget))
        }
        known = inner.known
        known[name] = result
        work = inner.work
        try pay(inner.cost)
        return try unwrap(result)
    }

    // MARK: Operators

    /// `&&` and `||`: either side decides alone, even when the other one fails.
    private mutating func logical(_ sides: [Int], deciding: Bool) throws(EvaluationError) -> Value {
        var failure: EvaluationError?
        for side in sides {
            do throws(EvaluationError) {
                guard case .bool(let flag) = try evaluate(side) else { throw .noSuchOverload }
                if flag == deciding { return .bool(deciding) }
            } catch {
                if error.isOverBudget { throw error }
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return .bool(!deciding)
    }

    private mutating func call(_ id: Int) throws(EvaluationError) -> Value {
        guard case .call(let name, let target, let arguments) = expression.tree.nodes[id],
            case .function(let function, let overloads)? = expression.references[id]
        else { throw .noSuchOverload }
        let places = (target.map { [$0] } ?? []) + arguments
        switch name {
        case "or", "orValue":
            guard case .optional(let inner) = try evaluate(places[0]) else { throw .noSuchOverload }
            if let inner { return name == "or" ? .optional(inner) : inner }
            return try evaluate(places[1])
        case "@not_strictly_false":
            try pay(1)
            do throws(EvaluationError) {
                let value = try evaluate(places[0])
                if case .bool(false) = value { return .bool(false) }
            } catch  where error.isOverBudget { throw error } catch {}
            return .bool(true)
        case "_+_":
            // What a loop puts together grows in place.
            if case .local(let place)? = expression.references[places[0]], case .list = locals[place],
                case .identifier(Comprehension.hiddenAccumulator) = expression.tree.nodes[places[0]]
            {
                let added = try evaluate(places[1])
                try pay(2)
                guard let more = added.elements, case .list(var list) = locals[place] else { throw .noSuchOverload }
                locals[place] = .null
                list += more
                return .list(list)
            }
        case "@in":
            if let set = expression.sets[places[1]] {
                let value = try evaluate(places[0])
                try ConversionFunctions.payLength(value, &self)
                return .bool(set[value] != nil)
            }
        case "cel.@mapInsert":
            if case .local(let place)? = expression.references[places[0]], case .map = locals[place] {
                return try insert(places, place)
            }
        default: break
        }
        var values: [Value] = []
        values.reserveCapacity(places.count)
        for place in places { values.append(try evaluate(place)) }
        if name == "_[_]" || name == "_[?_]" {
            try pay(isPath(places[0]) ? 1 : 2)
            return try function.body(&self, values)
        }
        // Membership in a list of constants is a look-up, and reading constants is done once.
        if isConstant(id, name, places) { return try function.body(&self, values) }
        let value = try function.body(&self, values)
        if work.isSpent { throw .overBudget }
        try pay(CallCost.cost(name, overloads.count == 1 ? overloads[0] : "", values, value, &work))
        return value
    }

    private mutating func insert(_ places: [Int], _ accumulator: Int) throws(EvaluationError) -> Value {
        try pay(1)
        var entries: [(key: Value, value: Value)] = []
        if places.count == 3 {
            let key = try evaluate(places[1])
            entries.append((key, try evaluate(places[2])))
        } else {
            guard let made = try evaluate(places[1]).entries else { throw .noSuchOverload }
            entries = made
        }
        guard case .map(var map) = locals[accumulator] else { throw .noSuchOverload }
        locals[accumulator] = .null
        for (key, value) in entries {
            if map[key] != nil {
                locals[accumulator] = .map(map)
                throw EvaluationError("insert failed: key \(key.described) already exists")
            }
            guard map.set(key, value) else { throw .noSuchOverload }
        }
        try pay(1)
        return .map(map)
    }

    /// Whether upstream makes the value once and for all, so that it costs nothing.
    private func isLiteral(_ id: Int) -> Bool {
        if case .literal = expression.tree.nodes[id] { return true }
        return expression.constants[id] != nil
    }

    private func isConstant(_ id: Int, _ name: String, _ places: [Int]) -> Bool {
        switch name {
        case "@in": return isLiteral(places[1])
        case "int", "uint", "double", "string", "bool", "bytes", "timestamp", "duration", "dyn", "type":
            if case .literal = expression.tree.nodes[places[0]] { return places.count == 1 }
            return false
        default: return false
        }
    }

    // MARK: Values

    private mutating func list(_ elements: [Int], _ optional: [Bool]) throws(EvaluationError) -> Value {
        var out: [Value] = []
        out.reserveCapacity(elements.count)
        for (i, element) in elements.enumerated() {
            let value = try evaluate(element)
            guard optional[i] else {
                out.append(value)
                continue
            }
            guard case .optional(let inner) = value else {
                throw EvaluationError(
                    "cannot initialize optional list element from non-optional value \(value.described)")
            }
            if let inner { out.append(inner) }
        }
        try pay(10)
        return .list(out)
    }

    private mutating func map(_ entries: [Node.MapEntry]) throws(EvaluationError) -> Value {
        var out = MapValue()
        for entry in entries {
            let key = try evaluate(entry.key)
            var value = try evaluate(entry.value)
            if entry.isOptional {
                guard case .optional(let inner) = value else {
                    throw EvaluationError(
                        "cannot initialize optional entry '\(key.described)' from non-optional value \(value.described)"
                    )
                }
                guard let inner else { continue }
                value = inner
            }
            guard out.set(key, value) else { throw EvaluationError("unsupported key type: \(key.type.runtimeName)") }
        }
        try pay(30)
        return .map(out)
    }

    private mutating func structure(_ id: Int, _ fields: [Node.StructureField]) throws(EvaluationError) -> Value {
        guard case .structure(let declaration)? = expression.references[id] else { throw .noSuchOverload }
        var out: [(name: String, value: Value)] = []
        for field in fields {
            var value = try evaluate(field.value)
            if field.isOptional {
                guard case .optional(let inner) = value else {
                    throw EvaluationError(
                        "cannot initialize optional entry '\(field.name)' from non-optional value \(value.described)")
                }
                guard let inner else { continue }
                value = inner
            }
            out.append((field.name, value))
        }
        try pay(40)
        return .structure(StructureValue(declaration: declaration, fields: out))
    }

    // MARK: Loops

    private mutating func loop(_ loop: Comprehension) throws(EvaluationError) -> Value {
        let depth = locals.count
        defer { locals.removeSubrange(Swift.min(depth, locals.count)...) }
        let range = try evaluate(loop.range)
        // `optMap` binds a name: there is nothing to go over.
        let start = try evaluate(loop.start)
        locals.append(start)
        let count: Int
        var entries: [(key: Value, value: Value)]?
        if let elements = range.listCount {
            count = elements
        } else if let found = range.entries {
            try spend(found.count)
            count = found.count
            entries = found
        } else {
            throw .noSuchOverload
        }
        locals.append(.null)
        if loop.secondVariable != nil { locals.append(.null) }
        // An error while going over the range is kept until the end: a later element may decide.
        var failure: EvaluationError?
        let deciding = deciding(loop)
        for i in 0..<count {
            if let entries {
                locals[depth + 1] = entries[i].key
                if loop.secondVariable != nil { locals[depth + 2] = entries[i].value }
            } else if loop.secondVariable != nil {
                locals[depth + 1] = .int(Int64(i))
                locals[depth + 2] = range.element(i)
            } else {
                locals[depth + 1] = range.element(i)
            }
            guard case .bool(let goesOn) = try evaluate(loop.condition) else { throw .noSuchOverload }
            if !goesOn { break }
            do throws(EvaluationError) {
                let value = try evaluate(loop.step)
                locals[depth] = value
                if failure != nil, case .bool(deciding) = value { failure = nil }
            } catch {
                if error.isOverBudget || deciding == nil { throw error }
                failure = failure ?? error
            }
        }
        locals.removeSubrange((depth + 1)...)
        if let failure { throw failure }
        return try evaluate(loop.result)
    }

    /// What decides a loop of `all` or `exists` whatever failed before; nil for other loops, which fail with any part.
    private func deciding(_ loop: Comprehension) -> Bool? {
        switch expression.tree.nodes[loop.step] {
        case .call("_&&_", _, _): false
        case .call("_||_", _, _): true
        default: nil
        }
    }
}
