import Document
import Schema

/// The places that a configuration names, and what is wrong with it: structured-merge-diff's `ToFieldSet` and its validation.
struct TypedSet {
    /// Every problem with its path: `.spec.bogus: field not declared in schema`.
    private(set) var problems: [String] = []
    private var path: [String] = []
    private let allowsDuplicates: Bool

    init(allowsDuplicates: Bool = false) { self.allowsDuplicates = allowsDuplicates }

    /// The set of a document. Structures and lists that hold something count by what they hold only; elements of lists and
    /// members of maps count themselves too.
    static func of(_ document: JSON, _ type: TypeSchema) -> FieldSet {
        var walker = TypedSet(allowsDuplicates: true)
        return walker.fieldSet(of: document, type)
    }

    mutating func fieldSet(of document: JSON, _ type: TypeSchema) -> FieldSet {
        FieldSet(node(document, Place(root: type)))
    }

    private mutating func problem(_ text: String) { problems.append(FieldSet.text(path) + ": " + text) }

    /// The node below a value; nil when nothing in it counts.
    private mutating func node(_ value: JSON, _ place: Place) -> JSON? {
        switch place.resolved(nil, value) {
        case .leaf, .open: return FieldSet.leaf
        case .structure(let type):
            guard case .object(let object) = value else {
                if !value.isNull { problem("expected map, got &{\(value.text)}") }
                return nil
            }
            var out = JSONObject()
            var at = 0
            for entry in object.storage {
                guard let field = type.field(entry.key, after: &at) else {
                    if type.keepsUnknown {
                        add(entry, as: "f:" + entry.key, .open, isMember: true, to: &out)
                        continue
                    }
                    path.append("f:" + entry.key)
                    problem("field not declared in schema")
                    path.removeLast()
                    continue
                }
                check(entry.value, field)
                let inner = Place(field)
                add(entry, as: field.ownedName, inner, isMember: false, to: &out)
            }
            return out.isEmpty ? Optional.none : .object(out)
        case .map(let element):
            guard case .object(let object) = value else {
                if !value.isNull { problem("expected map, got &{\(value.text)}") }
                return nil
            }
            let inner = Place(element)
            var out = JSONObject()
            for entry in object.storage { add(entry, as: "f:" + entry.key, inner, isMember: true, to: &out) }
            return out.isEmpty ? Optional.none : .object(out)
        case .list(let kind, let keys, let element):
            guard case .array(let elements) = value else {
                if !value.isNull { problem("expected list, got &{\(value.text)}") }
                return nil
            }
            let inner = Place(element)
            var entries: [JSONObject.Entry] = []
            var seen: Set<String> = []
            for (i, item) in elements.enumerated() {
                guard let name = ElementName.of(item, kind, keys: keys, element) else {
                    problem("element \(i): " + Self.nameless(item, kind, keys))
                    continue
                }
                guard seen.insert(name).inserted else {
                    if !allowsDuplicates { problem("duplicate entries for key \(FieldSet.text([name]))") }
                    continue
                }
                path.append(name)
                let below = node(item, inner)
                path.removeLast()
                entries.append(.init(key: name, value: Self.member(below)))
            }
            return entries.isEmpty ? Optional.none : .object(JSONObject(unsorted: entries))
        }
    }

    private static func nameless(_ item: JSON, _ kind: ListKind, _ keys: [String]) -> String {
        if kind == .set {
            switch item {
            case .object: return "associative list without keys has an element that's a map type"
            case .array: return "not supported: associative list with lists as elements"
            default: return "associative list without keys has an element that's an explicit null"
            }
        }
        switch item {
        case .null: return "associative list with keys may not have a null element"
        case .object:
            let shown = "[" + keys.map { "\"\($0)\"" }.joined(separator: " ") + "]"
            return "associative list with keys has an element that omits all key fields \(shown) "
                + "(and doesn't have default values for any key fields)"
        default: return "associative list with keys may not have non-map elements"
        }
    }

    private mutating func add(
        _ entry: JSONObject.Entry, as name: String, _ place: Place, isMember: Bool, to out: inout JSONObject
    ) {
        path.append(name)
        let below = node(entry.value, place)
        path.removeLast()
        if isMember || entry.value.isNull || entry.value.object?.isEmpty == true {
            out.storage.append(.init(key: name, value: Self.member(below)))
        } else if let below {
            out.storage.append(.init(key: name, value: below))
        }
    }

    private static func member(_ below: JSON?) -> JSON {
        guard case .object(let object)? = below, !object.isEmpty, object.storage[0].key != "." else {
            return below ?? FieldSet.leaf
        }
        var out = object
        out.storage.insert(FieldSet.here, at: 0)
        return .object(out)
    }

    /// Scalars of the wrong type.
    private mutating func check(_ value: JSON, _ field: Field) {
        let wanted: String
        switch (field.shape, value) {
        case (_, .null): return
        case (.string, .string), (.bytes, .string), (.bool, .bool), (.int32, .int), (.int64, .int), (.double, .int),
            (.double, .double),
            (.int32, .double), (.int64, .double):
            return
        case (.string, _), (.bytes, _): wanted = "string"
        case (.bool, _): wanted = "boolean"
        case (.int32, _), (.int64, _), (.double, _): wanted = "numeric (int or float)"
        default: return
        }
        path.append(field.ownedName)
        var found = "&{\(value.string ?? value.text)}"
        if wanted.hasPrefix("numeric") {
            switch value {
            case .string: found = "string"
            case .bool: found = "boolean"
            case .array: found = "list"
            case .object: found = "map"
            default: break
            }
        }
        problem("expected \(wanted), got \(found)")
        path.removeLast()
    }

    // MARK: Named fields

    /// The set in which every named field that holds places of the set belongs to it too: `EnsureNamedFieldsAreMembers`.
    static func withNamedFields(_ set: FieldSet, _ type: TypeSchema) -> FieldSet {
        FieldSet(withNamed(set.tree, Place(root: type)))
    }

    private static func withNamed(_ node: JSONObject, _ place: Place) -> JSONObject {
        var out = JSONObject()
        out.storage.reserveCapacity(node.count)
        for entry in node.storage {
            guard entry.key != ".", case .object(let below) = entry.value, !below.isEmpty else {
                out.storage.append(entry)
                continue
            }
            var inner = Place.open
            var isNamed = false
            switch place.kind {
            case .structure(let type):
                if let field = type[String(entry.key.dropFirst(2))], entry.key.utf8.first == UInt8(ascii: "f") {
                    inner = Place(field)
                    isNamed = true
                }
            case .map(let element), .list(_, _, let element): inner = Place(element)
            case .leaf, .open: break
            }
            let deeper = JSON.object(withNamed(below, inner))
            out.storage.append(.init(key: entry.key, value: isNamed ? member(deeper) : deeper))
        }
        return out
    }
}
