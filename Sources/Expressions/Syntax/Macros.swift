/// What the macros become: presence tests, loops and conditions.
extension Parser {
    /// The node of a macro call; nil when the name and its number of arguments are no macro.
    mutating func macro(_ name: String, _ target: Int?, _ arguments: [Int], at: Int) throws(Stop) -> Int? {
        guard let target else {
            guard name == "has", arguments.count == 1 else { return nil }
            guard case .select(let operand, let field, false) = tree.nodes[arguments[0]] else {
                return try reject("invalid argument to has() macro", arguments[0])
            }
            return try add(
                .select(operand: operand, field: field, isPresenceTest: true), at: at, over: [operand], nests: true)
        }
        switch (name, arguments.count) {
        case ("all", 2), ("exists", 2), ("exists_one", 2), ("map", 2), ("map", 3), ("filter", 2):
            guard case .identifier(let variable) = tree.nodes[arguments[0]], !variable.hasPrefix(".") else {
                let isList = name == "map" || name == "filter"
                return try reject(
                    isList ? "argument is not an identifier" : "argument must be a simple name", arguments[0])
            }
            return try loop(name, target, variable, nil, Array(arguments.dropFirst()), at)
        case ("all", 3), ("exists", 3), ("exists_one", 3), ("existsOne", 3), ("transformList", 3), ("transformList", 4),
            ("transformMap", 3), ("transformMap", 4), ("transformMapEntry", 3), ("transformMapEntry", 4):
            var names: [String] = []
            for argument in arguments.prefix(2) {
                guard case .identifier(let variable) = tree.nodes[argument], !variable.hasPrefix(".") else {
                    return try reject("argument must be a simple name", argument)
                }
                names.append(variable)
            }
            if names[0] == names[1] { return try reject("duplicate variable name: \(names[0])", arguments[1]) }
            return try loop(name, target, names[0], names[1], Array(arguments.dropFirst(2)), at)
        case ("sortBy", 2): return try sortBy(target, arguments, at)
        case ("optMap", 2), ("optFlatMap", 2): return try optional(name, target, arguments, at)
        default: return nil
        }
    }

    private mutating func reject(_ message: String, _ argument: Int) throws(Stop) -> Int {
        issues.append(Issue(message: message, offset: tree.offsets[argument]))
        return try add(.literal(.null), at: tree.offsets[argument])
    }

    private mutating func loop(
        _ name: String, _ range: Int, _ first: String, _ second: String?, _ bodies: [Int], _ at: Int
    ) throws(Stop) -> Int {
        let body = bodies[bodies.count - 1]
        func literal(_ value: Value, _ parser: inout Parser) throws(Stop) -> Int {
            try parser.add(.literal(value), at: at)
        }
        func accumulated(_ parser: inout Parser) throws(Stop) -> Int {
            try parser.add(.identifier(Comprehension.hiddenAccumulator), at: at)
        }
        func call(_ function: String, _ arguments: [Int], _ parser: inout Parser) throws(Stop) -> Int {
            try parser.add(.call(function: function, target: nil, arguments: arguments), at: at, over: arguments)
        }
        /// `condition ? step : what there was`, where the macro has a condition.
        func filtered(_ step: Int, _ condition: Int?, _ parser: inout Parser) throws(Stop) -> Int {
            guard let condition else { return step }
            return try call("_?_:_", [condition, step, accumulated(&parser)], &parser)
        }
        let start: Int
        var condition: Int
        var step: Int
        var result = try accumulated(&self)
        switch name {
        case "all", "exists":
            let isAll = name == "all"
            start = try literal(.bool(isAll), &self)
            condition = try accumulated(&self)
            if !isAll { condition = try call("!_", [condition], &self) }
            condition = try call("@not_strictly_false", [condition], &self)
            step = try call(isAll ? "_&&_" : "_||_", [accumulated(&self), body], &self)
        case "exists_one", "existsOne":
            start = try literal(.int(0), &self)
            condition = try literal(.bool(true), &self)
            step = try call("_+_", [accumulated(&self), literal(.int(1), &self)], &self)
            step = try filtered(step, body, &self)
            result = try call("_==_", [result, literal(.int(1), &self)], &self)
        case "transformMap", "transformMapEntry":
            start = try add(.map([]), at: at)
            condition = try literal(.bool(true), &self)
            var inserted = [try accumulated(&self)]
            if name == "transformMap" { inserted.append(try add(.identifier(first), at: at)) }
            step = try call("cel.@mapInsert", inserted + [body], &self)
            step = try filtered(step, bodies.count > 1 ? bodies[0] : nil, &self)
        default:
            start = try add(.list([], optional: []), at: at)
            condition = try literal(.bool(true), &self)
            let element = name == "filter" ? try add(.identifier(first), at: at) : body
            let one = try add(.list([element], optional: [false]), at: at, over: [element])
            step = try call("_+_", [accumulated(&self), one], &self)
            step = try filtered(step, name == "filter" ? body : bodies.count > 1 ? bodies[0] : nil, &self)
        }
        let loop = Comprehension(
            range: range, variable: first, secondVariable: second, accumulator: Comprehension.hiddenAccumulator,
            start: start, condition: condition, step: step, result: result)
        return try add(.comprehension(loop), at: at, over: [range, step], nests: true)
    }

    /// `l.sortBy(x, f)`: `l` in the order of what `f` gives for its elements.
    private mutating func sortBy(_ target: Int, _ arguments: [Int], _ at: Int) throws(Stop) -> Int {
        guard case .identifier(let variable) = tree.nodes[arguments[0]] else {
            return try reject("argument is not an identifier", arguments[0])
        }
        if case .literal = tree.nodes[target] {
            return try reject(
                "sortBy can only be applied to a list, identifier, comprehension, call or select expression", target)
        }
        let input = "@__sortBy_input__"
        let keys = try loop("map", add(.identifier(input), at: at), variable, nil, [arguments[1]], at)
        let sorted = try add(
            .call(
                function: "@sortByAssociatedKeys", target: try add(.identifier(input), at: at), arguments: [keys]),
            at: at, over: [keys])
        let bound = Comprehension(
            range: try add(.list([], optional: []), at: at), variable: Comprehension.unusedVariable,
            accumulator: input, start: target, condition: try add(.literal(.bool(false)), at: at),
            step: try add(.identifier(input), at: at), result: sorted)
        return try add(.comprehension(bound), at: at, over: [target, sorted], nests: true)
    }

    /// `o.optMap(x, f)`: `o.hasValue() ? optional.of(f with o's value as x) : optional.none()`.
    private mutating func optional(_ name: String, _ target: Int, _ arguments: [Int], _ at: Int) throws(Stop) -> Int {
        guard case .identifier(let variable) = tree.nodes[arguments[0]] else {
            return try reject("\(name)() variable name must be a simple identifier", arguments[0])
        }
        guard let copied = tree.copy(target) else { return try add(.literal(.null), at: at, over: [], nests: true) }
        let test = try add(.call(function: "hasValue", target: target, arguments: []), at: at, over: [target])
        let value = try add(.call(function: "value", target: copied, arguments: []), at: at, over: [target])
        let bound = Comprehension(
            range: try add(.list([], optional: []), at: at), variable: Comprehension.unusedVariable,
            accumulator: variable, start: value, condition: try add(.literal(.bool(false)), at: at),
            step: try add(.identifier(variable), at: at), result: arguments[1])
        var mapped = try add(.comprehension(bound), at: at, over: [arguments[1], target], nests: true)
        if name == "optMap" {
            mapped = try add(
                .call(function: "optional.of", target: nil, arguments: [mapped]), at: at, over: [mapped])
        }
        let none = try add(.call(function: "optional.none", target: nil, arguments: []), at: at)
        return try add(
            .call(function: "_?_:_", target: nil, arguments: [test, mapped, none]), at: at, over: [test, mapped],
            nests: true)
    }
}
