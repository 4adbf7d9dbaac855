import ClusterState
import Document
import Engine
import Schema

/// The few objects a kubelet looks up by name, as of now.
struct ClusterReader: Sendable {
    let door: any ClusterDoor

    func configMap(_ namespace: String, _ name: String) -> JSON? { read("configmaps", namespace, name) }
    func secret(_ namespace: String, _ name: String) -> JSON? { read("secrets", namespace, name) }
    func claim(_ namespace: String, _ name: String) -> JSON? { read("persistentvolumeclaims", namespace, name) }
    func volume(_ name: String) -> JSON? { read("persistentvolumes", "", name) }
    func node(_ name: String) -> JSON? { read("nodes", "", name) }
    func pod(_ namespace: String, _ name: String) -> JSON? { read("pods", namespace, name) }
    func services(_ namespace: String) -> [JSON] {
        door.state.objects(GroupResource(resource: "services"), namespace: namespace).map(\.document)
    }
    func pods(onNode node: String) -> [JSON] { door.state.pods(onNode: node).map(\.document) }

    private func read(_ resource: String, _ namespace: String, _ name: String) -> JSON? {
        door.state.object(GroupResource(resource: resource), namespace, name)?.document
    }
}
