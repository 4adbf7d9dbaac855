import ClusterState
import Document
import Records
public import Schema

/// Says of claims that ask for more than they have that somebody outside has to see to it: no volume is made larger in here.
public struct VolumeExpandController: Controller {
    public let name = "expand-controller"
    public var component: String { "volume_expand" }
    public var watches: Set<GroupResource>? { [.volumeClaims] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.kind != .deleted, Self.wantsMore(change.document) { dirty.add(change.key) }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let claim = view.document(work.key), Self.wantsMore(claim),
            let volume = view.document(.volumes, "", claim["spec"]?["volumeName"]?.string ?? ""),
            volume["spec"]?["claimRef"]?["uid"]?.string == claim.objectUID
        else { return }
        work.note(
            EventNote(claim, "ExternalExpanding", "waiting for an external controller to expand this PVC"))
    }

    private static func wantsMore(_ claim: JSON) -> Bool {
        guard claim["status"]?["phase"]?.string == "Bound",
            let has = claim["status"]?["capacity"]?["storage"].flatMap({ Quantity($0) })
        else { return false }
        return has < VolumeMatch.requested(claim)
    }
}
