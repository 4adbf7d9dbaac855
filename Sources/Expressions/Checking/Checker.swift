/// Finds what names stand for and whether types fit: upstream's type checker, with its words.
struct Checker {
    private let environment: Environment
    private var tree: SyntaxTree
    private var types: [ExpressionType]
    private var references: [Reference?]
    private var mapping = TypeMapping()
    private var issues: [Issue] = []
    /// Loop variables, innermost last.
    private var locals: [(name: String, type: ExpressionType)] = []

    private init(_ tree: SyntaxTree, _ environment: Environment) {
        self.environment = environment
        self.tree = tree
        types = [ExpressionType](repeating: .dyn, count: tree.nodes.count)
        references = [Reference?](repeating: nil, count: tree.nodes.count)
    }

    static func check(_ tree: SyntaxTree, _ text: String, _ environment: Environment) throws(CompilationError)
        -> CheckedExpression
    {
        var checker = Checker(tree, environment)
        checker.check(tree.root)
        for id in checker.types.indices {
            checker.types[id] = checker.mapping.resolve(checker.types[id], openIsDyn: true)
        }
        if checker.mapping.isSpent {
            throw CompilationError([Issue(message: "the expression's types are too large", offset: nil)], in: text)
        }
        if checker.issues.isEmpty {
            checker.issues = LiteralChecks(checker.tree, checker.types, checker.references).issues()
        }
        if !checker.issues.isEmpty { throw CompilationError(checker.issues, in: text) }
        return CheckedExpression(tree: checker.tree, types: checker.types, references: checker.references)
    }

    private mutating func note(_ message: String, _ id: Int) { note(message, at: tree.offsets[id]) }
    private mutating func note(_ message: String, at offset: Int) {
        issues.append(Issue(message: message, offset: offset))
    }
    private mutating func undeclared(_ name: String, _ id: Int) {
        note("undeclared reference to '\(name)' (in container '')", id)
        types[id] = .failed
    }

    private mutating func check(_ id: Int) {
        switch tree.nodes[id] {
        case .literal(let value): types[id] = value.type
        case .identifier(let name):
            let plain = name.hasPrefix(".") ? String(name.dropFirst()) : name
            guard resolve(plain, id, isAbsolute: name.hasPrefix(".")) else { return undeclared(name, id) }
        case .select(let operand, let field, let isTest): checkSelect(id, operand, field, isTest)
        case .call(let function, let target, let arguments): checkCall(id, function, target, arguments)
        case .list(let elements, let optional): checkList(id, elements, optional)
        case .map(let entries): checkMap(id, entries)
        case .structure(let name, let fields): checkStructure(id, name, fields)
        case .comprehension(let loop): checkLoop(id, loop)
        }
    }

    // MARK: Names

    /// Finds what a plain or dotted name stands for.
    private mutating func resolve(_ name: String, _ id: Int, isAbsolute: Bool = false) -> Bool {
        if !isAbsolute, let place = locals.lastIndex(where: { $0.name == name }) {
            types[id] = locals[place].type
            references[id] = .local(place)
        } else if let variable = environment.variables[name] {
            types[id] = variable.type
            references[id] = .global(name)
        } else if let type = Environment.typeNames[name] {
            types[id] = .type(type)
            references[id] = .type(type)
        } else {
            return false
        }
        return true
    }

    /// The dotted name that a chain of selections writes; nil when it is more than that.
    private func dotted(_ id: Int) -> String? {
        var parts: [String] = []
        var id = id
        while case .select(let operand, let field, false) = tree.nodes[id] {
            parts.append(field)
            id = operand
        }
        guard case .identifier(let name) = tree.nodes[id] else { return nil }
        return ([name] + parts.reversed()).joined(separator: ".")
    }

    private mutating func checkSelect(_ id: Int, _ operand: Int, _ field: String, _ isTest: Bool) {
        if !isTest, let name = dotted(id) {
            // A name that a loop's variable starts is that variable's member.
            let first = name.prefix { $0 != "." }
            if !locals.contains(where: { $0.name == first }), name.contains("."), resolve(name, id, isAbsolute: true) {
                return
            }
        }
        if case .identifier("variables") = tree.nodes[operand], let composed = environment.composed[field],
            !locals.contains(where: { $0.name == "variables" })
        {
            types[operand] = .dyn
            types[id] = isTest ? .bool : composed.type
            references[id] = .composed(field)
            return
        }
        let type = selectField(id, operand, field, isOptional: false)
        types[id] = isTest ? .bool : mapping.resolve(type)
    }

    private mutating func selectField(_ id: Int, _ operand: Int, _ field: String, isOptional: Bool) -> ExpressionType {
        if case .identifier("variables") = tree.nodes[operand], !environment.composed.isEmpty,
            environment.variables["variables"] == nil, !locals.contains(where: { $0.name == "variables" })
        {
            note("undefined field '\(field)'", id)
            return .failed
        }
        check(operand)
        let (target, wasOptional) = mapping.resolve(types[operand]).unwrapped
        var result = ExpressionType.failed
        switch target {
        case .map(_, let value): result = value
        case .object(let declaration):
            if let found = declaration.member(field) {
                result = found.type
            } else {
                note("undefined field '\(field)'", id)
            }
        case .parameter:
            _ = mapping.isAssignable(.dyn, target)
            result = .dyn
        case .dyn, .failed: result = .dyn
        case .opaque(let name, _) where name.hasPrefix("kubernetes."):
            note("unexpected failed resolution of '\(name)'", id)
        default:
            note("type '\(target.text)' does not support field selection", id)
            result = .dyn
        }
        return wasOptional || isOptional ? .optional(result) : result
    }

    // MARK: Calls

    private mutating func checkCall(_ id: Int, _ function: String, _ target: Int?, _ arguments: [Int]) {
        if function == "_?._", case .literal(.string(let field)) = tree.nodes[arguments[1]] {
            if case .identifier("variables") = tree.nodes[arguments[0]], environment.composed[field] != nil {
                types[id] = .failed
                return note("unsupported optional field selection: \(field)", id)
            }
            let type = selectField(id, arguments[0], field, isOptional: true)
            types[id] = mapping.resolve(type)
            types[arguments[1]] = .string
            return
        }
        for argument in arguments { check(argument) }
        guard let target else {
            let name = function.hasPrefix(".") ? String(function.dropFirst()) : function
            guard let found = environment.function(name) else { return undeclared(function, id) }
            tree.nodes[id] = .call(function: name, target: nil, arguments: arguments)
            return overload(id, found, nil, arguments)
        }
        // `optional.of(x)` and its like are functions with dotted names.
        if let prefix = dotted(target), !locals.contains(where: { $0.name == prefix }),
            let found = environment.function(prefix + "." + function)
        {
            tree.nodes[id] = .call(function: found.name, target: nil, arguments: arguments)
            return overload(id, found, nil, arguments)
        }
        check(target)
        guard let found = environment.function(function) else { return undeclared(function, id) }
        overload(id, found, target, arguments)
    }

    private mutating func overload(_ id: Int, _ function: FunctionDeclaration, _ target: Int?, _ arguments: [Int]) {
        let given = ((target.map { [$0] } ?? []) + arguments).map { types[$0] }
        if function.name == "_&&_" || function.name == "_||_" {
            for (argument, type) in zip(arguments, given) where !mapping.isAssignable(type, .bool) {
                note("expected type 'bool' but found '\(mapping.resolve(type).text)'", argument)
            }
            types[id] = .bool
            references[id] = .function(function, overloads: [function.overloads[0].id])
            return
        }
        var result: ExpressionType?
        var fitting: [String] = []
        for overload in function.overloads where overload.isMember == (target != nil) {
            let wanted = mapping.instantiate(overload.arguments + [overload.result])
            guard mapping.areAssignable(given, Array(wanted.dropLast())) else { continue }
            fitting.append(overload.id)
            let type = mapping.resolve(wanted[wanted.count - 1])
            if let known = result {
                if !known.isDyn, !mapping.same(known, type) { result = .dyn }
            } else {
                result = type
            }
        }
        guard let result else {
            var shown: [String] = []
            for type in given { shown.append(mapping.resolve(type, openIsDyn: true).text) }
            let signature =
                target == nil
                ? "(\(shown.joined(separator: ", ")))"
                : "\(shown[0]).(\(shown.dropFirst().joined(separator: ", ")))"
            note("found no matching overload for '\(function.name)' applied to '\(signature)'", id)
            types[id] = .failed
            return
        }
        types[id] = result
        references[id] = .function(function, overloads: fitting)
    }

    // MARK: Values

    private mutating func unwrapped(_ id: Int, _ isOptional: Bool) -> ExpressionType {
        guard isOptional else { return types[id] }
        let (type, wasOptional) = mapping.resolve(types[id]).unwrapped
        if !wasOptional, !type.isDyn {
            note("expected type '\(ExpressionType.optional(type).text)' but found '\(type.text)'", id)
        }
        return type
    }

    /// The type of elements of both types; whether a literal may mix them is looked at when all types are known.
    private mutating func join(_ known: ExpressionType?, _ type: ExpressionType) -> ExpressionType {
        guard let known else { return type }
        if mapping.isAssignable(known, type) { return mapping.moreGeneral(known, type) }
        return .dyn
    }

    private mutating func checkList(_ id: Int, _ elements: [Int], _ optional: [Bool]) {
        var type: ExpressionType?
        for (i, element) in elements.enumerated() {
            check(element)
            type = join(type, unwrapped(element, optional[i]))
        }
        types[id] = .list(type ?? mapping.fresh())
    }

    private mutating func checkMap(_ id: Int, _ entries: [Node.MapEntry]) {
        var key: ExpressionType?
        var value: ExpressionType?
        for entry in entries {
            check(entry.key)
            key = join(key, types[entry.key])
            check(entry.value)
            value = join(value, unwrapped(entry.value, entry.isOptional))
        }
        types[id] = .map(key ?? mapping.fresh(), value ?? mapping.fresh())
    }

    private mutating func checkStructure(_ id: Int, _ name: String, _ fields: [Node.StructureField]) {
        let plain = name.hasPrefix(".") ? String(name.dropFirst()) : name
        guard let declaration = environment.structure(plain) else {
            if Environment.typeNames[plain] != nil {
                note("'\(plain)' is not a message type", id)
                types[id] = .failed
            } else {
                undeclared(name, id)
            }
            return
        }
        types[id] = declaration.type
        references[id] = .structure(declaration)
        for field in fields {
            check(field.value)
            let type = unwrapped(field.value, field.isOptional)
            guard let member = declaration.member(field.name) else {
                note("undefined field '\(field.name)'", at: field.offset)
                continue
            }
            if !mapping.isAssignable(member.type, type) {
                note(
                    "expected type of field '\(field.name)' is '\(member.type.text)' but provided type is '\(mapping.resolve(type).text)'",
                    at: field.offset)
            }
        }
    }

    private mutating func checkLoop(_ id: Int, _ loop: Comprehension) {
        check(loop.range)
        check(loop.start)
        let range = mapping.resolve(types[loop.range])
        var first = ExpressionType.dyn
        var second = ExpressionType.dyn
        switch range {
        case .list(let element):
            (first, second) = loop.secondVariable == nil ? (element, element) : (.int, element)
        case .map(let key, let value): (first, second) = (key, value)
        case .dyn, .failed: break
        case .parameter: _ = mapping.isAssignable(.dyn, range)
        default:
            note(
                "expression of type '\(range.text)' cannot be range of a comprehension (must be list, map, or dynamic)",
                loop.range)
            (first, second) = (.failed, .failed)
        }
        let depth = locals.count
        let accumulated = types[loop.start]
        locals.append((loop.accumulator, accumulated))
        locals.append((loop.variable, first))
        if let name = loop.secondVariable { locals.append((name, second)) }
        check(loop.condition)
        expect(.bool, loop.condition)
        check(loop.step)
        expect(accumulated, loop.step)
        locals.removeSubrange((depth + 1)...)
        check(loop.result)
        locals.removeSubrange(depth...)
        types[id] = mapping.resolve(types[loop.result])
    }

    private mutating func expect(_ wanted: ExpressionType, _ id: Int) {
        if !mapping.isAssignable(wanted, types[id]) {
            note(
                "expected type '\(mapping.resolve(wanted).text)' but found '\(mapping.resolve(types[id]).text)'", id)
        }
    }
}
