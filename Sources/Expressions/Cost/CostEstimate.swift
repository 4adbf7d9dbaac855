extension Program {
    /// What evaluating the expression costs at least and at most, by the largest values that its variables' declarations allow.
    public func estimatedCost(in environment: Environment) -> CostRange {
        var estimate = CostEstimate(checked, environment)
        return estimate.cost(checked.tree.root)
    }
}

/// Reckons an expression's cost ahead, as upstream does.
struct CostEstimate {
    /// How large a list's or map's parts are.
    struct EntrySize {
        var isList: Bool
        var key: CostRange
        var value: CostRange

        func union(_ other: EntrySize?) -> EntrySize? {
            other.map { EntrySize(isList: isList, key: key.union($0.key), value: value.union($0.value)) }
        }
    }
    private struct Local {
        var declaration: TypeDeclaration?
        var size: CostRange?
        var entry: EntrySize?
    }

    private let expression: CheckedExpression
    private let environment: Environment
    private var declarations: [Int: TypeDeclaration] = [:]
    private var sizes: [Int: CostRange] = [:]
    private var entries: [Int: EntrySize] = [:]
    private var locals: [Local] = []

    init(_ expression: CheckedExpression, _ environment: Environment) {
        self.expression = expression
        self.environment = environment
    }

    mutating func cost(_ id: Int) -> CostRange {
        switch expression.tree.nodes[id] {
        case .literal: return .zero
        case .identifier(let name):
            switch expression.references[id] {
            case .local(let place)?: declarations[id] = locals[place].declaration
            case .global?: declarations[id] = environment.variables[name]
            default: break
            }
            return CostRange(1)
        case .select(let operand, let field, let isTest): return select(id, operand, field, isTest)
        case .call(let function, let target, let arguments): return call(id, function, target, arguments)
        case .list(let elements, _):
            var sum = CostRange(10)
            var size = CostRange(elements.isEmpty ? 0 : .max, 0)
            for element in elements {
                sum += cost(element)
                size = size.union(sizeOrUnknown(element))
            }
            entries[id] = EntrySize(isList: true, key: CostRange(1), value: size)
            return sum
        case .map(let given):
            var sum = CostRange(30)
            var key = CostRange(given.isEmpty ? 0 : .max, 0)
            var value = key
            for entry in given {
                sum += cost(entry.key)
                sum += cost(entry.value)
                key = key.union(sizeOrUnknown(entry.key))
                value = value.union(sizeOrUnknown(entry.value))
            }
            entries[id] = EntrySize(isList: false, key: key, value: value)
            return sum
        case .structure(_, let fields):
            var sum = CostRange(40)
            for field in fields { sum += cost(field.value) }
            return sum
        case .comprehension(let loop): return self.loop(id, loop)
        }
    }

    private mutating func select(_ id: Int, _ operand: Int, _ field: String, _ isTest: Bool) -> CostRange {
        switch expression.references[id] {
        case .global(let name)?:
            declarations[id] = environment.variables[name]
            return CostRange(1)
        case .composed(let name)?:
            declarations[id] = environment.composed[name]
            return CostRange(2)
        case .type?: return CostRange(1)
        default: break
        }
        var sum = cost(operand)
        if isTest { return sum }
        switch expression.types[operand] {
        case .map, .object, .parameter: sum += CostRange(1)
        default: break
        }
        declarations[id] = declarations[operand].flatMap { $0.member(field) ?? $0.element }
        return sum
    }

    private mutating func loop(_ id: Int, _ loop: Comprehension) -> CostRange {
        var sum = cost(loop.range) + cost(loop.start)
        let depth = locals.count
        locals.append(
            Local(declaration: declarations[loop.start], size: size(loop.start), entry: entrySize(loop.start)))
        if loop.accumulator != Comprehension.hiddenAccumulator {
            // A name bound to a value: nothing goes round.
            locals.append(Local())
            sum += cost(loop.result)
            locals.removeSubrange(depth...)
            sizes[id] = size(loop.result)
            entries[id] = entrySize(loop.result)
            return sum
        }
        let range = declarations[loop.range]
        let parts = entrySize(loop.range)
        var isList = parts?.isList ?? false
        if parts == nil, case .list = expression.types[loop.range] { isList = true }
        let key = isList ? nil : range?.element == nil ? nil : CostEstimate.mapKey
        if loop.secondVariable == nil {
            locals.append(
                isList
                    ? Local(declaration: range?.element, size: parts?.value)
                    : Local(declaration: key, size: parts?.key))
        } else {
            locals.append(Local(declaration: key, size: parts?.key))
            locals.append(Local(declaration: range?.element, size: parts?.value))
        }
        let perElement = cost(loop.condition) + cost(loop.step)
        locals.removeSubrange((depth + 1)...)
        sum += cost(loop.result)
        locals.removeSubrange(depth...)
        let count = sizeOrUnknown(loop.range)
        sum += count * perElement
        switch expression.tree.nodes[loop.start] {
        case .literal: sizes[id] = size(loop.start)
        case .list, .map:
            sizes[id] = count
            if let made = entrySize(loop.step) { entries[id] = made }
        default: break
        }
        return sum
    }

    /// Keys of maps are strings of which nothing is said.
    private static let mapKey = TypeDeclaration.scalar(.string)

    // MARK: Sizes

    func sizeOrUnknown(_ id: Int) -> CostRange { size(id) ?? .unknown }

    /// How large a value can be; nil when nothing is known.
    func size(_ id: Int) -> CostRange? {
        if let known = sizes[id] { return known }
        switch expression.tree.nodes[id] {
        case .literal(let value): return CostRange(CallCost.size(value))
        case .list(let elements, _): return CostRange(UInt64(elements.count))
        case .map(let entries): return CostRange(UInt64(entries.count))
        default: break
        }
        if let declaration = declarations[id] {
            return CostRange(0, UInt64(Swift.max(0, declaration.elementsMax ?? 0)))
        }
        if CostEstimate.isScalar(expression.types[id]) { return CostRange(1) }
        if case .identifier = expression.tree.nodes[id], case .local(let place)? = expression.references[id],
            place < locals.count
        {
            return locals[place].size
        }
        return nil
    }

    private static func isScalar(_ type: ExpressionType) -> Bool {
        switch type {
        case .bool, .double, .duration, .int, .timestamp, .uint: true
        case .opaque("optional_type", let parameters): parameters.first.map { isScalar($0) } ?? false
        default: false
        }
    }

    private func entrySize(_ id: Int) -> EntrySize? {
        if let known = entries[id] { return known }
        if case .identifier = expression.tree.nodes[id], case .local(let place)? = expression.references[id],
            place < locals.count
        {
            return locals[place].entry
        }
        return nil
    }

    /// How large a list's elements can be, where the list has elements of a known type.
    func elementSize(_ list: Int) -> (type: ExpressionType, size: CostRange)? {
        let element: ExpressionType
        switch expression.types[list] {
        case .list(let type): element = type
        case .map(let key, _): element = key
        case .opaque(_, let parameters):
            guard let first = parameters.first else { return nil }
            element = first
        default: return nil
        }
        if let declared = declarations[list]?.element {
            return (element, CostRange(0, UInt64(Swift.max(0, declared.elementsMax ?? 0))))
        }
        return (element, .unknown)
    }

    // MARK: Calls

    private mutating func call(_ id: Int, _ function: String, _ target: Int?, _ arguments: [Int]) -> CostRange {
        if function == "dyn", let argument = arguments.first {
            let sum = cost(argument) + CostRange(1)
            sizes[id] = size(argument)
            entries[id] = entrySize(argument)
            return sum
        }
        if function == "_?._" {
            let sum = cost(arguments[0])
            if case .literal(.string(let field)) = expression.tree.nodes[arguments[1]] {
                declarations[id] = declarations[arguments[0]].flatMap { $0.member(field) ?? $0.element }
            }
            return sum + CostRange(1)
        }
        let costs = arguments.map { cost($0) }
        guard case .function(_, let overloads)? = expression.references[id] else { return .zero }
        let sum = target.map { cost($0) } ?? .zero
        var range = CostRange(.max, 0)
        var result: CostRange?
        for overload in overloads {
            let (made, size) = callCost(id, function, overload, target, arguments, costs)
            range = range.union(made)
            if let size { result = result.map { $0.union(size) } ?? size }
            if overload == "index_list" || overload == "index_map" {
                result = entrySize(arguments[0])?.value
                declarations[id] = declarations[arguments[0]]?.element
            }
            if result == nil { result = self.size(id) }
        }
        sizes[id] = result
        return sum + range
    }

    private mutating func callCost(
        _ id: Int, _ function: String, _ overload: String, _ target: Int?, _ arguments: [Int], _ costs: [CostRange]
    ) -> (CostRange, CostRange?) {
        let paid = costs.reduce(.zero, +)
        switch overload {
        case "logical_or", "logical_and": return (CostRange(costs[0].min, (costs[0] + costs[1]).max), nil)
        case "conditional":
            let size = sizeOrUnknown(arguments[1]).union(sizeOrUnknown(arguments[2]))
            entries[id] = entrySize(arguments[1])?.union(entrySize(arguments[2]))
            return (costs[0] + costs[1].union(costs[2]), size)
        case "add_string", "add_bytes", "add_list":
            let size = sizeOrUnknown(arguments[0]) + sizeOrUnknown(arguments[1])
            if let entry = entrySize(arguments[0])?.union(entrySize(arguments[1])) { entries[id] = entry }
            return (paid + (overload == "add_list" ? CostRange(1) : size.times(CallCost.perCharacter)), size)
        default: break
        }
        let (made, size) = CallCost.estimate(function, overload, target, arguments, self)
        return (paid + made, size)
    }

    /// A whole number that is written out.
    func literalInt(_ id: Int) -> UInt64? {
        guard case .literal(.int(let i)) = expression.tree.nodes[id] else { return nil }
        return UInt64(Swift.max(0, i))
    }

    func type(_ id: Int) -> ExpressionType { expression.types[id] }
}
