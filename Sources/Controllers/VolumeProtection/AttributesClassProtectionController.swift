import ClusterState
import Document
import Records
public import Schema

/// Keeps VolumeAttributesClasses that claims or volumes name.
public struct AttributesClassProtectionController: Controller {
    static let finalizer = "kubernetes.io/vac-protection"
    public let name = "volumeattributesclass-protection-controller"
    public var watches: Set<GroupResource>? { [.attributesClasses, .volumeClaims, .volumes] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == .attributesClasses {
            if change.kind != .deleted { dirty.add(change.key) }
            return
        }
        // What a claim or volume names no longer is not known: the few that wait to go are looked at.
        for stored in view.state.objects(.attributesClasses) where view.document(stored).isBeingDeleted {
            dirty.add(stored.key)
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let object = view.document(work.key) else { return }
        let finalizers = object.objectFinalizers
        if object.isBeingDeleted {
            guard finalizers.contains(Self.finalizer), !Self.isUsed(work.key.name, view) else { return }
            work.decision = [
                "controller": "volumeattributesclass-protection-controller", "why": "no claim and no volume names it",
            ]
            ClaimProtectionController.setFinalizers(
                finalizers.filter { $0 != Self.finalizer }, of: object, "volumeattributesclasses", &work)
        } else if !finalizers.contains(Self.finalizer) {
            ClaimProtectionController.setFinalizers(
                finalizers + [Self.finalizer], of: object, "volumeattributesclasses", &work)
        }
    }

    private static func isUsed(_ name: String, _ view: ClusterView) -> Bool {
        let claims = view.documents(.volumeClaims).contains { claim in
            claim["spec"]?["volumeAttributesClassName"]?.string == name
                || claim["status"]?["currentVolumeAttributesClassName"]?.string == name
                || claim["status"]?["modifyVolumeStatus"]?["targetVolumeAttributesClassName"]?.string == name
        }
        return claims || view.documents(.volumes).contains { $0["spec"]?["volumeAttributesClassName"]?.string == name }
    }
}
