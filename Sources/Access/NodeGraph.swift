import ClusterState
import Document
import Records
import Schema

/// Which pods run on which node and what they refer to: what the node authorizer follows from a kubelet to a Secret. Filled when
/// the first kubelet asks; after that only the pods that changed are read again, and only when the next kubelet asks.
struct NodeGraph: Sendable {
    struct PodKey: Hashable, Sendable {
        let namespace: String
        let name: String
    }
    struct References: Sendable {
        var secrets: Set<String> = []
        var configMaps: Set<String> = []
        var claims: Set<String> = []
        var resourceClaims: Set<String> = []
        var serviceAccount = ""
    }

    private var isFilled = false
    private var changed: Set<PodKey> = []
    private var nodeOfPod: [PodKey: String] = [:]
    private var pods: [String: [PodKey: References]] = [:]

    /// Remembers which pods an event touched.
    mutating func note(_ changes: [Change]) {
        guard isFilled else { return }
        for change in changes where change.key.resource == "pods" && change.key.group.isEmpty {
            changed.insert(PodKey(namespace: change.key.namespace, name: change.key.name))
        }
    }

    /// The pods of that node with what they refer to.
    mutating func pods(on node: String, _ state: ClusterState) -> [PodKey: References] {
        if !isFilled {
            isFilled = true
            for object in state.objects(GroupResource(resource: "pods")) where !object.nodeName.isEmpty {
                put(PodKey(namespace: object.key.namespace, name: object.key.name), object.document)
            }
        } else if !changed.isEmpty {
            for key in changed {
                if let old = nodeOfPod.removeValue(forKey: key) { pods[old]?[key] = nil }
                let object = state.object(GroupResource(resource: "pods"), key.namespace, key.name)
                if let object, !object.nodeName.isEmpty { put(key, object.document) }
            }
            changed.removeAll()
        }
        return pods[node] ?? [:]
    }

    private mutating func put(_ key: PodKey, _ pod: JSON) {
        guard let node = pod["spec", "nodeName"]?.string, !node.isEmpty else { return }
        nodeOfPod[key] = node
        pods[node, default: [:]][key] = NodeGraph.references(of: pod)
    }

    /// Everything that a pod's spec names and that its kubelet must read.
    static func references(of pod: JSON) -> References {
        var found = References()
        guard let spec = pod["spec"] else { return found }
        if pod["metadata", "annotations", "kubernetes.io/config.mirror"] != nil { return found }
        found.serviceAccount = spec["serviceAccountName"]?.string ?? ""
        func note(_ name: JSON?, _ set: WritableKeyPath<References, Set<String>>) {
            if let name = name?.string, !name.isEmpty { found[keyPath: set].insert(name) }
        }
        for secret in spec["imagePullSecrets"]?.elements ?? [] { note(secret["name"], \.secrets) }
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            for container in spec[list]?.elements ?? [] {
                for source in container["envFrom"]?.elements ?? [] {
                    note(source["secretRef", "name"], \.secrets)
                    note(source["configMapRef", "name"], \.configMaps)
                }
                for variable in container["env"]?.elements ?? [] {
                    note(variable["valueFrom", "secretKeyRef", "name"], \.secrets)
                    note(variable["valueFrom", "configMapKeyRef", "name"], \.configMaps)
                }
            }
        }
        for volume in spec["volumes"]?.elements ?? [] {
            note(volume["secret", "secretName"], \.secrets)
            note(volume["configMap", "name"], \.configMaps)
            note(volume["persistentVolumeClaim", "claimName"], \.claims)
            if volume["ephemeral"] != nil, let name = volume["name"]?.string,
                let owner = pod["metadata", "name"]?.string
            {
                found.claims.insert("\(owner)-\(name)")
            }
            for source in ["azureFile", "cephfs", "cinder", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"] {
                note(volume[source, "secretRef", "name"], \.secrets)
                note(volume[source, "secretName"], \.secrets)
            }
            note(volume["csi", "nodePublishSecretRef", "name"], \.secrets)
            for source in volume["projected", "sources"]?.elements ?? [] {
                note(source["secret", "name"], \.secrets)
                note(source["configMap", "name"], \.configMaps)
            }
        }
        for claim in pod["status", "resourceClaimStatuses"]?.elements ?? [] {
            note(claim["resourceClaimName"], \.resourceClaims)
        }
        for claim in spec["resourceClaims"]?.elements ?? [] { note(claim["resourceClaimName"], \.resourceClaims) }
        return found
    }
}
