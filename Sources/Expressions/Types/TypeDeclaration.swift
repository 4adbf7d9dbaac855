/// A type with what is known of its values' sizes and fields: upstream's DeclType. Objects, lists and maps lead on to the
/// declarations of what they hold.
public final class TypeDeclaration: Sendable {
    /// The name that reports show: `object`, `selfType.spec`, `kubernetes.AdmissionRequest`.
    public let name: String
    /// What lists and maps hold.
    public let element: TypeDeclaration?
    /// An object's fields, by the names that expressions use.
    public let fields: [String: TypeDeclaration]
    /// The most elements, entries, characters or bytes of a value; nil when unknown.
    public let elementsMax: Int64?
    /// The fewest bytes that a value takes as JSON.
    public let sizeMin: Int64
    private let kind: Kind
    private enum Kind: Sendable {
        case scalar(ExpressionType)
        case list, map, object
        /// An object that may have any field.
        case open
    }

    private init(
        _ name: String, _ kind: Kind, element: TypeDeclaration? = nil, fields: [String: TypeDeclaration] = [:],
        elementsMax: Int64? = nil, sizeMin: Int64
    ) {
        self.name = name
        self.kind = kind
        self.element = element
        self.fields = fields
        self.elementsMax = elementsMax
        self.sizeMin = sizeMin
    }

    /// A type without parts.
    public static func scalar(_ type: ExpressionType, elementsMax: Int64? = nil, sizeMin: Int64 = 0) -> TypeDeclaration
    {
        TypeDeclaration(type.text, .scalar(type), elementsMax: elementsMax, sizeMin: sizeMin)
    }
    public static func list(of element: TypeDeclaration, elementsMax: Int64? = nil) -> TypeDeclaration {
        TypeDeclaration("list", .list, element: element, elementsMax: elementsMax, sizeMin: 2)
    }
    /// A map from strings.
    public static func map(of element: TypeDeclaration, elementsMax: Int64? = nil) -> TypeDeclaration {
        TypeDeclaration("map", .map, element: element, elementsMax: elementsMax, sizeMin: 2)
    }
    public static func object(_ name: String, _ fields: [String: TypeDeclaration], sizeMin: Int64 = 2)
        -> TypeDeclaration
    {
        TypeDeclaration(name, .object, fields: fields, sizeMin: sizeMin)
    }

    /// The type for the checker.
    public var type: ExpressionType {
        switch kind {
        case .scalar(let type): type
        case .list: .list(element?.type ?? .dyn)
        case .map: .map(.string, element?.type ?? .dyn)
        case .object, .open: .object(self)
        }
    }

    /// An object that may have any field, of any type.
    static func open(_ name: String) -> TypeDeclaration { TypeDeclaration(name, .open, sizeMin: 2) }

    /// What an object's field is; nil when it has none of that name.
    func member(_ field: String) -> TypeDeclaration? {
        if case .open = kind { return .dyn }
        return fields[field]
    }

    public static let dyn = scalar(.dyn, sizeMin: 1)
    public static let string = scalar(.string, sizeMin: 2)
    public static let int = scalar(.int, sizeMin: 1)
    public static let double = scalar(.double, sizeMin: 1)
    public static let bool = scalar(.bool, sizeMin: 4)
    public static let timestamp = scalar(.timestamp, sizeMin: 21)
    public static let duration = scalar(.duration, sizeMin: 2)

    /// The same with other names for itself and the objects in it, each after the path that leads to it, so that objects of
    /// different fields are different types.
    public func named(_ name: String) -> TypeDeclaration {
        switch kind {
        case .scalar, .open: return self
        case .list:
            return TypeDeclaration(
                name, .list, element: element?.named(name + ".@idx"), elementsMax: elementsMax, sizeMin: sizeMin)
        case .map:
            return TypeDeclaration(
                name, .map, element: element?.named(name + ".@elem"), elementsMax: elementsMax, sizeMin: sizeMin)
        case .object:
            var renamed: [String: TypeDeclaration] = [:]
            for (field, declaration) in fields { renamed[field] = declaration.named(name + "." + field) }
            return TypeDeclaration(name, .object, fields: renamed, elementsMax: elementsMax, sizeMin: sizeMin)
        }
    }

    /// Every object type in it, itself among them.
    var objects: [TypeDeclaration] {
        var out: [TypeDeclaration] = []
        if case .object = kind { out.append(self) }
        for field in fields.values { out += field.objects }
        return out + (element?.objects ?? [])
    }
}
