public import Document

/// What one field of a structured type may hold.
public indirect enum FieldShape: Sendable {
    case string
    case int32
    case int64
    case double
    case bool
    /// base64 text.
    case bytes
    /// RFC 3339 to the second; `null` when unset.
    case time
    /// RFC 3339 with six decimals.
    case microTime
    case quantity
    case intOrString
    /// A nested structured type.
    case object(TypeSchema)
    case array(FieldShape)
    case map(FieldShape)
    /// Anything: RawExtension, JSON, FieldsV1. Unknown members are kept.
    case any
}

/// How upstream's structs write a member that holds its zero value: Go's `omitempty`, `omitzero` and pointers.
public enum ZeroPresence: UInt8, Sendable {
    /// Left out. (A nested struct, a time or a quantity that is no pointer cannot be left out: it is written all the same.)
    case omitted
    /// A pointer that is left out when unset: a zero value that was given is kept.
    case kept
    /// Always written: `""`, `0`, `false`, `{}`, and `null` for an empty list, map or time.
    case always
    /// A pointer that is always written: `null` when unset.
    case alwaysNull
    /// A struct that is left out when nothing is set in it.
    case omittedStruct
}

/// How server-side apply merges a list.
public enum ListKind: UInt8, Sendable { case atomic, set, map }

/// One field of a structured type. A class so that walks over documents pass it by reference; it never changes.
public final class Field: Sendable {
    public let name: String
    public let shape: FieldShape
    public let isRequired: Bool
    /// How a zero value is written.
    public let presence: ZeroPresence
    /// The OpenAPI default. `""`, `0`, `false`, `{}` on required fields only say that the zero value is written.
    public let defaultValue: JSON?
    public let enumeration: [String]
    public let listKind: ListKind?
    /// The members that identify an element of a `map` list, in byte order.
    public let mapKeys: [String]
    /// Strategic merge: `merge`, `replace`, `retainKeys`; may hold several.
    public let patchStrategies: [String]
    /// Strategic merge: the member that identifies an element.
    public let patchMergeKey: String?
    /// A map or struct that server-side apply owns as one.
    public let isAtomic: Bool
    public let protoNumber: Int
    /// The numbers of inlined messages that wrap this field on the wire, outermost first.
    public let protoPath: [Int]
    /// The name of the Go type of its innermost values, `v1.Protocol`, when that is none of Go's own; decoders' errors show it.
    let goType: String
    /// The embedded Go structs that hold it, outermost first, as paths in decoders' errors show them: `VolumeSource`.
    let goEmbedding: String
    /// `f:` and the name: this field in a set of managed fields.
    package let ownedName: String

    public init(
        name: String, shape: FieldShape, isRequired: Bool = false, presence: ZeroPresence = .kept,
        defaultValue: JSON? = nil, enumeration: [String] = [],
        listKind: ListKind? = nil, mapKeys: [String] = [], patchStrategies: [String] = [], patchMergeKey: String? = nil,
        isAtomic: Bool = false, protoNumber: Int = 0, protoPath: [Int] = [],
        goType: String = "", goEmbedding: String = ""
    ) {
        self.name = name
        self.shape = shape
        self.isRequired = isRequired
        self.presence = presence
        self.defaultValue = defaultValue
        self.enumeration = enumeration
        self.listKind = listKind
        self.mapKeys = mapKeys.count > 1 ? mapKeys.sorted { $0.bytesPrecede($1) } : mapKeys
        self.patchStrategies = patchStrategies
        self.patchMergeKey = patchMergeKey
        self.isAtomic = isAtomic
        self.protoNumber = protoNumber
        self.protoPath = protoPath
        self.goType = goType
        self.goEmbedding = goEmbedding
        ownedName = "f:" + name
    }
}

extension Field {
    /// Whether the member is written even when it is not set: no `omitempty`, or a struct that is no pointer.
    package var isAlwaysWritten: Bool {
        switch presence {
        case .always, .alwaysNull: return true
        case .kept, .omittedStruct: return false
        case .omitted:
            switch shape {
            case .object, .time, .microTime, .quantity, .intOrString: return true
            default: return false
            }
        }
    }

    /// What is written when the member is not set.
    package var zero: JSON {
        if presence == .alwaysNull { return .null }
        return shape.zero
    }
}

extension FieldShape {
    /// Go's zero value as it is written.
    package var zero: JSON {
        switch self {
        case .string: return .string("")
        case .int32, .int64, .double, .intOrString: return .int(0)
        case .bool: return .bool(false)
        case .quantity: return .string("0")
        case .bytes, .time, .microTime, .array, .map, .any: return .null
        case .object(let type): return type.zero
        }
    }
}

extension TypeSchema {
    /// What upstream's struct of this type is written as when nothing is set in it.
    public var zero: JSON {
        var object = JSONObject()
        for i in fields.indices where isAlwaysWritten[i] { object[fields[i].name] = fields[i].zero }
        return .object(object)
    }
}

/// A structured type: `io.k8s.api.core.v1.Pod` and what it holds. Types refer to each other, so they are objects that are
/// filled in once while the catalog is built and never change afterwards: reading needs no check for a writer.
public final class TypeSchema: @unchecked Sendable {
    /// The full name, `io.k8s.api.core.v1.PodSpec`; for a custom resource, made from its group and kind.
    public let name: String
    /// In the byte order of their names.
    @exclusivity(unchecked) public private(set) var fields: [Field] = []
    /// `x-kubernetes-preserve-unknown-fields` of a custom resource.
    @exclusivity(unchecked) public private(set) var keepsUnknown = false
    /// The whole type is owned as one by server-side apply (`+structType=atomic`).
    @exclusivity(unchecked) public private(set) var isAtomic = false
    /// Whether `status` is written by an endpoint of its own, so that the main one neither changes nor owns it.
    @exclusivity(unchecked) public package(set) var isStatusSeparate = true
    /// The OpenAPI schema that a custom resource is pruned, defaulted and checked by; nil for built-in kinds.
    @exclusivity(unchecked) public package(set) var structural: StructuralSchema?
    @exclusivity(unchecked) private var places: [String: Int] = [:]
    /// What upstream's empty struct is written as, for kinds; nil until the catalog has filled every type.
    @exclusivity(unchecked) package private(set) var zeroDocument: JSON?
    /// Whether a list or map in it, at any depth, is written `null` when it is empty.
    @exclusivity(unchecked) package private(set) var holdsNullable = false
    /// For walks along a document's sorted members: the first eight bytes of each field's name, in the order of `fields`.
    @exclusivity(unchecked) package private(set) var prefixes: [UInt64] = []
    /// In the order of `fields`: whether the field is written even when it is not set.
    @exclusivity(unchecked) package private(set) var isAlwaysWritten: [Bool] = []

    public init(name: String) { self.name = name }

    /// Finds, once every type is filled, those of them that hold lists or maps which are written even when unset.
    package static func findNullable(_ types: [TypeSchema]) {
        var isNews = true
        while isNews {
            isNews = false
            for type in types where !type.holdsNullable {
                type.holdsNullable = type.fields.contains { field in
                    var shape = field.shape
                    if field.presence == .always {
                        switch shape {
                        case .array, .map: return true
                        default: break
                        }
                    }
                    if case .array(let element) = shape { shape = element }
                    if case .object(let inner) = shape { return inner.holdsNullable }
                    return false
                }
                isNews = isNews || type.holdsNullable
            }
        }
    }

    /// Called once when every type of the catalog is filled.
    package func finish() { zeroDocument = zero }

    /// The name without its package: `PodSpec`.
    public var shortName: String { name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) } ?? name }

    /// The name as Go writes it, after its package's last part: `v1.PodSpec`.
    var goName: String { name.split(separator: ".").suffix(2).joined(separator: ".") }

    /// Called once by whoever builds the catalog, before anyone else sees this type.
    package func fill(_ fields: [Field], keepsUnknown: Bool = false, isAtomic: Bool = false) {
        self.fields = fields.sorted { $0.name.bytesPrecede($1.name) }
        self.keepsUnknown = keepsUnknown
        self.isAtomic = isAtomic
        prefixes = self.fields.map(\.name.bytePrefix)
        isAlwaysWritten = self.fields.map(\.isAlwaysWritten)
        places = Dictionary(uniqueKeysWithValues: self.fields.enumerated().map { ($1.name, $0) })
    }

    public subscript(name: String) -> Field? { places[name].map { fields[$0] } }
}
