import Document
import Schema

/// The places that a configuration names, and what is wrong with it: structured-merge-diff's `ToFieldSet` and its validation.
struct TypedSet {
    /// Every problem with its path: `.spec.bogus: field not declared in schema`.
    private(set) var problems: [String] = []
    private var path: [String] = []
    /// Stored objects are of their type already, and may have duplicates from before.
    private let isStored: Bool

    init() { isStored = false }
    private init(isStored: Bool) { self.isStored = isStored }

    /// The set of a document. Structures and lists that hold something count by what they hold only; elements of lists and
    /// members of maps count themselves too.
    static func of(_ document: JSON, _ type: TypeSchema) -> FieldSet {
        var walker = TypedSet(isStored: true)
        return walker.fieldSet(of: document, type)
    }

    mutating func fieldSet(of document: JSON, _ type: TypeSchema) -> FieldSet {
        FieldSet(node(document, Place(root: type), nil))
    }

    /// No more are kept than an answer names of any object.
    private mutating func problem(_ text: @autoclosure () -> String) {
        if problems.count < APIError.errorsShownMax { problems.append(FieldSet.text(path) + ": " + text()) }
    }

    /// The node below a value; nil when nothing in it counts. `shape` is nil for what has no schema.
    private mutating func node(_ value: JSON, _ place: Place, _ shape: FieldShape?) -> JSON? {
        switch place.resolved(nil, value) {
        case .leaf, .open:
            if !isStored, let shape { check(value, shape) }
            return FieldSet.leaf
        case .structure(let type):
            guard case .object(let object) = value else {
                if !value.isNull { problem("expected map, got &{\(value.goText)}") }
                return nil
            }
            var out = JSONObject()
            var at = 0
            for entry in object.storage {
                guard let field = type.field(entry.key, after: &at) else {
                    if type.keepsUnknown {
                        add(entry, as: "f:" + entry.key, .open, nil, isMember: true, to: &out)
                        continue
                    }
                    path.append("f:" + entry.key)
                    problem("field not declared in schema")
                    path.removeLast()
                    continue
                }
                add(entry, as: field.ownedName, Place(field), field.shape, isMember: false, to: &out)
            }
            return out.isEmpty ? Optional.none : .object(out)
        case .map(let element):
            guard case .object(let object) = value else {
                if !value.isNull { problem("expected map, got &{\(value.goText)}") }
                return nil
            }
            let inner = Place(element)
            var out = JSONObject()
            for entry in object.storage { add(entry, as: "f:" + entry.key, inner, element, isMember: true, to: &out) }
            return out.isEmpty ? Optional.none : .object(out)
        case .list(let kind, let keys, let element):
            guard case .array(let elements) = value else {
                if !value.isNull { problem("expected list, got &{\(value.goText)}") }
                return nil
            }
            let inner = Place(element)
            var entries: [JSONObject.Entry] = []
            var seen: Set<String> = []
            seen.reserveCapacity(elements.count)
            entries.reserveCapacity(elements.count)
            for (i, item) in elements.enumerated() {
                guard let name = ElementName.of(item, kind, keys: keys, element) else {
                    problem("element \(i): " + Self.nameless(item, kind, keys))
                    continue
                }
                guard seen.insert(name).inserted else {
                    if !isStored { problem("duplicate entries for key \(FieldSet.text([name]))") }
                    continue
                }
                path.append(name)
                let below = node(item, inner, element)
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
        _ entry: JSONObject.Entry, as name: String, _ place: Place, _ shape: FieldShape?, isMember: Bool,
        to out: inout JSONObject
    ) {
        path.append(name)
        let below = node(entry.value, place, shape)
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

    /// What is of the wrong type in a value that is owned whole.
    private mutating func check(_ value: JSON, _ shape: FieldShape) {
        switch (shape, value) {
        case (_, .null), (.string, .string), (.bytes, .string), (.bool, .bool), (.int32, .int), (.int32, .double),
            (.int64, .int), (.int64, .double), (.double, .int), (.double, .double):
            return
        case (.string, _), (.bytes, _):
            problem("expected string, got &value.valueUnstructured{Value:\(value.goSyntax)}")
        case (.bool, _): problem("expected boolean, got &{\(value.goText)}")
        case (.int32, _), (.int64, _), (.double, _): problem("expected numeric (int or float), got \(value.goType)")
        case (.array(let element), .array(let items)):
            for (i, item) in items.enumerated() { check(item, element, at: "i:\(i)") }
        case (.map(let element), .object(let members)):
            for (key, member) in members { check(member, element, at: "f:" + key) }
        case (.object(let type), .object(let members)):
            for (key, member) in members {
                if let field = type[key] {
                    check(member, field.shape, at: field.ownedName)
                } else if !type.keepsUnknown {
                    path.append("f:" + key)
                    problem("field not declared in schema")
                    path.removeLast()
                }
            }
        case (.array, _): problem("expected list, got &{\(value.goText)}")
        case (.map, _), (.object, _): problem("expected map, got &{\(value.goText)}")
        default: return
        }
    }

    private mutating func check(_ value: JSON, _ shape: FieldShape, at step: String) {
        path.append(step)
        check(value, shape)
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

extension JSON {
    /// The name of the type that Go gives a decoded value.
    fileprivate var goType: String {
        switch self {
        case .null: "<nil>"
        case .bool: "bool"
        case .int: "int64"
        case .double: "float64"
        case .string: "string"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        }
    }

    /// The value as Go source, `%#v`: `map[string]interface {}{"a":1}`.
    fileprivate var goSyntax: String {
        switch self {
        case .null: "interface {}(nil)"
        case .array(let elements): goType + "{" + elements.map(\.goSyntax).joined(separator: ", ") + "}"
        case .object(let members):
            goType + "{" + members.map { "\(JSON.string($0.key).text):\($0.value.goSyntax)" }.joined(separator: ", ")
                + "}"
        default: text
        }
    }
}
