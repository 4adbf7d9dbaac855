public import Document
public import Records

/// One version of an object, by whom and how it came to be.
public struct HistoryEntry: Equatable, Sendable {
    public var revision: UInt64
    public var time: Timestamp
    public var user: String
    public var verb: String
    public var path: String
    public var requestID: String
    public var userAgent: String
    public var cause: UInt64?
    public var kind: Change.Kind
    public var uid: String
    /// What differs from the version before; for a creation every field, for a deletion none.
    public var changes: [FieldChange]

    public var json: JSON {
        var json: JSON = [
            "revision": .int(Int64(revision)), "time": .string(time.rfc3339Micro), "user": .string(user),
            "verb": .string(verb),
            "path": .string(path), "requestID": .string(requestID), "userAgent": .string(userAgent),
            "kind": .string(kind.word),
            "uid": .string(uid), "changes": .array(changes.map(\.json)),
        ]
        if let cause { json["cause"] = .int(Int64(cause)) }
        return json
    }
}

extension Change.Kind {
    /// `created`, `updated`, `deleted`.
    public var word: String {
        switch self {
        case .created: "created"
        case .updated: "updated"
        case .deleted: "deleted"
        }
    }
}

/// Everything that ever happened to one key: an object deleted and another of the same name are told apart by uid.
public struct Timeline: Equatable, Sendable {
    public struct Life: Equatable, Sendable {
        public let uid: String
        public var entries: [HistoryEntry]
    }
    public let key: ObjectKey
    public var lives: [Life] = []

    /// `events` are those of the journal that change the key, in order, others being passed over; `before` is the object's body ahead of
    /// the first of them, when there was one and it is known.
    public init(of key: ObjectKey, in events: [EventRecord], before: JSON? = nil) {
        self.key = key
        var current = before
        for event in events {
            for change in event.changes where change.key == key {
                let after = Hidden.cleared((try? JSON(parsing: change.body)) ?? .null, of: key)
                let entry = HistoryEntry(
                    revision: event.revision, time: event.time, user: event.authentication.user.name,
                    verb: event.request.verb,
                    path: event.request.path, requestID: event.request.auditID, userAgent: event.request.userAgent,
                    cause: event.cause,
                    kind: change.kind, uid: change.uid, changes: Self.changes(change.kind, current, after))
                if lives.last?.uid == change.uid {
                    lives[lives.count - 1].entries.append(entry)
                } else {
                    lives.append(Life(uid: change.uid, entries: [entry]))
                }
                current = change.kind == .deleted ? nil : after
            }
        }
    }

    private static func changes(_ kind: Change.Kind, _ before: JSON?, _ after: JSON) -> [FieldChange] {
        switch kind {
        case .created: Difference.leaves(after)
        case .updated: before.map { Difference.between($0, after) } ?? []
        case .deleted: []
        }
    }

    public var json: JSON {
        [
            "object": .string(key.description),
            "lives": .array(lives.map { ["uid": .string($0.uid), "entries": .array($0.entries.map(\.json))] }),
        ]
    }

    /// A paragraph for each version: who, when, how, and what changed. A creation's fields are left out unless wanted.
    public func text(withCreatedFields: Bool = false) -> String {
        var lines: [String] = []
        for life in lives {
            lines.append("\(key.description)  uid \(life.uid)")
            for entry in life.entries {
                let cause = entry.cause.map { "  because of \($0)" } ?? ""
                lines.append(
                    "  \(entry.revision)  \(entry.time.rfc3339Micro)  \(entry.kind.word) by \(entry.user)\(cause)")
                lines.append("      \(entry.verb) \(entry.path)  (\(entry.userAgent))  request \(entry.requestID)")
                guard entry.kind == .updated || withCreatedFields else { continue }
                for change in entry.changes { lines.append("      " + change.text) }
                if entry.changes.isEmpty { lines.append("      nothing but bookkeeping") }
            }
        }
        return lines.joined(separator: "\n")
    }
}

/// What a history must not show: a Secret's values. That they changed can still be seen.
enum Hidden {
    static func cleared(_ object: JSON, of key: ObjectKey) -> JSON {
        guard key.resource == "secrets", key.group.isEmpty else { return object }
        var object = object
        object.modify("data") { data in
            for (name, value) in data.entries {
                data[name] = .string("hidden, \(value.string?.utf8.count ?? 0) bytes, check \(check(value))")
            }
        }
        object.modify("metadata") { metadata in
            metadata.modify("annotations") { annotations in
                annotations.modify("kubectl.kubernetes.io/last-applied-configuration") { $0 = "hidden" }
            }
        }
        return object
    }

    /// Tells two values apart without telling anything of them: sixteen bits of a mixing function.
    private static func check(_ value: JSON) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in (value.string ?? "").utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String((hash ^ hash >> 32) & 0xFFFF, radix: 16)
    }
}
