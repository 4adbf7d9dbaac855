public import Document
public import Records

/// One version of an object, by whom and how it came to be.
public struct HistoryEntry: Equatable, Sendable {
    public var revision: UInt64
    public var time: Timestamp
    public var user: String
    public var verb: String
    public var path: String
    public var auditID: String
    public var userAgent: String
    /// What the client called itself, or the first word of its user agent.
    public var manager: String
    public var cause: UInt64?
    public var kind: Change.Kind
    public var uid: String
    public var admission: [AdmissionFact]
    /// Of a recorded cluster: the resourceVersion that the object had there.
    public var sourceVersion: String?
    /// Of a recorded cluster: the change was made between this moment, from which on nothing was seen, and `time`.
    public var unseenSince: String?
    /// What differs from the version before; for a creation every field, for a deletion none.
    public var changes: [FieldChange]

    /// The version that `change` of `event` made of `before`.
    init(_ event: EventRecord, _ change: Change, before: JSON?, after: JSON) {
        revision = event.revision
        time = event.time
        user = event.authentication.user.name
        verb = event.request.verb
        path = event.request.path
        auditID = event.request.auditID
        userAgent = event.request.userAgent
        manager =
            event.request.fieldManager.isEmpty
            ? String(event.request.userAgent.prefix { $0 != "/" }) : event.request.fieldManager
        cause = event.cause
        kind = change.kind
        uid = change.uid
        admission = event.admission
        if event.authentication.authenticator == "recorder", let said = try? JSON(parsing: event.decision) {
            sourceVersion = said["objectResourceVersion"]?.string
            unseenSince = said["unseenSince"]?.string
        }
        changes =
            switch change.kind {
            case .created: Difference.leaves(after)
            case .updated: before.map { Difference.between($0, after) } ?? []
            case .deleted: []
            }
    }

    public var json: JSON {
        var json: JSON = [
            "revision": .int(Int64(revision)), "time": .string(time.rfc3339Micro), "user": .string(user),
            "verb": .string(verb), "path": .string(path), "auditID": .string(auditID),
            "userAgent": .string(userAgent), "manager": .string(manager), "kind": .string(kind.word),
            "uid": .string(uid), "changes": .array(changes.map(\.json)),
        ]
        if let cause { json["cause"] = .int(Int64(cause)) }
        if let sourceVersion { json["sourceResourceVersion"] = .string(sourceVersion) }
        if let unseenSince { json["unseenSince"] = .string(unseenSince) }
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
    public private(set) var lives: [Life] = []
    private var current: JSON?

    /// An empty one; `before` is the object's body ahead of the first event, when there was one and it is known.
    public init(of key: ObjectKey, before: JSON? = nil) {
        self.key = key
        current = before.map { Hidden.cleared($0, of: key) }
    }

    /// `events` are those of the journal that change the key, in order, others being passed over.
    public init(of key: ObjectKey, in events: [EventRecord], before: JSON? = nil) {
        self.init(of: key, before: before)
        for event in events { add(event) }
    }

    /// Goes on with the next event.
    public mutating func add(_ event: EventRecord) {
        for change in event.changes where change.key == key {
            let after = Hidden.cleared((try? JSON(parsing: change.body)) ?? .null, of: key)
            let entry = HistoryEntry(event, change, before: current, after: after)
            if lives.last?.uid == change.uid {
                lives[lives.count - 1].entries.append(entry)
            } else {
                lives.append(Life(uid: change.uid, entries: [entry]))
            }
            current = change.kind == .deleted ? Optional.none : after
        }
    }

    /// The object as it is after the last event; nil when it does not exist.
    public var newest: JSON? { current }
}
