import ClusterState
import Document
import Records
import Schema

/// Which fields of a kind a field selector may name, and where each stands in the stored object.
struct SelectableFields {
    /// From the name a client uses to the path in the stored object.
    let paths: [String: [String]]
    /// Whether a refusal lists what is known (kinds without fields of their own) or names the field alone.
    private let listsKnown: Bool
    private let kind: GroupVersionKind

    /// `definition` is the CustomResourceDefinition of a custom resource.
    init(_ type: ResourceType, definition: JSON?) {
        var paths: [String: [String]] = [
            "metadata.name": ["metadata", "name"], "metadata.namespace": ["metadata", "namespace"],
        ]
        kind = type.groupVersionKind
        if type.isCustom {
            listsKnown = false
            let version = definition?["spec", "versions"]?.elements.first { $0["name"]?.string == type.version }
            for field in version?["selectableFields"]?.elements ?? [] {
                guard let path = field["jsonPath"]?.string, path.utf8.first == UInt8(ascii: ".") else { continue }
                let name = String(path.dropFirst())
                paths[name] = name.split(separator: ".").map(String.init)
            }
            if !type.isNamespaced { paths["metadata.namespace"] = nil }
            self.paths = paths
            return
        }
        let own = SelectableFields.builtIn(type)
        listsKnown = own.isEmpty
        for (name, path) in own { paths[name] = path }
        if !type.isNamespaced, !own.isEmpty { paths["metadata.namespace"] = nil }
        self.paths = paths
    }

    private static func builtIn(_ type: ResourceType) -> [String: [String]] {
        func plain(_ names: String...) -> [String: [String]] {
            Dictionary(uniqueKeysWithValues: names.map { ($0, $0.split(separator: ".").map(String.init)) })
        }
        switch (type.group, type.resource) {
        case ("", "pods"):
            var fields = plain(
                "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
                "spec.hostNetwork", "status.phase",
                "status.podIP", "status.podIPs", "status.nominatedNodeName")
            fields["spec.host"] = ["spec", "nodeName"]
            return fields
        case ("", "nodes"): return plain("spec.unschedulable")
        case ("", "namespaces"): return plain("status.phase")
        case ("", "secrets"): return plain("type")
        case ("", "services"): return plain("spec.clusterIP", "spec.type")
        case ("", "replicationcontrollers"): return plain("status.replicas")
        case ("batch", "jobs"): return ["status.successful": ["status", "succeeded"]]
        case ("certificates.k8s.io", "certificatesigningrequests"): return plain("spec.signerName")
        case ("resource.k8s.io", "resourceslices"): return plain("spec.nodeName", "spec.driver")
        case ("", "events"):
            var fields = plain("reason", "type", "reportingComponent")
            fields["source"] = ["source", "component"]
            for part in ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"] {
                fields["involvedObject." + part] = ["involvedObject", part]
            }
            return fields
        case ("events.k8s.io", "events"):
            var fields = plain("reason", "type")
            fields["reportingController"] = ["reportingComponent"]
            for part in ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"] {
                fields["regarding." + part] = ["involvedObject", part]
            }
            return fields
        default: return [:]
        }
    }

    /// 400 when a term names a field that this kind cannot be selected by.
    func check(_ selector: FieldSelector) throws(APIError) {
        for term in selector.terms where paths[term.field] == nil {
            throw .badRequest(
                listsKnown
                    ? "\(goQuoted(term.field)) is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                    : refusal(term.field))
        }
    }

    /// Each kind with fields of its own has words of its own.
    private func refusal(_ field: String) -> String {
        switch kind.kind {
        case "Job": "field label \(goQuoted(field)) not supported for Job"
        case "ResourceSlice":
            "field label not supported for \(kind.apiVersion), Kind=\(kind.kind): \(field)"
        default: "field label not supported: \(field)"
        }
    }

    /// What an unset field counts as: Go prints the zero value of its type.
    static func zero(_ field: String) -> String {
        switch field {
        case "spec.hostNetwork", "spec.unschedulable": "false"
        case "status.replicas", "status.successful": "0"
        default: ""
        }
    }
}
