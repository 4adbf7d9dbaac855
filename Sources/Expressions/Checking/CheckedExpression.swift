/// What a node stands for, once it is known.
enum Reference: Sendable {
    /// A loop's variable, by its place on the evaluator's stack.
    case local(Int)
    /// A variable that whoever evaluates the expression gives.
    case global(String)
    /// A policy's own variable.
    case composed(String)
    case type(ExpressionType)
    /// A function; its form when there is only one that fits.
    case function(FunctionDeclaration, overloads: [String])
    /// The type of `Name{…}`.
    case structure(TypeDeclaration)
}

/// An expression whose names and types have been found.
struct CheckedExpression: Sendable {
    var tree: SyntaxTree
    var types: [ExpressionType]
    var references: [Reference?]
    /// Lists and maps that are written out, made once.
    private(set) var constants: [Int: Value] = [:]
    /// The same lists as tables, where their elements can be keys: what `in` looks into.
    private(set) var sets: [Int: MapValue] = [:]

    var type: ExpressionType { types[tree.root] }

    init(tree: SyntaxTree, types: [ExpressionType], references: [Reference?]) {
        self.tree = tree
        self.types = types
        self.references = references
        // Parts stand before what they are parts of.
        for id in tree.nodes.indices { if let value = constant(id) { constants[id] = value } }
    }

    private mutating func constant(_ id: Int) -> Value? {
        func part(_ id: Int) -> Value? {
            if case .literal(let value) = tree.nodes[id] { value } else { constants[id] }
        }
        switch tree.nodes[id] {
        case .list(let elements, let optional):
            guard !optional.contains(true) else { return nil }
            var list: [Value] = []
            var set: MapValue? = MapValue()
            for element in elements {
                guard let value = part(element) else { return nil }
                list.append(value)
                if set?.set(value, .null) == false { set = nil }
            }
            if let set { sets[id] = set }
            return .list(list)
        case .map(let entries):
            var map = MapValue()
            for entry in entries {
                guard !entry.isOptional, let key = part(entry.key), let value = part(entry.value), map.set(key, value)
                else { return nil }
            }
            return .map(map)
        default: return nil
        }
    }
}
