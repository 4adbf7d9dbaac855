public import Document

/// Takes back what one change did to a tree and nothing else: a three-way merge of the tree before the change, after it, and now.
/// What was changed elsewhere since stays; what was changed again at the same place is a conflict.
public struct Inversion: Equatable, Sendable {
    /// A field that was changed, and changed again since.
    public struct Conflict: Equatable, Sendable {
        /// `spec.replicas`, `spec.containers[name=web].image`, `metadata.labels["app.kubernetes.io/name"]`.
        public let path: String
        /// The value that would come back; nil when the field was not there.
        public let before: JSON?
        /// The value now; nil when the field is not there.
        public let present: JSON?
    }
    /// The tree now with the change taken back, conflicting fields left as they are.
    public private(set) var result: JSON
    public private(set) var conflicts: [Conflict] = []
    private let ignored: Set<String>

    /// `afters` holds the tree after the change first, then others that are as good: a field that still has one of their values goes
    /// back to what it was. Fields at the paths of `ignoring`, and below them, stay as they are.
    public init(from before: JSON, to afters: [JSON], now present: JSON, ignoring: Set<String> = []) {
        ignored = ignoring
        result = present
        result = merged(before, afters.map { $0 }, present, "") ?? .null
    }

    /// The paths at which two trees differ, each as far down as elements can be told apart.
    public static func paths(from before: JSON?, to after: JSON?, ignoring: Set<String> = []) -> [String] {
        var out: [String] = []
        collect(before, after, "", ignoring, &out)
        return out
    }

    private static func collect(
        _ before: JSON?, _ after: JSON?, _ path: String, _ ignoring: Set<String>, _ out: inout [String]
    ) {
        if before == after || ignoring.contains(path) { return }
        let (x, y) = (before, after)
        if x == nil || x?.object != nil, y == nil || y?.object != nil {
            for key in Set((x?.entries.keys ?? []) + (y?.entries.keys ?? [])).sorted(by: { $0.bytesPrecede($1) }) {
                collect(x?[key], y?[key], joined(path, key), ignoring, &out)
            }
            return
        }
        if x == nil || x?.array != nil, y == nil || y?.array != nil,
            let key = identifyingKey([x?.elements ?? [], y?.elements ?? []])
        {
            var names: [JSON] = []
            for element in (x?.elements ?? []) + (y?.elements ?? []) {
                if let name = element[key], !names.contains(name) { names.append(name) }
            }
            for name in names {
                collect(
                    x?.elements.first { $0[key] == name }, y?.elements.first { $0[key] == name },
                    "\(path)[\(key)=\(name.string ?? name.text)]", ignoring, &out)
            }
            return
        }
        out.append(path)
    }

    private mutating func merged(_ before: JSON?, _ afters: [JSON?], _ present: JSON?, _ path: String) -> JSON? {
        guard let after = afters.first, before != after, !ignored.contains(path) else { return present }
        if afters.contains(present) { return before }
        if present == before { return present }
        if let members = members(before, afters, present, path) { return members.isEmpty ? nil : .object(members) }
        if let elements = elements(before, afters, present, path) { return elements.isEmpty ? nil : .array(elements) }
        conflicts.append(Conflict(path: path, before: before, present: present))
        return present
    }

    /// An object, member by member; nil when one of the values is none. An absent value counts as an empty object.
    private mutating func members(_ before: JSON?, _ afters: [JSON?], _ present: JSON?, _ path: String) -> JSONObject? {
        let trees = [before, present] + afters
        guard trees.allSatisfy({ $0 == nil || $0?.object != nil }) else { return nil }
        var out = present?.entries ?? JSONObject()
        let (x, y) = (before?.entries ?? JSONObject(), afters[0]?.entries ?? JSONObject())
        for key in Set(x.keys + y.keys).sorted(by: { $0.bytesPrecede($1) }) where x[key] != y[key] {
            out[key] = merged(x[key], afters.map { $0?[key] }, out[key], Self.joined(path, key))
        }
        return out
    }

    /// A list, element by element; nil when its elements cannot be told apart.
    private mutating func elements(_ before: JSON?, _ afters: [JSON?], _ present: JSON?, _ path: String) -> [JSON]? {
        let trees = [before, present] + afters
        guard trees.allSatisfy({ $0 == nil || $0?.array != nil }) else { return nil }
        let lists = trees.map { $0?.elements ?? [] }
        if let key = Self.identifyingKey(lists) { return named(before, afters, present, path, key) }
        guard
            lists.allSatisfy({ list in list.allSatisfy { $0.string != nil } && Set(list.map(\.text)).count == list.count
            })
        else { return nil }
        // A set of words: each word comes and goes by itself.
        let (x, y) = (before?.strings ?? [], afters[0]?.strings ?? [])
        var out = (present?.strings ?? []).filter { x.contains($0) || !y.contains($0) }
        for (place, word) in x.enumerated() where !y.contains(word) && !out.contains(word) {
            out.insert(word, at: min(place, out.count))
        }
        return out.map { .string($0) }
    }

    private mutating func named(
        _ before: JSON?, _ afters: [JSON?], _ present: JSON?, _ path: String, _ key: String
    ) -> [JSON] {
        func find(_ list: JSON?, _ name: JSON) -> JSON? { list?.elements.first { $0[key] == name } }
        var names: [JSON] = []
        for list in [before, afters[0]] {
            for element in list?.elements ?? [] {
                if let name = element[key], !names.contains(name) { names.append(name) }
            }
        }
        var out = present?.elements ?? []
        for name in names {
            let (x, y) = (find(before, name), find(afters[0], name))
            if x == y { continue }
            let place = out.firstIndex { $0[key] == name }
            let text = name.string ?? name.text
            let value = merged(x, afters.map { find($0, name) }, place.map { out[$0] }, "\(path)[\(key)=\(text)]")
            switch (place, value) {
            case (let place?, let value?): out[place] = value
            case (let place?, nil): out.remove(at: place)
            case (nil, let value?):
                let wanted = before?.elements.firstIndex { $0[key] == name } ?? out.count
                out.insert(value, at: min(wanted, out.count))
            case (nil, nil): break
            }
        }
        return out
    }

    /// The member by which the elements of all lists are told apart; nil when there is none, or no element.
    private static func identifyingKey(_ lists: [[JSON]]) -> String? {
        if lists.allSatisfy(\.isEmpty) { return nil }
        return [
            "name", "type", "containerPort", "port", "mountPath", "devicePath", "uid", "ip", "key", "topologyKey",
        ].first { key in
            lists.allSatisfy { list in
                let names = list.map { $0[key]?.string ?? $0[key]?.int.map { String($0) } }
                return names.allSatisfy { $0 != nil } && Set(names).count == names.count
            }
        }
    }

    private static func joined(_ path: String, _ key: String) -> String {
        let isPlain = key.utf8.allSatisfy { byte in
            (byte >= 48 && byte <= 57) || (byte | 0x20 >= 97 && byte | 0x20 <= 122) || byte == 45 || byte == 95
        }
        if !isPlain || key.isEmpty { return path + "[" + JSON.string(key).text + "]" }
        return path.isEmpty ? key : path + "." + key
    }
}
