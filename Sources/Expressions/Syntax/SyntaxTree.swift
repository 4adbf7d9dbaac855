/// One node of an expression after its macros were expanded. Children are places in the tree's list of nodes, so that no depth
/// of nesting makes releasing a tree recursive.
enum Node: Sendable {
    case literal(Value)
    case identifier(String)
    /// `operand.field`; a presence test is `has(operand.field)`.
    case select(operand: Int, field: String, isPresenceTest: Bool)
    case call(function: String, target: Int?, arguments: [Int])
    /// Elements, and which of them are optional (`[?x]`).
    case list([Int], optional: [Bool])
    case map([MapEntry])
    /// `Name{field: value}`.
    case structure(String, [StructureField])
    case comprehension(Comprehension)

    struct MapEntry: Sendable {
        var key: Int
        var value: Int
        var isOptional: Bool
    }
    struct StructureField: Sendable {
        var name: String
        var value: Int
        var isOptional: Bool
        var offset: Int
    }
}

/// A loop over a list's elements or a map's keys: what macros become.
struct Comprehension: Sendable {
    var range: Int
    var variable: String
    /// With a second variable the first one is the index or key and this one the value.
    var secondVariable: String?
    var accumulator: String
    var start: Int
    var condition: Int
    var step: Int
    var result: Int

    /// The accumulator's name in every macro but `optMap`: no text can name it.
    static let hiddenAccumulator = "@result"
    static let unusedVariable = "#unused"
}

/// The nodes of one expression.
struct SyntaxTree: Sendable {
    /// More cannot come out of a text within its limits, save by `optMap`s of `optMap`s, each of which doubles its target.
    static let nodesMax = 200_000

    var nodes: [Node] = []
    /// Where each node's operator or first character stands, in characters from the start of the text.
    var offsets: [Int] = []
    var root = 0

    mutating func add(_ node: Node, at offset: Int) -> Int {
        nodes.append(node)
        offsets.append(offset)
        return nodes.count - 1
    }

    /// A copy of a node and all below it; nil when the tree would be too large.
    mutating func copy(_ id: Int) -> Int? {
        guard nodes.count < SyntaxTree.nodesMax else { return nil }
        func all(_ ids: [Int], _ tree: inout SyntaxTree) -> [Int]? {
            var out: [Int] = []
            for id in ids {
                guard let copied = tree.copy(id) else { return nil }
                out.append(copied)
            }
            return out
        }
        var node = nodes[id]
        switch node {
        case .literal, .identifier: break
        case .select(let operand, let field, let test):
            guard let operand = copy(operand) else { return nil }
            node = .select(operand: operand, field: field, isPresenceTest: test)
        case .call(let function, let target, let arguments):
            var copied: Int?
            if let target {
                copied = copy(target)
                if copied == nil { return nil }
            }
            guard let arguments = all(arguments, &self) else { return nil }
            node = .call(function: function, target: copied, arguments: arguments)
        case .list(let elements, let optional):
            guard let elements = all(elements, &self) else { return nil }
            node = .list(elements, optional: optional)
        case .map(let entries):
            guard let keys = all(entries.map(\.key), &self), let values = all(entries.map(\.value), &self) else {
                return nil
            }
            node = .map(
                entries.indices.map { .init(key: keys[$0], value: values[$0], isOptional: entries[$0].isOptional) })
        case .structure(let name, let fields):
            guard let values = all(fields.map(\.value), &self) else { return nil }
            var copied = fields
            for i in fields.indices { copied[i].value = values[i] }
            node = .structure(name, copied)
        case .comprehension(var loop):
            guard let parts = all([loop.range, loop.start, loop.condition, loop.step, loop.result], &self) else {
                return nil
            }
            (loop.range, loop.start, loop.condition, loop.step, loop.result) =
                (parts[0], parts[1], parts[2], parts[3], parts[4])
            node = .comprehension(loop)
        }
        return add(node, at: offsets[id])
    }
}
