import ClusterState
import Document
import Records
public import Schema

/// Tells kubelets by an annotation how long they may cache secrets and config maps: the longer the more nodes there are.
public struct NodeTTLController: Controller {
    static let annotation = "node.alpha.kubernetes.io/ttl"
    public let name = "ttl-controller"
    public var watches: Set<GroupResource>? { [.nodes] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.kind != .deleted { dirty.add(change.key) }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let node = view.document(work.key) else { return }
        let seconds: Int
        switch view.state.count(.nodes) {
        case ...100: seconds = 0
        case ...500: seconds = 15
        case ...1000: seconds = 30
        case ...2000: seconds = 60
        default: seconds = 300
        }
        if node.annotation(Self.annotation) == String(seconds) { return }
        work.patch(
            "v1", "nodes", "", work.key.name, .strategic,
            ["metadata": ["annotations": [Self.annotation: .string(String(seconds))]]],
            tolerating: [404])
    }
}
