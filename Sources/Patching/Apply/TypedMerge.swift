import Document
import Schema

/// Puts an applied configuration into a live object: structured-merge-diff's `Merge`, in which the right side wins.
enum TypedMerge {
    /// The merged value; nil when nothing is left to write.
    static func merge(_ l: JSON?, _ r: JSON?, _ place: Place) -> JSON? {
        guard let r else {
            guard let l else { return nil }
            return keep(l, place)
        }
        guard let l else { return keep(r, place) }
        if Comparison.isBare(l) && Comparison.isBare(r) { return r }
        switch place.resolved(l, r) {
        case .leaf, .open: return r
        case .structure(let type):
            guard l.object != nil || l.isNull, r.object != nil || r.isNull else { return r }
            var at = 0
            return members(l.entries, r.entries) { key in type.field(key, after: &at).map { Place($0) } ?? .open }
        case .map(let element):
            guard l.object != nil || l.isNull, r.object != nil || r.isNull else { return r }
            let place = Place(element)
            return members(l.entries, r.entries) { _ in place }
        case .list(let kind, let keys, let element):
            guard l.array != nil || l.isNull, r.array != nil || r.isNull else { return r }
            return list(l.elements, r.elements, kind, keys, element)
        }
    }

    /// One side alone: as it is, but lists and maps below it that hold nothing.
    private static func keep(_ value: JSON, _ place: Place) -> JSON? { value }

    private static func members(_ l: JSONObject, _ r: JSONObject, _ place: (String) -> Place) -> JSON? {
        var out = JSONObject()
        out.storage.reserveCapacity(max(l.count, r.count))
        var i = 0
        var j = 0
        while i < l.storage.count || j < r.storage.count {
            if j == r.storage.count || (i < l.storage.count && l.storage[i].key.bytesPrecede(r.storage[j].key)) {
                out.storage.append(l.storage[i])
                i += 1
            } else if i < l.storage.count, l.storage[i].key == r.storage[j].key {
                let key = r.storage[j].key
                if let merged = merge(l.storage[i].value, r.storage[j].value, place(key)) {
                    out.storage.append(.init(key: key, value: merged))
                }
                i += 1
                j += 1
            } else {
                out.storage.append(r.storage[j])
                j += 1
            }
        }
        return out.isEmpty ? Optional.none : .object(out)
    }

    /// Elements of both sides: those of both in the right side's order, each side's own ones where they stood among them.
    private static func list(_ l: [JSON], _ r: [JSON], _ kind: ListKind, _ keys: [String], _ element: FieldShape)
        -> JSON?
    {
        let place = Place(element)
        let left = l.map { ElementName.of($0, kind, keys: keys, element) ?? "" }
        let right = r.map { ElementName.of($0, kind, keys: keys, element) ?? "" }
        var leftPlaces: [String: Int?] = [:]  // nil inside: given twice, which merges with nothing
        for (i, name) in left.enumerated() { leftPlaces[name] = leftPlaces[name] == nil ? .some(i) : .some(nil) }
        var rightPlaces: [String: Int] = [:]
        for (i, name) in right.enumerated() { rightPlaces[name] = i }
        var shared = right.filter { leftPlaces[$0] != nil }[...]
        var nextShared = shared.popFirst()
        var merged: Set<String> = []
        var out: [JSON] = []
        out.reserveCapacity(max(l.count, r.count))
        func put(_ lower: JSON?, _ upper: JSON?) {
            if let value = merge(lower, upper, place) { out.append(value) }
        }
        func unique(_ name: String) -> JSON? { leftPlaces[name].flatMap { $0 }.map { l[$0] } }
        var i = 0
        var j = 0
        while i < l.count || j < r.count {
            if i < l.count, j < r.count {
                let name = left[i]
                if name == right[j] {
                    merged.insert(name)
                    put(unique(name), r[j])
                    i += 1
                    j += 1
                    nextShared = shared.popFirst()
                    continue
                }
                if rightPlaces[name] != nil, let nextShared, nextShared != name {
                    i += 1
                    continue
                }
            }
            if i < l.count {
                let name = left[i]
                if rightPlaces[name] == nil {
                    put(l[i], nil)
                    i += 1
                    continue
                } else if merged.contains(name) {
                    i += 1
                }
            }
            if j < r.count {
                let name = right[j]
                merged.insert(name)
                put(unique(name), r[j])
                j += 1
                if nextShared == name { nextShared = shared.popFirst() }
            }
        }
        return out.isEmpty ? Optional.none : .array(out)
    }

    // MARK: Removal

    /// The value without the places of `gone`; what held nothing else becomes null: structured-merge-diff's `RemoveItems`.
    static func remove(_ gone: JSONObject, from value: JSON, _ place: Place) -> JSON {
        switch place.resolved(nil, value) {
        case .leaf, .open:
            switch value {
            case .array, .object: return .null
            default: return value
            }
        case .structure(let type):
            var at = 0
            return removeMembers(gone, from: value) { key in type.field(key, after: &at).map { Place($0) } ?? .open }
        case .map(let element):
            let place = Place(element)
            return removeMembers(gone, from: value) { _ in place }
        case .list(let kind, let keys, let element):
            guard case .array(let elements) = value, !elements.isEmpty else { return .null }
            let place = Place(element)
            var out: [JSON] = []
            for item in elements {
                guard let name = ElementName.of(item, kind, keys: keys, element), let node = gone[name] else {
                    out.append(item)
                    continue
                }
                if FieldSet.contains(node) { continue }
                out.append(remove(node.entries, from: item, place))
            }
            return out.isEmpty ? .null : .array(out)
        }
    }

    private static func removeMembers(_ gone: JSONObject, from value: JSON, _ place: (String) -> Place) -> JSON {
        guard case .object(let object) = value, !object.isEmpty else { return .null }
        var out = JSONObject()
        for entry in object.storage {
            let inner = place(entry.key)
            guard let node = gone["f:" + entry.key] else {
                out.storage.append(entry)
                continue
            }
            if FieldSet.contains(node) { continue }
            out.storage.append(.init(key: entry.key, value: remove(node.entries, from: entry.value, inner)))
        }
        return out.isEmpty ? .null : .object(out)
    }
}
