import ClusterState
import Document
import Records
public import Schema

/// Keeps claims that pods use: the finalizer goes once no pod does.
public struct ClaimProtectionController: Controller {
    static let finalizer = "kubernetes.io/pvc-protection"
    public let name = "pvc-protection-controller"
    public var watches: Set<GroupResource>? { [.volumeClaims, .pods] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == .volumeClaims {
            if change.kind != .deleted { dirty.add(change.key) }
        } else if let pod = change.pod, change.kind == .deleted || pod.isFinished {
            for claim in Self.claims(of: change.document) {
                dirty.add(GroupResource.volumeClaims.key(pod.namespace, claim))
            }
        }
    }

    static func claims(of pod: JSON) -> [String] {
        (pod["spec"]?["volumes"]?.elements ?? []).compactMap { volume in
            if volume["ephemeral"] != nil { return pod.objectName + "-" + (volume["name"]?.string ?? "") }
            return volume["persistentVolumeClaim"]?["claimName"]?.string
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let claim = view.document(work.key) else { return }
        let finalizers = claim.objectFinalizers
        if claim.isBeingDeleted {
            guard finalizers.contains(Self.finalizer) else { return }
            for pod in view.pods.unordered(in: work.key.namespace) where !pod.isFinished && !pod.nodeName.isEmpty {
                if let tree = view.document(pod.key), Self.claims(of: tree).contains(work.key.name) { return }
            }
            Self.setFinalizers(finalizers.filter { $0 != Self.finalizer }, of: claim, "persistentvolumeclaims", &work)
        } else if !finalizers.contains(Self.finalizer) {
            Self.setFinalizers(finalizers + [Self.finalizer], of: claim, "persistentvolumeclaims", &work)
        }
    }

    static func setFinalizers(_ finalizers: [String], of object: JSON, _ resource: String, _ work: inout Work) {
        var changed = object
        changed["metadata", "finalizers"] = finalizers.isEmpty ? Optional.none : .array(finalizers.map { .string($0) })
        work.update(resource, changed, tolerating: [404])
    }
}

/// Keeps volumes that are bound to a claim.
public struct VolumeProtectionController: Controller {
    static let finalizer = "kubernetes.io/pv-protection"
    public let name = "pv-protection-controller"
    public var watches: Set<GroupResource>? { [.volumes] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.kind != .deleted { dirty.add(change.key) }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let volume = view.document(work.key) else { return }
        let finalizers = volume.objectFinalizers
        if volume.isBeingDeleted {
            guard finalizers.contains(Self.finalizer), volume["status"]?["phase"]?.string != "Bound" else { return }
            ClaimProtectionController.setFinalizers(
                finalizers.filter { $0 != Self.finalizer }, of: volume, "persistentvolumes", &work)
        } else if !finalizers.contains(Self.finalizer) {
            ClaimProtectionController.setFinalizers(
                finalizers + [Self.finalizer], of: volume, "persistentvolumes", &work)
        }
    }
}
