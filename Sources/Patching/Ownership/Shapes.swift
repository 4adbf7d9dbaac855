import Document
import Schema

/// One place of an object as server-side apply sees it: how its value merges.
struct Place {
    enum Kind {
        /// Owned whole: scalars, atomic lists, maps and structs.
        case leaf
        case structure(TypeSchema)
        case map(FieldShape)
        case list(ListKind, keys: [String], FieldShape)
        /// No schema: maps merge by member, everything else is owned whole.
        case open
    }
    let kind: Kind

    init(_ field: Field) {
        if field.isAtomic {
            kind = .leaf
            return
        }
        switch field.shape {
        case .object(let type): kind = .structure(type)
        case .map(let element): kind = .map(element)
        case .array(let element):
            switch field.listKind {
            case .map?: kind = .list(.map, keys: field.mapKeys, element)
            case .set?: kind = .list(.set, keys: [], element)
            default: kind = .leaf
            }
        case .any: kind = .open
        default: kind = .leaf
        }
    }

    /// An element of a list or map.
    init(_ shape: FieldShape) {
        switch shape {
        case .object(let type): kind = type.isAtomic ? .leaf : .structure(type)
        case .map(let element): kind = .map(element)
        case .any: kind = .open
        default: kind = .leaf
        }
    }

    init(root type: TypeSchema) { kind = .structure(type) }
    private init(kind: Kind) { self.kind = kind }
    static let open = Place(kind: .open)

    /// The value's own members decide for a place without a schema.
    @inline(__always)
    func resolved(_ l: JSON?, _ r: JSON?) -> Kind {
        guard case .open = kind else { return kind }
        if case .object? = r { return .map(.any) }
        if r == nil || r?.isNull == true, case .object? = l { return .map(.any) }
        return .leaf
    }
}

/// The names of list elements in a set of managed fields.
enum ElementName {
    /// `k:{"name":"main"}` of an element of a list with keys, `v:"x"` of an element of a set; nil when it has none.
    static func of(_ element: JSON, _ kind: ListKind, keys: [String], _ shape: FieldShape) -> String? {
        var out: [UInt8] = []
        out.reserveCapacity(48)
        switch kind {
        case .set:
            switch element {
            case .object, .array, .null: return nil
            default: break
            }
            out.append("v:" as StaticString)
            element.encode(into: &out)
        case .map:
            guard case .object = element else { return nil }
            out.append("k:{" as StaticString)
            var isFirst = true
            for key in keys {
                guard let value = element[key] ?? defaultValue(key, shape) else { continue }
                if !isFirst { out.append(UInt8(ascii: ",")) }
                isFirst = false
                JSON.encode(key, into: &out)
                out.append(UInt8(ascii: ":"))
                value.encode(into: &out)
            }
            if isFirst { return nil }
            out.append(UInt8(ascii: "}"))
        case .atomic: return nil
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func defaultValue(_ key: String, _ shape: FieldShape) -> JSON? {
        guard case .object(let type) = shape else { return nil }
        return type[key]?.defaultValue
    }
}
