/// The type of an expression.
public indirect enum ExpressionType: Sendable {
    /// Any type: checked when the expression is evaluated.
    case dyn
    /// What a part that is wrong has, so that one fault is reported once.
    case failed
    case null, bool, int, uint, double, string, bytes, timestamp, duration
    /// The type of types; what it is the type of, where known.
    case type(ExpressionType?)
    case list(ExpressionType)
    case map(ExpressionType, ExpressionType)
    case object(TypeDeclaration)
    /// A type known by name alone, with its parameters: `optional_type(T)`, `net.IP`.
    case opaque(String, [ExpressionType])
    /// A type still to be found out.
    case parameter(String)

    static func optional(_ type: ExpressionType) -> ExpressionType { .opaque("optional_type", [type]) }
    public static let quantity = ExpressionType.opaque("kubernetes.Quantity", [])
    static let url = ExpressionType.opaque("kubernetes.URL", [])
    static let semver = ExpressionType.opaque("kubernetes.Semver", [])
    static let namedFormat = ExpressionType.opaque("kubernetes.NamedFormat", [])
    static let address = ExpressionType.opaque("net.IP", [])
    static let addressRange = ExpressionType.opaque("net.CIDR", [])
    /// The type of the variable `authorizer`.
    public static let authorizer = ExpressionType.opaque("kubernetes.authorization.Authorizer", [])
    static let pathCheck = ExpressionType.opaque("kubernetes.authorization.PathCheck", [])
    static let groupCheck = ExpressionType.opaque("kubernetes.authorization.GroupCheck", [])
    /// The type of `authorizer.requestResource`.
    public static let resourceCheck = ExpressionType.opaque("kubernetes.authorization.ResourceCheck", [])
    static let decision = ExpressionType.opaque("kubernetes.authorization.Decision", [])

    /// The text that reports show; cut short where it would be very long.
    public var text: String {
        var left = 10_000
        return text(&left)
    }

    private func text(_ left: inout Int) -> String {
        left -= 1
        if left < 0 { return "…" }
        switch self {
        case .list(let element): return "list(\(element.text(&left)))"
        case .map(let key, let value): return "map(\(key.text(&left)), \(value.text(&left)))"
        case .type(let of?): return "type(\(of.text(&left)))"
        case .opaque(let name, let parameters):
            if parameters.isEmpty { return name }
            var parts: [String] = []
            for parameter in parameters { parts.append(parameter.text(&left)) }
            return "\(name)(\(parts.joined(separator: ", ")))"
        default: return name
        }
    }

    /// The name of a type without parts.
    private var name: String {
        switch self {
        case .dyn: "dyn"
        case .failed: "!error!"
        case .null: "null"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .timestamp: "timestamp"
        case .duration: "duration"
        case .type: "type"
        case .list: "list"
        case .map: "map"
        case .object(let declaration): declaration.name
        case .opaque(let name, _): name
        case .parameter(let name): name
        }
    }

    /// The name that `type(x)` has at run time.
    var runtimeName: String {
        switch self {
        case .null: "null_type"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .type: "type"
        case .list: "list"
        case .map: "map"
        case .opaque(let name, _): name
        default: name
        }
    }

    var isDyn: Bool { if case .dyn = self { true } else { false } }
    var isFailed: Bool { if case .failed = self { true } else { false } }

    /// What an optional holds, and whether it was one.
    var unwrapped: (ExpressionType, Bool) {
        if case .opaque("optional_type", let parameters) = self, let inner = parameters.first { return (inner, true) }
        return (self, false)
    }
}

extension ExpressionType: Equatable {
    /// Exactly the same type; objects are the same by name.
    public static func == (a: ExpressionType, b: ExpressionType) -> Bool {
        switch (a, b) {
        case (.dyn, .dyn), (.failed, .failed), (.null, .null), (.bool, .bool), (.int, .int), (.uint, .uint),
            (.double, .double), (.string, .string), (.bytes, .bytes), (.timestamp, .timestamp), (.duration, .duration):
            true
        case (.type(let a), .type(let b)): a == b
        case (.list(let a), .list(let b)): a == b
        case (.map(let k, let v), .map(let l, let w)): k == l && v == w
        case (.object(let a), .object(let b)): a === b || a.name == b.name
        case (.opaque(let a, let p), .opaque(let b, let q)): a == b && p == q
        case (.parameter(let a), .parameter(let b)): a == b
        default: false
        }
    }
}
