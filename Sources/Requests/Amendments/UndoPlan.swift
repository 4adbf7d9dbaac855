public import ClusterState
import Document
import Patching
public import Records
public import Schema

/// An undo against one state: what would be written, what stands in its way, and what is left to others.
public struct UndoPlan: Sendable {
    /// A field or an object that was changed again since.
    public struct Conflict: Equatable, Sendable {
        public let key: ObjectKey
        /// `spec.replicas`; empty for the object as a whole.
        public let path: String
        public let message: String
        /// Who changed it since, when that is known.
        public let later: Undo.Author?
    }
    public private(set) var writes: [Amendment.Write] = []
    public private(set) var conflicts: [Conflict] = []
    /// Objects that the consequences changed and that are not written: controllers settle them once the rest is undone.
    public private(set) var left: [(key: ObjectKey, why: String)] = []

    private let undo: Undo
    private let present: ClusterState
    private var creations: [Amendment.Write] = []
    private var deletions: [Amendment.Write] = []
    private var updates: [Amendment.Write] = []

    /// Fields that every write changes, or that only the server sets.
    static let bookkeeping: Set<String> = [
        "metadata.resourceVersion", "metadata.managedFields", "metadata.generation", "metadata.uid",
        "metadata.creationTimestamp", "metadata.selfLink", "metadata.deletionTimestamp",
        "metadata.deletionGracePeriodSeconds",
    ]

    public init(_ undo: Undo, on present: ClusterState) {
        self.undo = undo
        self.present = present
        for key in undo.subjects.keys.sorted() { invert(key, undo.subjects[key]!) }
        bringBackConsequences()
        creations = Amendment.inOrder(creations)
        writes = creations + Amendment.relinkedVolumes(creations, present) + updates + deletions
    }

    // MARK: what the request itself changed

    private mutating func invert(_ key: ObjectKey, _ subject: Undo.Subject) {
        let now = present.object(key)
        if case .deletions(let only) = undo.scope {
            guard subject.isRemoved, only == nil || only == key else { return }
        }
        guard let former = subject.former else {
            if undo.scope == .everything, let first = subject.versions.first, let now {
                takeAway(key, first, now, subject)
            }
            return
        }
        if subject.isRemoved {
            bringBack(key, former, subject, now)
            return
        }
        guard let now, now.uid == former["metadata", "uid"]?.string else {
            conflict(key, "", "was deleted", by: subject.versions.last { !$0.isOurs && $0.kind == .deleted })
            return
        }
        restore(key, former, subject, now)
    }

    /// The request made it: it goes, unless somebody has changed it since.
    private mutating func takeAway(
        _ key: ObjectKey, _ first: Undo.Version, _ now: StoredObject, _ subject: Undo.Subject
    ) {
        guard now.uid == first.uid else { return }
        let document = now.document
        if document["metadata", "deletionTimestamp"] != nil { return }
        var before = first.document
        for version in subject.versions.dropFirst() {
            let after = version.document
            if !version.isOurs {
                let fields = Inversion.paths(
                    from: Self.wanted(before), to: Self.wanted(after), ignoring: Self.bookkeeping)
                for field in fields { conflict(key, field, "was changed", by: version) }
                if !fields.isEmpty { return }
            }
            before = after
        }
        var write = Amendment.Write(.delete, key)
        write.uid = now.uid
        deletions.append(write)
    }

    private mutating func bringBack(_ key: ObjectKey, _ former: JSON, _ subject: Undo.Subject, _ now: StoredObject?) {
        if let now {
            guard now.uid == former["metadata", "uid"]?.string else {
                conflict(key, "", "was created again", by: subject.versions.last { $0.kind == .created })
                return
            }
            guard now.document["metadata", "deletionTimestamp"] == nil else {
                conflicts.append(
                    UndoPlan.Conflict(
                        key: key, path: "",
                        message:
                            "\(key.description) is still being deleted, which cannot be stopped: wait until it is gone, then undo again brings it back",
                        later: nil))
                return
            }
            return
        }
        creations.append(Amendment.recreating(former, key))
    }

    /// Takes back each field that the request changed, and leaves all others as they are.
    private mutating func restore(_ key: ObjectKey, _ former: JSON, _ subject: Undo.Subject, _ now: StoredObject) {
        let document = now.document
        func part(_ object: JSON) -> JSON {
            undo.isStatus ? (object["status"].map { ["status": $0] } ?? [:]) : Self.wanted(object)
        }
        // What the request made of it, and what that became by the consequences' own changes.
        let after = part(subject.versions[0].document)
        var settled = after
        for (before, version) in zip(subject.versions, subject.versions.dropFirst()) where version.isOurs {
            settled = Inversion(from: part(version.document), to: [part(before.document)], now: settled).result
        }
        let inversion = Inversion(
            from: part(former), to: [after, settled], now: part(document), ignoring: Self.bookkeeping)
        for field in inversion.conflicts {
            let path = field.path
            let culprit = Array(zip(subject.versions, subject.versions.dropFirst())).last { before, version in
                !version.isOurs
                    && Inversion.paths(from: part(before.document), to: part(version.document)).contains {
                        $0.hasPrefix(path) || path.hasPrefix($0)
                    }
            }?.1
            conflict(key, path, "was changed", by: culprit)
        }
        guard inversion.conflicts.isEmpty else { return }
        var object = document
        if undo.isStatus {
            object["status"] = inversion.result["status"]
        } else {
            object = inversion.result
            object["status"] = document["status"]
        }
        // An object that nobody touched since goes back as a whole: what the server keeps of it stays as it is.
        for path in Self.bookkeeping {
            let field = path.split(separator: ".").map(String.init)
            object[field] = document[field]
        }
        guard object != document else { return }
        var write = Amendment.Write(.update, key)
        write.subresource = undo.isStatus ? "status" : ""
        write.uid = now.uid
        write.object = object
        updates.append(write)
    }

    private static func wanted(_ object: JSON) -> JSON {
        var object = object
        object["status"] = nil
        return object
    }

    private mutating func conflict(_ key: ObjectKey, _ path: String, _ what: String, by later: Undo.Version?) {
        let field = path.isEmpty ? key.description : "\(key.description) \(path)"
        let again = path.isEmpty ? "since" : "again"
        conflicts.append(
            Conflict(
                key: key, path: path,
                message: "\(field) \(what) \(again)" + (later.map { " at \($0.author.text)" } ?? ""),
                later: later?.author))
    }

    // MARK: what its consequences removed

    private mutating func bringBackConsequences() {
        var former = Set(creations.map(\.formerUID))
        let spaces = Set(creations.filter { $0.key.resource == "namespaces" }.map(\.key.name))
        if case .deletions(.some) = undo.scope, creations.isEmpty { return }
        var waiting = undo.consequences.keys.sorted()
        var isMoving = true
        while isMoving {
            isMoving = false
            for key in waiting {
                let consequence = undo.consequences[key]!
                guard consequence.isRemoved, present.object(key) == nil, let object = consequence.former,
                    belongs(key, object, former, spaces)
                else { continue }
                creations.append(Amendment.recreating(object, key))
                former.insert(object["metadata", "uid"]?.string ?? "")
                waiting.removeAll { $0 == key }
                isMoving = true
            }
        }
        for key in waiting {
            let object = undo.consequences[key]!.former ?? .null
            left.append((key, Amendment.keeper(of: key, object) ?? "controllers keep it"))
        }
    }

    /// Whether a removed object must come back by our hand: its owner does, or it has none.
    private func belongs(_ key: ObjectKey, _ object: JSON, _ former: Set<String>, _ spaces: Set<String>) -> Bool {
        if Amendment.keeper(of: key, object) != nil { return false }
        if !key.namespace.isEmpty, !spaces.contains(key.namespace),
            present.object(GroupResource(resource: "namespaces"), "", key.namespace) == nil
        {
            return false
        }
        let owners = object["metadata", "ownerReferences"]?.elements ?? []
        let isOwned = owners.contains { former.contains($0["uid"]?.string ?? "") }
        if let controller = owners.first(where: { $0["controller"] == true }) {
            // Its controller makes pods again; what holds history only we can bring back.
            return key.resource != "pods" && former.contains(controller["uid"]?.string ?? "")
        }
        switch undo.scope {
        case .everything, .deletions(of: nil): return true
        case .deletions: return isOwned || spaces.contains(key.namespace)
        }
    }

    /// Why nothing can be undone; nil when nothing stands in the way.
    public var error: APIError? {
        guard let first = conflicts.first else { return nil }
        let subject = undo.root?.text ?? "revision \(undo.revision)"
        var error = APIError(
            code: 409, reason: "Conflict",
            message: "\(subject) cannot be undone, and nothing was: \(first.message)"
                + (conflicts.count > 1 ? " (and \(conflicts.count - 1) more, see the causes)" : ""))
        error.name = first.key.name
        error.kind = first.key.resource
        error.group = first.key.group
        error.causes = conflicts.map {
            APIError.Cause(reason: "UndoConflict", message: $0.message, field: "\($0.key.description) \($0.path)")
        }
        return error
    }
}
