import Admission
import ClusterState
import Document
import Records
import Schema

extension Write {
    /// `pods/binding` (and the old `bindings`): gives a pod its node.
    mutating func bind() throws(APIError) -> Decision {
        let kind = GroupVersionKind(version: "v1", kind: "Binding")
        var binding = try SentObject.read(command.body, as: kind, in: ground.catalog)
        let name = command.name.isEmpty ? binding["metadata", "name"]?.string ?? "" : command.name
        var admission = try admit(.create, &binding, old: .null, name: name)
        let target = binding["target", "kind"]?.string ?? ""
        var errors: [FieldError] = []
        if !target.isEmpty, target != "Node" {
            errors.append(.notSupported("target.kind", .string(target), ["Node", "<empty>"]))
        }
        let node = binding["target", "name"]?.string ?? ""
        if node.isEmpty { errors.append(.required("target.name")) }
        if !errors.isEmpty { throw APIError.invalid(kind, binding["metadata", "name"]?.string ?? "", errors) }

        try validate(&admission, binding)

        let pods = GroupResource(resource: "pods")
        guard let existing = ground.state.object(pods, command.namespace, name) else {
            throw APIError.notFound(pods, name)
        }
        let old = existing.document
        var pod = old
        func refuse(_ because: String) -> APIError {
            APIError.conflict(GroupResource(resource: "pods/binding"), name, because)
        }
        if let uid = binding["metadata", "uid"]?.string, !uid.isEmpty, uid != existing.uid {
            throw APIError.conflict(
                pods, name, "Precondition failed: UID in precondition: \(uid), UID in object meta: \(existing.uid)")
        }
        if pod["metadata", "deletionTimestamp"] != nil {
            throw refuse("pod \(name) is being deleted, cannot be assigned to a host")
        }
        if let assigned = pod["spec", "nodeName"]?.string, !assigned.isEmpty {
            throw refuse("pod \(name) is already assigned to node \"\(assigned)\"")
        }
        if !(pod["spec", "schedulingGates"]?.elements.isEmpty ?? true) {
            throw refuse("pod \(name) has non-empty .spec.schedulingGates")
        }
        pod["spec", "nodeName"] = .string(node)
        for annotation in binding["metadata", "annotations"]?.entries ?? JSONObject() {
            pod["metadata", "annotations", annotation.key] = annotation.value
        }
        // PodTopologyLabels: a pod knows its node's zone and region.
        let labels = ground.state.object(GroupResource(resource: "nodes"), "", node)?.labels ?? []
        for label in labels
        where label.key == "topology.kubernetes.io/zone" || label.key == "topology.kubernetes.io/region" {
            pod["metadata", "labels", label.key] = .string(label.value)
        }
        setScheduled(&pod)
        pod["status", "nominatedNodeName"] = Optional.none
        let status: JSON = ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201]
        pod["metadata", "resourceVersion"] = .string(resourceVersion)
        let change = Change(
            kind: .updated, key: existing.key, uid: existing.uid, previousRevision: existing.revision,
            body: pod.encoded())
        return decision(201, status, [(change, pod)])
    }

    private func setScheduled(_ pod: inout JSON) {
        var conditions = pod["status", "conditions"]?.elements ?? []
        let now = JSON.string(command.now.rfc3339)
        let scheduled: JSON = [
            "type": "PodScheduled", "status": "True", "lastProbeTime": nil, "lastTransitionTime": now,
        ]
        if let place = conditions.firstIndex(where: { $0["type"] == "PodScheduled" }) {
            var condition = scheduled
            if conditions[place]["status"] == "True" {
                condition["lastTransitionTime"] = conditions[place]["lastTransitionTime"]
            }
            conditions[place] = condition
        } else {
            conditions.append(scheduled)
        }
        pod["status", "conditions"] = .array(conditions)
    }
}
