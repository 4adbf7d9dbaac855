/// What is wrong with parts that are written out, once all types are known: upstream's AST validators.
struct LiteralChecks {
    private let tree: SyntaxTree
    private let types: [ExpressionType]
    private let references: [Reference?]
    /// The node that each node is a part of.
    private let owners: [Int?]

    init(_ tree: SyntaxTree, _ types: [ExpressionType], _ references: [Reference?]) {
        self.tree = tree
        self.types = types
        self.references = references
        var owners = [Int?](repeating: nil, count: tree.nodes.count)
        for (id, node) in tree.nodes.enumerated() { for part in node.parts { owners[part] = id } }
        self.owners = owners
    }

    func issues() -> [Issue] {
        var issues: [Issue] = []
        for (id, node) in tree.nodes.enumerated() where id == tree.root || owners[id] != nil {
            switch node {
            case .call(let function, let target, let arguments):
                issues += check(id, function, target, arguments)
            case .list(let elements, let optional):
                if !isFormatted(id) { issues += check(elements, optional) }
            case .map(let entries):
                if !isFormatted(id) { issues += check(entries) }
            default: break
            }
        }
        return issues
    }

    /// Patterns, times, durations and formats.
    private func check(_ id: Int, _ function: String, _ target: Int?, _ arguments: [Int]) -> [Issue] {
        guard references[id] != nil else { return [] }
        if function == "format", let target, case .literal(.string(let text)) = tree.nodes[target],
            let list = arguments.first, case .list(let elements, _) = tree.nodes[list]
        {
            return FormatCheck(text, elements, tree, types).issue(at: id).map { [$0] } ?? []
        }
        let place = function == "matches" && target == nil ? arguments.last : arguments.first
        guard let place, case .literal(let value) = tree.nodes[place] else { return [] }
        let isRight =
            switch (function, value) {
            case ("duration", .string(let text)): Durations.parse(text) != nil
            case ("timestamp", .string(let text)): Moment(text) != nil
            case ("timestamp", .int(let seconds)): Moment(seconds: seconds) != nil
            case ("matches", .string(let text)): RegexFunctions.compile(text) != nil
            default: true
            }
        return isRight ? [] : [Issue(message: "invalid \(function) argument", offset: tree.offsets[place])]
    }

    // MARK: One type for all elements

    /// What is to be formatted may be of several types.
    private func isFormatted(_ id: Int) -> Bool {
        var id = owners[id]
        while let owner = id {
            if case .call("format", _, _) = tree.nodes[owner] { return true }
            id = owners[owner]
        }
        return false
    }

    private func check(_ elements: [Int], _ optional: [Bool]) -> [Issue] {
        var first: ExpressionType?
        for (place, element) in elements.enumerated() {
            let type = optional[place] ? types[element].unwrapped.0 : types[element]
            guard let wanted = first else {
                first = type
                continue
            }
            if wanted != type { return [mismatch(element, wanted, type)] }
        }
        return []
    }

    private func check(_ entries: [Node.MapEntry]) -> [Issue] {
        guard let first = entries.first else { return [] }
        func value(_ entry: Node.MapEntry) -> ExpressionType {
            entry.isOptional ? types[entry.value].unwrapped.0 : types[entry.value]
        }
        var issues: [Issue] = []
        for entry in entries.dropFirst() {
            if types[entry.key] != types[first.key] {
                issues.append(mismatch(entry.key, types[first.key], types[entry.key]))
            }
            if value(entry) != value(first) { issues.append(mismatch(entry.value, value(first), value(entry))) }
        }
        return issues
    }

    private func mismatch(_ id: Int, _ wanted: ExpressionType, _ found: ExpressionType) -> Issue {
        Issue(message: "expected type '\(wanted.text)' but found '\(found.text)'", offset: tree.offsets[id])
    }
}

extension Node {
    /// The nodes it is made of.
    fileprivate var parts: [Int] {
        switch self {
        case .literal, .identifier: []
        case .select(let operand, _, _): [operand]
        case .call(_, let target, let arguments): (target.map { [$0] } ?? []) + arguments
        case .list(let elements, _): elements
        case .map(let entries): entries.flatMap { [$0.key, $0.value] }
        case .structure(_, let fields): fields.map(\.value)
        case .comprehension(let loop): [loop.range, loop.start, loop.condition, loop.step, loop.result]
        }
    }
}
