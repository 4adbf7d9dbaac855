import Document
import Records
import Schema

/// ControllerRevisions: the templates that a StatefulSet or DaemonSet has had.
enum Revision {
    /// What a revision holds: a patch that puts the template back.
    static func data(of template: JSON) -> JSON {
        var template = template
        if template["metadata"]?["creationTimestamp"] != nil { template["metadata", "creationTimestamp"] = nil }
        template["$patch"] = "replace"
        return ["spec": ["template": template]]
    }
    /// The template that a revision's data puts back.
    static func template(in revision: JSON) -> JSON {
        var template = revision["data"]?["spec"]?["template"] ?? .null
        template["$patch"] = nil
        return template
    }
    static func number(_ revision: JSON) -> Int64 { revision["revision"]?.int ?? 0 }

    /// The revisions that an object controls, oldest first.
    static func all(of owner: JSON, view: ClusterView) -> [JSON] {
        view.state.dependents(.controllerRevisions, ofUID: owner.objectUID, namespace: owner.objectNamespace).map(
            view.document
        )
        .filter { $0.controllerReference?.uid == owner.objectUID }
        .sorted { (number($0), $0.objectName) < (number($1), $1.objectName) }
    }

    /// Takes over matching revisions that nobody controls; whether there were any, which the next look will see.
    static func adopt(for owner: JSON, kind: String, selector: LabelSelector, view: ClusterView, _ work: inout Work)
        -> Bool
    {
        if owner.isBeingDeleted || selector.matchesNothing { return false }
        var found = false
        for stored in view.state.objects(.controllerRevisions, namespace: owner.objectNamespace) {
            let revision = view.document(stored)
            guard revision.controllerReference == nil, !revision.isBeingDeleted, selector.matches(revision.objectLabels)
            else { continue }
            found = true
            work.patch(
                "apps/v1", "controllerrevisions", revision.objectNamespace, revision.objectName, .strategic,
                [
                    "metadata": [
                        "ownerReferences": [OwnerReference.controller(of: owner, apiVersion: "apps/v1", kind: kind)],
                        "uid": .string(revision.objectUID),
                    ]
                ], tolerating: [404])
        }
        return found
    }

    static func make(
        for owner: JSON, kind: String, hash: String, hashLabel: String, number: Int64, template: JSON,
        annotations: JSONObject
    ) -> JSON {
        var labels = template["metadata"]?["labels"]?.entries ?? JSONObject()
        labels[hashLabel] = .string(hash)
        var metadata: JSON = [
            "name": .string(owner.objectName + "-" + hash), "namespace": .string(owner.objectNamespace),
            "labels": .object(labels),
            "ownerReferences": [OwnerReference.controller(of: owner, apiVersion: "apps/v1", kind: kind)],
        ]
        if !annotations.isEmpty { metadata["annotations"] = .object(annotations) }
        return [
            "apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": metadata, "data": data(of: template),
            "revision": .int(number),
        ]
    }
}
