import ClusterState
import Document
import Records
public import Schema

/// Deletes what nobody owns any more, and carries out foreground and orphaning deletions. The graph of owners is the state's
/// own index by owner uid.
public struct GarbageCollector: Controller {
    static let foreground = "foregroundDeletion"
    static let orphan = "orphan"
    static let workPerLookMax = 500
    static let rememberedMax = 8192

    public let name = "generic-garbage-collector"
    public var component: String { "garbage-collector-controller" }
    public var watches: Set<GroupResource>? { nil }

    /// Owners seen alive, so that each new dependent need not look for its owner.
    private var alive: [String: ObjectKey] = [:]
    /// uids seen deleted.
    private var gone: Set<String> = []
    /// Owners that wait for their dependents, by uid.
    private var waiting: [String: ObjectKey] = [:]

    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.key.resource == "events" || change.store == .leases { return }
        if change.kind == .deleted {
            if gone.count >= Self.rememberedMax { gone.removeAll(keepingCapacity: true) }
            gone.insert(change.uid)
            alive[change.uid] = nil
            waiting[change.uid] = nil
            for dependent in view.state.dependents(ofUID: change.uid) { dirty.add(dependent.key) }
        } else if isLeaving(change.body) {
            let finalizers = change.document.objectFinalizers
            if change.document.isBeingDeleted, finalizers.contains(Self.foreground) || finalizers.contains(Self.orphan)
            {
                waiting[change.uid] = change.key
                dirty.add(change.key)
                for dependent in view.state.dependents(ofUID: change.uid) { dirty.add(dependent.key) }
            } else {
                waiting[change.uid] = nil
            }
        }
        if !waiting.isEmpty, change.kind != .created {
            for reference in change.document.ownerReferences {
                if let owner = waiting[reference.uid] { dirty.add(owner) }
            }
        }
        if change.kind == .deleted { return }
        guard let stored = view.state.object(change.key), !stored.ownerUIDs.isEmpty else { return }
        if change.kind == .updated, change.pod != nil, change.previousPod?.controller == change.pod?.controller {
            return
        }
        let known = stored.ownerUIDs.allSatisfy { uid in
            guard let owner = alive[uid] else { return false }
            return view.state.object(owner)?.uid == uid
        }
        if !known { dirty.add(change.key) }
    }

    /// A quick look for a deletion mark before the whole object is read.
    private func isLeaving(_ body: [UInt8]) -> Bool {
        let mark = Array("\"deletionTimestamp\"".utf8)
        guard body.count > mark.count else { return false }
        // Metadata comes after apiVersion and kind and before spec and status in a sorted encoding, but data and the like come first.
        return body.withUnsafeBufferPointer { bytes in
            var at = 0
            let last = bytes.count - mark.count
            while at <= last {
                if bytes[at] == mark[0], bytes[at + 1] == mark[1], bytes[at + 9] == mark[9] {
                    var same = 2
                    while same < mark.count, bytes[at + same] == mark[same] { same += 1 }
                    if same == mark.count { return true }
                }
                at += 1
            }
            return false
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let object = view.document(work.key) else { return }
        let finalizers = object.objectFinalizers
        if object.isBeingDeleted {
            if finalizers.contains(Self.orphan) { return orphanDependents(of: object, view: view, &work) }
            if finalizers.contains(Self.foreground) { return awaitDependents(of: object, view: view, &work) }
            return
        }
        attemptToDelete(object, view: view, &work)
    }

    // MARK: The owner's side

    private func orphanDependents(of owner: JSON, view: ClusterView, _ work: inout Work) {
        let uid = owner.objectUID
        let dependents = view.state.dependents(ofUID: uid)
        if dependents.isEmpty { return remove(Self.orphan, from: owner, &work) }
        work.decision = [
            "controller": "garbage-collector-controller", "why": "orphan the dependents",
            "count": .int(Int64(dependents.count)),
        ]
        for stored in dependents.prefix(Self.workPerLookMax) {
            dropReferences([uid], of: view.document(stored), stored.key.resource, &work)
        }
        work.requeue(after: 100_000)
    }

    private func awaitDependents(of owner: JSON, view: ClusterView, _ work: inout Work) {
        let uid = owner.objectUID
        let blocking = view.state.dependents(ofUID: uid).map(view.document).filter { dependent in
            dependent.ownerReferences.contains { $0.uid == uid && $0.blocksDeletion }
        }
        if blocking.isEmpty { return remove(Self.foreground, from: owner, &work) }
        work.requeue(after: 5_000_000)
    }

    private func remove(_ finalizer: String, from owner: JSON, _ work: inout Work) {
        let rest = owner.objectFinalizers.filter { $0 != finalizer }
        work.decision = ["controller": "garbage-collector-controller", "why": .string("done with " + finalizer)]
        work.patch(
            owner["apiVersion"]?.string ?? "v1", work.key.resource, owner.objectNamespace, owner.objectName, .merge,
            [
                "metadata": [
                    "uid": .string(owner.objectUID), "resourceVersion": .string(owner.objectRevision),
                    "finalizers": rest.isEmpty ? .null : .array(rest.map { .string($0) }),
                ]
            ], tolerating: [404])
    }

    // MARK: The dependent's side

    private enum Standing { case solid, dangling, waiting, unknown }

    private mutating func attemptToDelete(_ object: JSON, view: ClusterView, _ work: inout Work) {
        let references = object.ownerReferences
        if references.isEmpty { return }
        var solid: [OwnerReference] = []
        var lost: [OwnerReference] = []
        var leaving: [OwnerReference] = []
        for reference in references {
            switch standing(of: reference, dependent: object, view: view, &work) {
            case .solid: solid.append(reference)
            case .dangling: lost.append(reference)
            case .waiting: leaving.append(reference)
            case .unknown: return
            }
        }
        work.decision = [
            "controller": "garbage-collector-controller", "solid": .array(solid.map { .string($0.uid) }),
            "dangling": .array(lost.map { .string($0.uid) }), "waiting": .array(leaving.map { .string($0.uid) }),
        ]
        if !solid.isEmpty {
            if lost.isEmpty, leaving.isEmpty { return }
            dropReferences(Set((lost + leaving).map(\.uid)), of: object, work.key.resource, &work)
            return
        }
        var policy = "Background"
        if !leaving.isEmpty, !view.state.dependents(ofUID: object.objectUID).isEmpty {
            policy = "Foreground"
        } else if object.objectFinalizers.contains(Self.orphan) {
            policy = "Orphan"
        } else if object.objectFinalizers.contains(Self.foreground) {
            policy = "Foreground"
        }
        work.delete(
            object["apiVersion"]?.string ?? "v1", work.key.resource, object.objectNamespace, object.objectName,
            uid: object.objectUID,
            policy: policy)
    }

    private mutating func standing(
        of reference: OwnerReference, dependent: JSON, view: ClusterView, _ work: inout Work
    ) -> Standing {
        guard let type = view.resource(apiVersion: reference.apiVersion, kind: reference.kind) else {
            // Nobody serves that kind now; it may be served later.
            work.requeue(after: 30_000_000)
            return .unknown
        }
        let namespace = type.isNamespaced ? dependent.objectNamespace : ""
        if type.isNamespaced, namespace.isEmpty {
            complain(reference, dependent, "", view: view, &work)
            return .unknown
        }
        let key = type.store.key(namespace, reference.name)
        if let owner = view.state.object(key), owner.uid == reference.uid {
            if alive.count >= Self.rememberedMax { alive.removeAll(keepingCapacity: true) }
            alive[reference.uid] = key
            let tree = view.document(owner)
            return tree.isBeingDeleted && tree.objectFinalizers.contains(Self.foreground) ? .waiting : .solid
        }
        if type.isNamespaced, !gone.contains(reference.uid),
            let elsewhere = view.state.objects(type.store).first(where: { $0.uid == reference.uid }),
            elsewhere.key.namespace != namespace
        {
            complain(reference, dependent, namespace, view: view, &work)
        }
        return .dangling
    }

    private func complain(
        _ reference: OwnerReference, _ dependent: JSON, _ namespace: String, view: ClusterView, _ work: inout Work
    ) {
        work.note(
            EventNote(
                dependent, "OwnerRefInvalidNamespace",
                "ownerRef [\(reference.apiVersion)/\(reference.kind), namespace: \(dependent.objectNamespace), name: \(reference.name), "
                    + "uid: \(reference.uid)] does not exist in namespace \"\(namespace)\"", warning: true))
    }

    private func dropReferences(_ uids: Set<String>, of object: JSON, _ resource: String, _ work: inout Work) {
        let rest = (object["metadata"]?["ownerReferences"]?.elements ?? []).filter {
            !uids.contains($0["uid"]?.string ?? "")
        }
        work.patch(
            object["apiVersion"]?.string ?? "v1", resource, object.objectNamespace, object.objectName, .merge,
            [
                "metadata": [
                    "uid": .string(object.objectUID), "resourceVersion": .string(object.objectRevision),
                    "ownerReferences": rest.isEmpty ? .null : .array(rest),
                ]
            ], tolerating: [404])
    }
}
