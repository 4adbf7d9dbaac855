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
    var type: ExpressionType { types[tree.root] }
}
