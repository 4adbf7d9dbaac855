package import Document
import Records

/// Taking pods that match and have no controller, and letting go of those that match no more: `PodControllerRefManager`.
package enum PodClaim {
    package static func adopt(_ pod: PodRecord, by reference: JSON, in work: inout Work) {
        work.patch(
            "v1", "pods", pod.namespace, pod.name, .strategic,
            ["metadata": ["ownerReferences": [reference], "uid": .string(pod.uid)]], tag: "adopt", tolerating: [404])
    }
    package static func release(_ pod: PodRecord, from uid: String, in work: inout Work) {
        work.patch(
            "v1", "pods", pod.namespace, pod.name, .strategic,
            ["metadata": ["ownerReferences": [["$patch": "delete", "uid": .string(uid)]], "uid": .string(pod.uid)]],
            tag: "release",
            tolerating: [404, 422])
    }
}

/// A pod made from a template: `GetPodFromTemplate`.
package enum PodTemplate {
    package static func pod(
        from template: JSON, namespace: String, generateName: String = "", name: String = "", owner: JSON
    ) -> JSON {
        let given = template["metadata"] ?? .null
        var metadata = JSONObject()
        metadata["namespace"] = .string(namespace)
        if !generateName.isEmpty { metadata["generateName"] = .string(generateName) }
        if !name.isEmpty { metadata["name"] = .string(name) }
        for member in ["labels", "annotations", "finalizers"] {
            if let value = given[member], !value.isEmptyValue { metadata[member] = value }
        }
        metadata["ownerReferences"] = [owner]
        return [
            "apiVersion": "v1", "kind": "Pod", "metadata": .object(metadata),
            "spec": template["spec"] ?? .object(JSONObject()),
        ]
    }
}
