import ClusterState
public import Document
public import Records
import Schema

extension Amendment {
    /// Brings back an object that is gone, as a new one: what only the server gives is left out, and its owners are those that came
    /// back with it. `keepsNode` lets a pod go where it was instead of being scheduled.
    public static func recreating(_ former: JSON, _ key: ObjectKey, keepsNode: Bool = false) -> Write {
        var write = Write(.create, key)
        var object = former
        write.formerUID = former["metadata", "uid"]?.string ?? ""
        object.modify("metadata") { metadata in
            for member in [
                "uid", "resourceVersion", "creationTimestamp", "generation", "deletionTimestamp",
                "deletionGracePeriodSeconds", "selfLink",
            ] { metadata[member] = nil }
            let finalizers = (metadata["finalizers"]?.elements ?? []).filter {
                $0 != "foregroundDeletion" && $0 != "orphan"
            }
            metadata["finalizers"] = finalizers.isEmpty ? Optional.none : .array(finalizers)
        }
        let status = object["status"] ?? .null
        object["status"] = nil
        switch (key.group, key.resource) {
        case ("", "pods"):
            if isFinished(pod: status) { write.status = status } else if !keepsNode { object["spec", "nodeName"] = nil }
        case ("", "namespaces"): object["spec", "finalizers"] = nil
        case ("", "persistentvolumes"): object["spec", "claimRef", "resourceVersion"] = nil
        case ("batch", "jobs"):
            if object["spec", "manualSelector"]?.bool != true { forgetGeneratedSelector(&object) }
            if isFinished(job: status) { write.status = status }
        default: break
        }
        write.object = object
        return write
    }

    private static func isFinished(pod status: JSON) -> Bool {
        status["phase"] == "Succeeded" || status["phase"] == "Failed"
    }
    private static func isFinished(job status: JSON) -> Bool {
        (status["conditions"]?.elements ?? []).contains {
            ($0["type"] == "Complete" || $0["type"] == "Failed") && $0["status"] == "True"
        }
    }

    /// A job's selector names its own uid: the new one gets its own.
    private static func forgetGeneratedSelector(_ job: inout JSON) {
        job["spec", "selector"] = nil
        let labels = [
            "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name",
        ]
        for label in labels {
            job["spec", "template", "metadata", "labels", label] = nil
            job["metadata", "labels", label] = nil
        }
    }

    /// What somebody else keeps up: reports of what is there, and what is computed from other objects. Nobody brings these back but
    /// those who make them. Why, in words; nil for what people and controllers mean to stay.
    static func keeper(of key: ObjectKey, _ object: JSON) -> String? {
        switch (key.group, key.resource) {
        case ("", "events"), ("events.k8s.io", _): "events tell what happened and are not taken back"
        case ("coordination.k8s.io", "leases"): "leases belong to those who hold them"
        case ("", "nodes"), ("storage.k8s.io", "csinodes"): "nodes say themselves what they are"
        case ("certificates.k8s.io", "certificatesigningrequests"): "a signing request is answered once"
        case ("discovery.k8s.io", "endpointslices"):
            object["metadata", "labels", "endpointslice.kubernetes.io/managed-by"]?.string?.hasSuffix(
                "-controller.k8s.io") == true
                ? "the endpointslice controller keeps it" : nil
        case ("", "endpoints"):
            object["metadata", "annotations", "endpoints.kubernetes.io/last-change-trigger-time"] != nil
                || object["metadata", "labels", "endpoints.kubernetes.io/managed-by"] != nil
                ? "the endpoints controller keeps it" : nil
        case ("", "secrets"):
            object["type"] == "kubernetes.io/service-account-token" || object["type"] == "bootstrap.kubernetes.io/token"
                ? "credentials are not brought back" : nil
        case ("", "configmaps"): key.name == "kube-root-ca.crt" ? "the root CA publisher keeps it" : nil
        case ("apiregistration.k8s.io", _):
            object["metadata", "labels", "kube-aggregator.kubernetes.io/automanaged"] != nil
                ? "the API server keeps it" : nil
        default: nil
        }
    }

    /// The order in which things come back: what others need first. Owners before what they own.
    static func inOrder(_ creations: [Write]) -> [Write] {
        let places = Dictionary(
            creations.enumerated().map { ($0.element.formerUID, $0.offset) }, uniquingKeysWith: { first, _ in first })
        var depths = [Int](repeating: 0, count: creations.count)
        // A chain of owners is short; eight rounds also end a circle.
        for _ in 0..<8 {
            for (place, write) in creations.enumerated() {
                for owner in write.object["metadata", "ownerReferences"]?.elements ?? [] {
                    guard let above = places[owner["uid"]?.string ?? ""], above != place else { continue }
                    depths[place] = max(depths[place], min(depths[above] + 1, 8))
                }
            }
        }
        return creations.indices.sorted { a, b in
            let (x, y) = (creations[a], creations[b])
            return (isGround(x), depths[a], rank(x.key), x.key) < (isGround(y), depths[b], rank(y.key), y.key)
        }.map { creations[$0] }
    }
    private static func isGround(_ write: Write) -> Int {
        switch write.key.resource {
        case "namespaces": 0
        case "customresourcedefinitions": 1
        default: 2
        }
    }
    private static func rank(_ key: ObjectKey) -> Int {
        switch key.resource {
        case "serviceaccounts", "priorityclasses", "storageclasses", "runtimeclasses", "clusterroles", "roles": 0
        case "configmaps", "secrets", "persistentvolumes", "clusterrolebindings", "rolebindings": 1
        case "persistentvolumeclaims", "services": 2
        case "pods": 4
        case "resourcequotas", "limitranges", "validatingadmissionpolicies", "validatingadmissionpolicybindings",
            "validatingwebhookconfigurations", "mutatingwebhookconfigurations":
            5
        default: 3
        }
    }

    /// Volumes know their claims by uid: those that stayed learn the new ones of claims that come back.
    static func relinkedVolumes(_ creations: [Write], _ state: ClusterState) -> [Write] {
        let claims = Set(creations.filter { $0.key.resource == "persistentvolumeclaims" }.map(\.formerUID))
        if claims.isEmpty { return [] }
        return state.objects(GroupResource(resource: "persistentvolumes")).compactMap { volume in
            var object = volume.document
            guard claims.contains(object["spec", "claimRef", "uid"]?.string ?? "") else { return nil }
            object["spec", "claimRef", "resourceVersion"] = nil
            var write = Write(.update, volume.key)
            write.uid = volume.uid
            write.object = object
            return write
        }
    }
}
