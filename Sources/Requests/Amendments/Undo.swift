import ClusterState
public import Document
public import Records
import Schema

/// Which events an undo must read whole, found from outlines of the journal: no bodies, so that a long journal is walked quickly.
public struct UndoTrail: Sendable {
    private let revision: UInt64
    private var chain: Set<UInt64> = []
    private var touched: Set<ObjectKey> = []
    private var subjects: Set<ObjectKey> = []
    /// In their order.
    public private(set) var revisions: [UInt64] = []

    public init(of revision: UInt64) { self.revision = revision }

    /// Takes the journal's next event, without bodies; the first is the request itself.
    public mutating func take(_ outline: EventRecord) {
        let isOurs =
            outline.revision == revision || outline.cause.map(chain.contains) == true
            || outline.changes.contains { $0.kind == .deleted && touched.contains($0.key) }
        if outline.revision == revision { subjects = Set(outline.changes.map(\.key)) }
        if isOurs {
            chain.insert(outline.revision)
            touched.formUnion(outline.changes.map(\.key))
        }
        if isOurs || outline.changes.contains(where: { subjects.contains($0.key) }) {
            revisions.append(outline.revision)
        }
    }
}

/// What one request changed, with everything that its consequences did: gathered from the journal, event by event from the request on.
///
///     take(event)… ─► wanted versions ─► know(…)… ─► plan(on: state)
public struct Undo: Sendable {
    /// Whose change it was.
    public struct Author: Equatable, Sendable {
        public let revision: UInt64
        public let time: Timestamp
        public let user: String
        public let verb: String
        public let path: String
        public let requestID: String

        init(_ event: EventRecord) {
            revision = event.revision
            time = event.time
            user = event.authentication.user.name
            verb = event.request.verb
            path = event.request.path
            requestID = event.request.auditID
        }
        /// `revision 41 (update /api/… by alice, request 3f…)`.
        public var text: String { "revision \(revision) (\(verb) \(path) by \(user), request \(requestID))" }
        public var json: JSON {
            [
                "revision": .int(Int64(revision)), "time": .string(time.rfc3339Micro), "user": .string(user),
                "verb": .string(verb), "path": .string(path), "auditID": .string(requestID),
            ]
        }
    }
    /// What is taken back.
    public enum Scope: Equatable, Sendable {
        case everything
        /// Only deletions: what is gone comes back. With a key, only that object and what went with it.
        case deletions(of: ObjectKey?)
    }

    struct Version: Sendable {
        let author: Author
        /// Part of the request and its consequences, not somebody else's.
        let isOurs: Bool
        let kind: Change.Kind
        let uid: String
        let body: [UInt8]
        var document: JSON { (try? JSON(parsing: body)) ?? .null }
    }
    /// An object that the request itself changed, with all that happened to it since.
    struct Subject: Sendable {
        var former: JSON?
        let previousRevision: UInt64
        var versions: [Version]
        var isRemoved = false
    }
    /// An object that only the consequences changed.
    struct Consequence: Sendable {
        var former: JSON?
        let previousRevision: UInt64
        var isRemoved: Bool
    }

    public let revision: UInt64
    public let scope: Scope
    public private(set) var root: Author?
    /// Whether the request wrote a status.
    private(set) var isStatus = false
    /// The request's revision and those of its consequences.
    public private(set) var chain: Set<UInt64> = []
    private(set) var subjects: [ObjectKey: Subject] = [:]
    private(set) var consequences: [ObjectKey: Consequence] = [:]

    public init(of revision: UInt64, scope: Scope = .everything) {
        self.revision = revision
        self.scope = scope
    }

    /// Takes the journal's next event; the first is the request itself.
    public mutating func take(_ event: EventRecord) {
        let isRoot = event.revision == revision
        // Who lets go of what we marked for deletion, a kubelet or a finalizer's owner, ends what we began.
        let isOurs =
            isRoot || event.cause.map(chain.contains) == true
            || event.changes.contains {
                $0.kind == .deleted
                    && (subjects[$0.key]?.isRemoved == true || consequences[$0.key]?.isRemoved == true)
            }
        if isRoot {
            root = Author(event)
            isStatus = event.request.path.hasSuffix("/status")
        }
        if isOurs { chain.insert(event.revision) }
        if !isOurs, event.changes.allSatisfy({ subjects[$0.key] == nil }) { return }
        for change in event.changes {
            if isRoot || subjects[change.key] != nil {
                note(change, event, isOurs: isOurs)
            } else if isOurs {
                let isRemoved = change.kind == .deleted || Self.isMarked(change.body)
                if consequences[change.key] == nil {
                    consequences[change.key] = Consequence(
                        previousRevision: change.previousRevision, isRemoved: isRemoved)
                } else if isRemoved {
                    consequences[change.key]!.isRemoved = true
                }
            }
        }
    }

    private mutating func note(_ change: Change, _ event: EventRecord, isOurs: Bool) {
        let version = Version(
            author: Author(event), isOurs: isOurs, kind: change.kind, uid: change.uid, body: change.body)
        subjects[change.key, default: Subject(previousRevision: change.previousRevision, versions: [])]
            .versions.append(version)
        if isOurs, change.kind == .deleted || Self.isMarked(change.body) { subjects[change.key]!.isRemoved = true }
    }

    /// `metadata.deletionTimestamp`, without reading the rest of bodies that cannot have it.
    static func isMarked(_ body: [UInt8]) -> Bool {
        body.count > 20 && (try? JSON(parsing: body))?["metadata", "deletionTimestamp"] != nil
    }

    /// The versions ahead of the request that the plan needs: answer each with `know`.
    public var wanted: [(key: ObjectKey, revision: UInt64)] {
        let removed = consequences.filter { $0.value.isRemoved && $0.value.previousRevision > 0 }
        return
            (subjects.filter { $0.value.previousRevision > 0 }.map { ($0.key, $0.value.previousRevision) }
            + removed.map { ($0.key, $0.value.previousRevision) }).sorted { $0.0 < $1.0 }
            .map { (key: $0.0, revision: $0.1) }
    }
    public mutating func know(_ key: ObjectKey, _ former: JSON) {
        if subjects[key] != nil { subjects[key]!.former = former } else { consequences[key]?.former = former }
    }
}
