/// What an expression can name besides functions: the variables it is given and the types it can make.
public struct Environment: Sendable {
    /// Variables and what they are.
    public var variables: [String: TypeDeclaration]
    /// A policy's own variables, which are evaluated when they are first used: members of `variables`.
    public var composed: [String: TypeDeclaration] = [:]
    /// Whether `Object{…}`, `Object.spec{…}` and `JSONPatch{…}` can be made, as mutating policies do.
    public var hasMutationTypes = false

    public init(_ variables: [String: TypeDeclaration]) { self.variables = variables }

    /// The type of `Name{…}`; nil when there is none of that name.
    func structure(_ name: String) -> TypeDeclaration? {
        if hasMutationTypes {
            if name == "JSONPatch" { return Environment.jsonPatch }
            if name == "Object" || name.hasPrefix("Object.") { return .open(name) }
        }
        return nil
    }

    /// The function of a name; nil when there is none here. Only mutating policies escape keys of paths.
    func function(_ name: String) -> FunctionDeclaration? {
        if !hasMutationTypes, PatchFunctions.names.contains(name) { return nil }
        return FunctionTable.all[name]
    }

    private static let jsonPatch = TypeDeclaration.object(
        "JSONPatch", ["op": .string, "path": .string, "from": .string, "value": .dyn])

    /// The types that can be named as values: `type(x) == int`.
    static let typeNames: [String: ExpressionType] = [
        "bool": .bool, "int": .int, "uint": .uint, "double": .double, "string": .string, "bytes": .bytes,
        "list": .list(.dyn), "map": .map(.dyn, .dyn), "null_type": .null, "type": .type(nil),
        "google.protobuf.Timestamp": .timestamp, "google.protobuf.Duration": .duration,
        "optional_type": .optional(.dyn), "kubernetes.Quantity": .quantity, "kubernetes.URL": .url,
        "kubernetes.Semver": .semver, "kubernetes.NamedFormat": .namedFormat, "net.IP": .address,
        "net.CIDR": .addressRange,
    ]
}
