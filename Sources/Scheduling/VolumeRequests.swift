import ClusterState
import Controllers
import Document
import Records
import Schema

/// What has to be asked for before a pod with unbound claims can go to its node.
enum VolumeRequests {
    /// Pre-binds the chosen volume to the claim, or tells the provisioner of the claim which node was chosen.
    static func prepare(_ claim: String, _ volume: String, _ namespace: String, _ node: String, _ state: ClusterState)
        -> [Intent]
    {
        guard let tree = state.object(.volumeClaims, namespace, claim)?.document else { return [] }
        if volume.isEmpty {
            if tree.annotation("volume.kubernetes.io/selected-node") == node { return [] }
            return [
                Intent(
                    .patch(
                        .strategic,
                        [
                            "metadata": [
                                "uid": .string(tree.objectUID),
                                "annotations": ["volume.kubernetes.io/selected-node": .string(node)],
                            ]
                        ]),
                    apiVersion: "v1", resource: "persistentvolumeclaims", namespace: namespace, name: claim)
            ]
        }
        guard var bound = state.object(.volumes, "", volume)?.document else { return [] }
        bound["spec", "claimRef"] = [
            "kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": .string(namespace),
            "name": .string(claim),
            "uid": .string(tree.objectUID), "resourceVersion": .string(tree.objectRevision),
        ]
        bound.setAnnotation("pv.kubernetes.io/bound-by-controller", "yes")
        return [Intent(.update(bound), apiVersion: "v1", resource: "persistentvolumes", name: volume)]
    }
}
