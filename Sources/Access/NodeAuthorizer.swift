import ClusterState
import Document
import Schema

/// What a kubelet may do: its own node, lease and CSINode, the pods bound to it, and what those pods refer to. Upstream's Node
/// authorizer, with its reasons.
enum NodeAuthorizer {
    struct Answer {
        var allowed: Bool
        var reason = ""
        static let allowed = Answer(allowed: true)
        static func noOpinion(_ reason: String) -> Answer { Answer(allowed: false, reason: reason) }
    }

    /// What every node may do that depends on no object.
    private static let rules: [PolicyRule] = [
        .init(verbs: ["create"], apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"]),
        .init(
            verbs: ["create"], apiGroups: ["authorization.k8s.io"],
            resources: ["localsubjectaccessreviews", "subjectaccessreviews"]),
        .init(verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["services"]),
        .init(verbs: ["get"], apiGroups: [""], resources: ["endpoints"]),
        .init(verbs: ["create", "patch", "update"], apiGroups: [""], resources: ["events"]),
        .init(
            verbs: ["create", "get", "list", "watch"], apiGroups: ["certificates.k8s.io"],
            resources: ["certificatesigningrequests"]),
        .init(verbs: ["get", "list", "watch"], apiGroups: ["certificates.k8s.io"], resources: ["clustertrustbundles"]),
        .init(
            verbs: ["create", "get", "list", "watch"], apiGroups: ["certificates.k8s.io"],
            resources: ["podcertificaterequests"]),
        .init(verbs: ["get", "list", "watch"], apiGroups: ["storage.k8s.io"], resources: ["csidrivers"]),
        .init(verbs: ["get", "list", "watch"], apiGroups: ["node.k8s.io"], resources: ["runtimeclasses"]),
    ]

    static func decide(_ request: AccessAttributes, node: String, _ state: ClusterState, _ graph: inout NodeGraph)
        -> Answer
    {
        if node.isEmpty { return .noOpinion("unknown node for user \(goQuoted(request.user.name))") }
        if request.isResourceRequest {
            switch (request.group, request.resource) {
            case ("", "secrets"), ("", "configmaps"): return readReferenced(request, node, state, &graph)
            case ("", "persistentvolumeclaims"):
                if request.subresource == "status" {
                    guard request.verb == "update" || request.verb == "patch" else {
                        return .noOpinion("can only update the status of this type")
                    }
                    return related(request, node, state, &graph)
                }
                return getReferenced(request, node, state, &graph)
            case ("", "persistentvolumes"), ("resource.k8s.io", "resourceclaims"),
                ("storage.k8s.io", "volumeattachments"):
                return getReferenced(request, node, state, &graph)
            case ("", "serviceaccounts"): return serviceAccount(request, node, state, &graph)
            case ("coordination.k8s.io", "leases"): return lease(request, node)
            case ("storage.k8s.io", "csinodes"): return csiNode(request, node)
            case ("resource.k8s.io", "resourceslices"): return resourceSlice(request, node)
            case ("", "nodes"): return ownNode(request, node)
            case ("", "pods"): return pod(request, node, state, &graph)
            default: break
            }
        }
        return rules.contains { $0.allows(request) } ? .allowed : .noOpinion("")
    }

    private static func readReferenced(
        _ r: AccessAttributes, _ node: String, _ state: ClusterState, _ graph: inout NodeGraph
    ) -> Answer {
        guard ["get", "list", "watch"].contains(r.verb) else {
            return .noOpinion("can only read resources of this type")
        }
        guard r.subresource.isEmpty else { return .noOpinion("cannot read subresource") }
        guard !r.namespace.isEmpty else { return .noOpinion("can only read namespaced object of this type") }
        return related(r, node, state, &graph)
    }

    private static func getReferenced(
        _ r: AccessAttributes, _ node: String, _ state: ClusterState, _ graph: inout NodeGraph
    ) -> Answer {
        guard r.verb == "get" else { return .noOpinion("can only get individual resources of this type") }
        guard r.subresource.isEmpty else { return .noOpinion("cannot get subresource") }
        return related(r, node, state, &graph)
    }

    private static func serviceAccount(
        _ r: AccessAttributes, _ node: String, _ state: ClusterState, _ graph: inout NodeGraph
    ) -> Answer {
        if r.verb == "get", r.subresource.isEmpty { return related(r, node, state, &graph) }
        guard r.verb == "create", !r.name.isEmpty else {
            return .noOpinion("can only create tokens for individual service accounts")
        }
        guard r.subresource == "token" else { return .noOpinion("can only create token subresource of serviceaccount") }
        return related(r, node, state, &graph)
    }

    private static func lease(_ r: AccessAttributes, _ node: String) -> Answer {
        guard ["get", "create", "update", "patch", "delete"].contains(r.verb) else {
            return .noOpinion("can only get, create, update, patch, or delete a node lease")
        }
        guard r.namespace == "kube-node-lease" else {
            return .noOpinion("can only access leases in the \"kube-node-lease\" system namespace")
        }
        guard r.verb == "create" || r.name == node else {
            return .noOpinion("can only access node lease with the same name as the requesting node")
        }
        return .allowed
    }

    private static func csiNode(_ r: AccessAttributes, _ node: String) -> Answer {
        guard ["get", "create", "update", "patch", "delete"].contains(r.verb) else {
            return .noOpinion("can only get, create, update, patch, or delete a CSINode")
        }
        guard r.subresource.isEmpty else { return .noOpinion("cannot authorize CSINode subresources") }
        guard r.verb == "create" || r.name == node else {
            return .noOpinion("can only access CSINode with the same name as the requesting node")
        }
        return .allowed
    }

    private static func resourceSlice(_ r: AccessAttributes, _ node: String) -> Answer {
        guard r.subresource.isEmpty else { return .noOpinion("cannot authorize ResourceSlice subresources") }
        switch r.verb {
        case "create", "get", "update", "patch", "delete": return .allowed
        default:
            if ["list", "watch", "deletecollection"].contains(r.verb), selects(r, "spec.nodeName", node) {
                return .allowed
            }
            return .noOpinion("can only list/watch/deletecollection resourceslices with spec.nodeName field selector")
        }
    }

    private static func ownNode(_ r: AccessAttributes, _ node: String) -> Answer {
        switch (r.subresource, r.verb) {
        // The NodeRestriction plugin limits which node these may touch.
        case ("", "create"), ("", "update"), ("", "patch"), ("status", "update"), ("status", "patch"): return .allowed
        case ("", "get"), ("", "list"), ("", "watch"):
            if r.name == node || selects(r, "metadata.name", node) { return .allowed }
            return .noOpinion("node '\(node)' cannot read '\(r.name)', only its own Node object")
        default: return .noOpinion("")
        }
    }

    private static func pod(_ r: AccessAttributes, _ node: String, _ state: ClusterState, _ graph: inout NodeGraph)
        -> Answer
    {
        switch (r.subresource, r.verb) {
        case ("", "get"): return related(r, node, state, &graph)
        case ("", "list"), ("", "watch"):
            if selects(r, "spec.nodeName", node) { return .allowed }
            if r.verb == "watch", !r.name.isEmpty { return related(r, node, state, &graph) }
            return .noOpinion("can only list/watch pods with spec.nodeName field selector")
        // The NodeRestriction plugin limits which pods these may touch.
        case ("", "create"), ("", "delete"), ("status", "update"), ("status", "patch"), ("eviction", "create"):
            return .allowed
        default: return .noOpinion("")
        }
    }

    /// Whether the request's field selector asks for exactly that value.
    private static func selects(_ r: AccessAttributes, _ field: String, _ value: String) -> Bool {
        r.fieldSelector.split(separator: ",").contains { $0 == "\(field)=\(value)" || $0 == "\(field)==\(value)" }
    }

    /// Whether a pod on the node leads to the object.
    private static func related(_ r: AccessAttributes, _ node: String, _ state: ClusterState, _ graph: inout NodeGraph)
        -> Answer
    {
        if r.name.isEmpty { return .noOpinion("No Object name found") }
        let pods = graph.pods(on: node, state)
        func any(_ condition: (NodeGraph.References) -> Bool) -> Bool {
            pods.contains { $0.key.namespace == r.namespace && condition($0.value) }
        }
        let found =
            switch r.resource {
            case "pods": pods[NodeGraph.PodKey(namespace: r.namespace, name: r.name)] != nil
            case "secrets": any { $0.secrets.contains(r.name) } || volumeSecret(r, pods, state)
            case "configmaps": any { $0.configMaps.contains(r.name) }
            case "persistentvolumeclaims": any { $0.claims.contains(r.name) }
            case "serviceaccounts": any { $0.serviceAccount == r.name }
            case "resourceclaims": any { $0.resourceClaims.contains(r.name) }
            case "persistentvolumes": volumes(of: pods, state).contains(r.name)
            case "volumeattachments":
                state.object(GroupResource(group: "storage.k8s.io", resource: "volumeattachments"), "", r.name)?
                    .document["spec", "nodeName"]?.string == node
            default: false
            }
        return found ? .allowed : .noOpinion("no relationship found between node '\(node)' and this object")
    }

    /// The PersistentVolumes bound to the claims of these pods.
    private static func volumes(of pods: [NodeGraph.PodKey: NodeGraph.References], _ state: ClusterState) -> Set<String>
    {
        var names: Set<String> = []
        for (pod, references) in pods {
            for claim in references.claims {
                let object = state.object(GroupResource(resource: "persistentvolumeclaims"), pod.namespace, claim)
                if let name = object?.document["spec", "volumeName"]?.string { names.insert(name) }
            }
        }
        return names
    }

    /// Whether a volume of these pods takes the secret.
    private static func volumeSecret(
        _ r: AccessAttributes, _ pods: [NodeGraph.PodKey: NodeGraph.References], _ state: ClusterState
    ) -> Bool {
        volumes(of: pods, state).contains { name in
            guard let spec = state.object(GroupResource(resource: "persistentvolumes"), "", name)?.document["spec"]
            else { return false }
            for source in spec.entries {
                for reference in source.value.entries
                where reference.key.hasSuffix("SecretRef") || reference.key == "secretRef" {
                    let namespace = reference.value["namespace"]?.string ?? spec["claimRef", "namespace"]?.string ?? ""
                    if reference.value["name"]?.string == r.name, namespace == r.namespace { return true }
                }
            }
            return false
        }
    }
}
