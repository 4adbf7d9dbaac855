import Access
import Document

/// What an expression can be worth. Parts of objects stay JSON until they are looked into.
indirect enum ExpressionValue: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case list([ExpressionValue])
    case map([(key: ExpressionValue, value: ExpressionValue)])
    /// An array or an object as it stands.
    case json(JSON)
    case timestamp(Timestamp)
    /// Nanoseconds.
    case duration(Int64)
    case quantity(Amount)
    case address(IPAddress)
    case range(AddressRange)
    case optional(ExpressionValue?)
    /// A question being put together for the authorizer, and its answer.
    case question(AccessAttributes)
    case verdict(Bool, reason: String)

    init(_ json: JSON) {
        switch json {
        case .null: self = .null
        case .bool(let b): self = .bool(b)
        case .int(let i): self = .int(i)
        case .double(let d): self = .double(d)
        case .string(let s): self = .string(s)
        case .array, .object: self = .json(json)
        }
    }

    /// The name of its type.
    var typeName: String {
        switch self {
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .list: "list"
        case .map: "map"
        case .json(let json): json.array == nil ? "map" : "list"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .quantity: "kubernetes.Quantity"
        case .address: "net.IP"
        case .range: "net.CIDR"
        case .optional: "optional_type"
        case .question, .verdict: "kubernetes.authorization.Authorizer"
        }
    }

    /// The elements of a list; nil when it is none.
    var elements: [ExpressionValue]? {
        switch self {
        case .list(let list): list
        case .json(.array(let array)): array.map { ExpressionValue($0) }
        default: nil
        }
    }

    /// The entries of a map; nil when it is none.
    var entries: [(key: ExpressionValue, value: ExpressionValue)]? {
        switch self {
        case .map(let entries): entries
        case .json(.object(let object)): object.map { (.string($0.key), ExpressionValue($0.value)) }
        default: nil
        }
    }

    /// The member of a map; nil when there is none.
    func member(_ name: String) -> ExpressionValue? {
        switch self {
        case .json(.object(let object)):
            (object[name] ?? ExpressionValue.unescaped(name).flatMap { object[$0] }).map { ExpressionValue($0) }
        case .map(let entries): entries.first { $0.key.equals(.string(name)) }?.value
        default: nil
        }
    }

    /// The property that an expression names `foo__dash__bar`, because its own name is no identifier; nil for a plain name.
    private static func unescaped(_ name: String) -> String? {
        guard name.contains("__") else { return nil }
        var out = name
        for (escape, text) in [("__dot__", "."), ("__dash__", "-"), ("__slash__", "/"), ("__underscores__", "__")] {
            out = out.pieces(by: escape).joined(separator: text)
        }
        if out == name, name.hasPrefix("__"), name.hasSuffix("__"), name.count > 4 {
            out = String(name.dropFirst(2).dropLast(2))
        }
        return out == name ? nil : out
    }

    private var number: Double? {
        switch self {
        case .int(let i): Double(i)
        case .uint(let u): Double(u)
        case .double(let d): d
        default: nil
        }
    }

    func equals(_ other: ExpressionValue) -> Bool {
        switch (self, other) {
        case (.null, .null): return true
        case (.bool(let a), .bool(let b)): return a == b
        case (.int(let a), .int(let b)): return a == b
        case (.uint(let a), .uint(let b)): return a == b
        case (.string(let a), .string(let b)): return a.sameBytes(as: b)
        case (.bytes(let a), .bytes(let b)): return a == b
        case (.json(let a), .json(let b)): return a == b
        case (.timestamp(let a), .timestamp(let b)): return a == b
        case (.duration(let a), .duration(let b)): return a == b
        case (.quantity(let a), .quantity(let b)): return a == b
        case (.address(let a), .address(let b)): return a == b
        case (.range(let a), .range(let b)): return a.text == b.text
        case (.optional(let a), .optional(let b)):
            if let a, let b { return a.equals(b) }
            return a == nil && b == nil
        default: break
        }
        if let a = number, let b = other.number { return a == b }
        if let a = elements, let b = other.elements {
            return a.count == b.count && zip(a, b).allSatisfy { $0.equals($1) }
        }
        if let a = entries, let b = other.entries {
            return a.count == b.count
                && a.allSatisfy { entry in b.contains { $0.key.equals(entry.key) && $0.value.equals(entry.value) } }
        }
        return false
    }

    /// Less than zero, zero or more, as this comes before, with or after the other; nil when they have no order.
    func compare(_ other: ExpressionValue) -> Int? {
        func order<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : a == b ? 0 : 1 }
        switch (self, other) {
        case (.bool(let a), .bool(let b)): return order(a ? 1 : 0, b ? 1 : 0)
        case (.int(let a), .int(let b)): return order(a, b)
        case (.uint(let a), .uint(let b)): return order(a, b)
        case (.string(let a), .string(let b)): return a.sameBytes(as: b) ? 0 : a.bytesPrecede(b) ? -1 : 1
        case (.bytes(let a), .bytes(let b)): return a == b ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
        case (.timestamp(let a), .timestamp(let b)): return order(a, b)
        case (.duration(let a), .duration(let b)): return order(a, b)
        case (.quantity(let a), .quantity(let b)): return order(a, b)
        default:
            if let a = number, let b = other.number { return order(a, b) }
            return nil
        }
    }

    /// The value as JSON, for messages.
    var document: JSON {
        switch self {
        case .null: .null
        case .bool(let b): .bool(b)
        case .int(let i): .int(i)
        case .uint(let u): .int(Int64(clamping: u))
        case .double(let d): .double(d)
        case .string(let s): .string(s)
        case .json(let json): json
        case .list(let list): .array(list.map(\.document))
        case .map(let entries):
            .object(JSONObject(entries.map { ($0.key.document.string ?? $0.key.document.text, $0.value.document) }))
        case .timestamp(let t): .string(t.rfc3339)
        default: .null
        }
    }
}
