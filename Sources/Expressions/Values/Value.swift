public import Document

/// What an expression can be worth. Parts of objects stay JSON until they are looked into.
public enum Value: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case list([Value])
    case map(MapValue)
    /// An array as it stands, and how its elements are to be read; dynamically where no declaration is given.
    case array([JSON], TypeDeclaration?)
    /// An object as it stands.
    case object(JSONObject, TypeDeclaration?)
    case timestamp(Moment)
    /// Nanoseconds.
    case duration(Int64)
    case type(ExpressionType)
    indirect case optional(Value?)
    /// What `Name{field: value}` makes.
    indirect case structure(StructureValue)
    /// An amount, and whether it can be asked for as an integer: that depends on how it was written.
    indirect case quantity(Quantity, isInteger: Bool)
    indirect case address(NetworkAddress)
    indirect case range(NetworkRange)
    indirect case url(URLText)
    indirect case semver(SemanticVersion)
    indirect case format(NamedFormat)
    /// A question being put together for the authorizer, and its answer.
    indirect case question(AccessQuestion)
    indirect case decision(AccessDecision)

    /// A document as expressions see it.
    /// - Parameter declaration: how to read texts and numbers; dynamically without one.
    public init(_ json: JSON, as declaration: TypeDeclaration? = nil) {
        switch json {
        case .null: self = .null
        case .bool(let b): self = .bool(b)
        case .int(let i):
            if let declaration, case .double = declaration.type { self = .double(Double(i)) } else { self = .int(i) }
        case .double(let d):
            // A whole number is an integer where the schema says so, however it was written.
            if let declaration, case .int = declaration.type, let i = Int64(exactly: d) {
                self = .int(i)
            } else {
                self = .double(d)
            }
        case .string(let text): self = Value.read(text, declaration)
        case .array(let array): self = .array(array, declaration?.element)
        case .object(let object): self = .object(object, declaration)
        }
    }

    private static func read(_ text: String, _ declaration: TypeDeclaration?) -> Value {
        switch declaration?.type {
        case .timestamp?:
            if let moment = Moment(text) ?? Moment(text + "T00:00:00Z") { return .timestamp(moment) }
        case .duration?: if let nanoseconds = Durations.parse(text) { return .duration(nanoseconds) }
        case .bytes?: if let bytes = try? Base64.decode(text) { return .bytes(bytes) }
        default: break
        }
        return .string(text)
    }

    /// The type that `type(x)` gives.
    var type: ExpressionType {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .list, .array: .list(.dyn)
        case .map: .map(.dyn, .dyn)
        case .object(_, let declaration):
            if let declaration, case .object = declaration.type { declaration.type } else { .map(.dyn, .dyn) }
        case .timestamp: .timestamp
        case .duration: .duration
        case .type: .type(nil)
        case .optional: .optional(.dyn)
        case .structure(let value): .object(value.declaration)
        case .quantity: .quantity
        case .address: .address
        case .range: .addressRange
        case .url: .url
        case .semver: .semver
        case .format: .namedFormat
        case .question(let question): question.type
        case .decision: .decision
        }
    }

    var isTrue: Bool { if case .bool(true) = self { true } else { false } }

    // MARK: Lists

    /// How many elements a list has; nil when it is none.
    var listCount: Int? {
        switch self {
        case .list(let list): list.count
        case .array(let array, _): array.count
        default: nil
        }
    }

    func element(_ i: Int) -> Value {
        switch self {
        case .list(let list): list[i]
        case .array(let array, let declaration): Value(array[i], as: declaration)
        default: .null
        }
    }

    /// The elements of a list; nil when it is none.
    public var elements: [Value]? {
        switch self {
        case .list(let list): list
        case .array(let array, let declaration): array.map { Value($0, as: declaration) }
        default: nil
        }
    }

    // MARK: Maps and objects

    var mapCount: Int? {
        switch self {
        case .map(let map): map.count
        case .object(let object, _): object.count
        default: nil
        }
    }

    /// The entries of a map, in its order; nil when it is none.
    var entries: [(key: Value, value: Value)]? {
        switch self {
        case .map(let map): Array(zip(map.keys, map.values).map { (key: $0, value: $1) })
        case .object(let object, let declaration):
            object.map { (key: .string($0.key), value: Value($0.value, as: Value.member($0.key, of: declaration))) }
        default: nil
        }
    }

    private static func member(_ name: String, of declaration: TypeDeclaration?) -> TypeDeclaration? {
        guard let declaration else { return nil }
        if case .object = declaration.type { return FieldNames.escape(name).flatMap { declaration.fields[$0] } }
        return declaration.element
    }

    /// The value at a map's key; nil when there is none.
    func value(at key: Value) -> Value? {
        switch self {
        case .map(let map): return map[key]
        case .object(let object, let declaration):
            guard case .string(let name) = key, let found = object[name] else { return nil }
            return Value(found, as: Value.member(name, of: declaration))
        default: return nil
        }
    }

    /// The field that an expression names; nil when it is not there. Names of an object's fields may be escaped.
    func field(_ name: String) -> Value? {
        switch self {
        case .object(let object, let declaration):
            guard let declaration, case .object = declaration.type else {
                if let found = object[name] { return Value(found, as: declaration?.element) }
                return nil
            }
            guard let property = FieldNames.unescape(name), let found = object[property] else { return nil }
            if found.isNull { return nil }
            return Value(found, as: declaration.fields[name])
        case .structure(let value): return value.fields.first { $0.name.sameBytes(as: name) }?.value
        default: return value(at: .string(name))
        }
    }

    /// Whether it has members.
    var isContainer: Bool {
        switch self {
        case .map, .object, .structure: true
        default: false
        }
    }
}

/// What `Name{…}` makes: its fields in the order they were given.
public struct StructureValue: Sendable {
    /// Its type.
    public let declaration: TypeDeclaration
    /// Its fields.
    public var fields: [(name: String, value: Value)]
}
