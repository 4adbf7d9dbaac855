/// Whether the clauses of a format that is written out fit the types of what is to be formatted.
struct FormatCheck {
    private let text: String
    private let arguments: [Int]
    private let tree: SyntaxTree
    private let types: [ExpressionType]

    init(_ text: String, _ arguments: [Int], _ tree: SyntaxTree, _ types: [ExpressionType]) {
        self.text = text
        self.arguments = arguments
        self.tree = tree
        self.types = types
    }

    /// The first thing that is wrong.
    func issue(at call: Int) -> Issue? {
        var reader = FormatReader(text)
        var used = 0
        do throws(EvaluationError) {
            while let part = try reader.next(given: arguments.count) {
                guard case .clause(let clause) = part else { continue }
                let argument = arguments[used]
                used += 1
                guard let wrong = misfit(argument, clause.verb) else { continue }
                let found = types[wrong].runtimeName
                return Issue(
                    message: FormatReader.wrong(clause.verb, found).message, offset: tree.offsets[wrong])
            }
        } catch {
            return Issue(message: error.message, offset: tree.offsets[call])
        }
        guard arguments.count > used else { return nil }
        return Issue(
            message: "too many arguments supplied to string.format (expected \(used), got \(arguments.count))",
            offset: tree.offsets[call])
    }

    /// The part of an argument that a clause cannot show.
    private func misfit(_ id: Int, _ verb: Unicode.Scalar) -> Int? {
        guard fits(types[id], verb) else { return id }
        guard verb == "s" else { return nil }
        switch tree.nodes[id] {
        case .list(let elements, _): return elements.lazy.compactMap { misfit($0, verb) }.first
        case .map(let entries):
            return entries.lazy.flatMap { [$0.key, $0.value] }.compactMap { misfit($0, verb) }.first
        default: return nil
        }
    }

    private func fits(_ type: ExpressionType, _ verb: Unicode.Scalar) -> Bool {
        switch type {
        case .dyn: true
        case .int, .uint: "sdxXob".unicodeScalars.contains(verb)
        case .double: "sfe".unicodeScalars.contains(verb)
        case .bool: verb == "s" || verb == "b"
        case .string: "sxXfe".unicodeScalars.contains(verb)
        case .bytes: "sxX".unicodeScalars.contains(verb)
        case .list, .map, .null, .timestamp, .duration, .type: verb == "s"
        default: false
        }
    }
}
