public import Document

/// One field that differs between two versions of an object.
public struct FieldChange: Equatable, Sendable {
    /// `spec.replicas`, `spec.containers[name=web].image`, `metadata.labels["app.kubernetes.io/name"]`, `spec.args[0]`.
    public let path: String
    /// nil when the field was not there; likewise after.
    public let before: JSON?
    public let after: JSON?

    public init(path: String, before: JSON?, after: JSON?) {
        self.path = path
        self.before = before
        self.after = after
    }

    /// `spec.replicas: 2 → 3`, `+ metadata.labels.a: "b"`, `- spec.paused: true`.
    public var text: String {
        switch (before, after) {
        case (nil, let after?): "+ \(path): \(after.text)"
        case (let before?, nil): "- \(path): \(before.text)"
        case (let before?, let after?): "\(path): \(before.text) → \(after.text)"
        case (nil, nil): path
        }
    }

    public var json: JSON {
        var json: JSON = ["path": .string(path)]
        json["before"] = before
        json["after"] = after
        return json
    }
}

/// Compares object trees and names what differs by paths that a person can read.
public enum Difference {
    /// Fields that change with every write, or only tell who wrote.
    public static let bookkeeping: Set<String> = [
        "metadata.resourceVersion", "metadata.managedFields", "metadata.generation",
        #"metadata.annotations["reckon.dev/source-resource-version"]"#,
    ]

    /// Every leaf that differs, in the order of the fields. Elements of a list are matched by the key that tells them apart
    /// (`name`, `type`, `containerPort`, …), otherwise by their place.
    public static func between(_ before: JSON, _ after: JSON, ignoring: Set<String> = bookkeeping) -> [FieldChange] {
        var changes: [FieldChange] = []
        compare(before, after, "", ignoring, &changes)
        return changes
    }

    /// Every leaf of a tree, as if it had just been created.
    public static func leaves(_ value: JSON, ignoring: Set<String> = bookkeeping) -> [FieldChange] {
        between(.object(JSONObject()), value, ignoring: ignoring)
    }

    private static func compare(
        _ before: JSON?, _ after: JSON?, _ path: String, _ ignoring: Set<String>, _ changes: inout [FieldChange]
    ) {
        if before == after || ignoring.contains(path) { return }
        switch (before, after) {
        case (.object(let x), .object(let y)): members(x, y, path, ignoring, &changes)
        case (nil, .object(let y)) where !y.isEmpty: members(JSONObject(), y, path, ignoring, &changes)
        case (.object(let x), nil) where !x.isEmpty: members(x, JSONObject(), path, ignoring, &changes)
        case (.array(let x), .array(let y)): elements(x, y, path, ignoring, &changes)
        case (nil, .array(let y)) where !y.isEmpty: elements([], y, path, ignoring, &changes)
        case (.array(let x), nil) where !x.isEmpty: elements(x, [], path, ignoring, &changes)
        default: changes.append(FieldChange(path: path, before: before, after: after))
        }
    }

    private static func members(
        _ x: JSONObject, _ y: JSONObject, _ path: String, _ ignoring: Set<String>, _ changes: inout [FieldChange]
    ) {
        var (i, j) = (0, 0)
        while i < x.count || j < y.count {
            if j == y.count || (i < x.count && x[i].key.bytesPrecede(y[j].key)) {
                compare(x[i].value, nil, joined(path, x[i].key), ignoring, &changes)
                i += 1
            } else if i == x.count || y[j].key.bytesPrecede(x[i].key) {
                compare(nil, y[j].value, joined(path, y[j].key), ignoring, &changes)
                j += 1
            } else {
                compare(x[i].value, y[j].value, joined(path, x[i].key), ignoring, &changes)
                i += 1
                j += 1
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

    private static func elements(
        _ x: [JSON], _ y: [JSON], _ path: String, _ ignoring: Set<String>, _ changes: inout [FieldChange]
    ) {
        if let key = identifyingKey(x, y) {
            let (old, new) = (named(x, key), named(y, key))
            for (name, value) in old where !new.contains(where: { $0.name == name }) {
                compare(value, nil, "\(path)[\(key)=\(name)]", ignoring, &changes)
            }
            for (name, value) in new {
                compare(old.first { $0.name == name }?.value, value, "\(path)[\(key)=\(name)]", ignoring, &changes)
            }
            return
        }
        let (old, new) = (x.compactMap(\.string), y.compactMap(\.string))
        if old.count == x.count, new.count == y.count, Set(old).count == old.count, Set(new).count == new.count {
            // A set of words: finalizers, access modes.
            for word in old where !new.contains(word) {
                changes.append(FieldChange(path: path + "[]", before: .string(word), after: nil))
            }
            for word in new where !old.contains(word) {
                changes.append(FieldChange(path: path + "[]", before: nil, after: .string(word)))
            }
            if Set(old) == Set(new) { changes.append(FieldChange(path: path, before: .array(x), after: .array(y))) }
            return
        }
        for i in 0..<max(x.count, y.count) {
            // Not `: nil`, which would be a JSON null.
            compare(
                x.indices.contains(i) ? x[i] : Optional.none, y.indices.contains(i) ? y[i] : Optional.none,
                "\(path)[\(i)]", ignoring, &changes)
        }
    }

    private static let keys = [
        "name", "type", "containerPort", "port", "mountPath", "devicePath", "uid", "ip", "key", "topologyKey",
        "manager",
    ]

    /// The member by which the elements of both lists are told apart.
    private static func identifyingKey(_ x: [JSON], _ y: [JSON]) -> String? {
        keys.first { key in
            [x, y].allSatisfy { list in
                let names = list.map { text($0[key]) }
                return names.allSatisfy { $0 != nil } && Set(names).count == names.count
            }
        }
    }
    private static func named(_ list: [JSON], _ key: String) -> [(name: String, value: JSON)] {
        list.map { (text($0[key]) ?? "", $0) }
    }
    private static func text(_ value: JSON?) -> String? { value?.string ?? value?.int.map { String($0) } }
}
