import Admission
import ClusterState
public import Document
import Patching
import Records
public import Schema

/// The `scale` subresource: one number of a workload, as `autoscaling/v1` Scale.
public enum Scale {
    static let kind = GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")

    /// The Scale of an object.
    public static func document(of object: JSON, type: ResourceType) -> JSON {
        let metadata = object["metadata"] ?? .null
        var kept: JSON = [:]
        for member in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            kept[member] = metadata[member]
        }
        let paths = type.scalePaths
        var status: JSON = ["replicas": object[paths.statusReplicas] ?? 0]
        let selector =
            paths.selector.map { object[$0]?.string }
            ?? (type.isCustom ? nil : selectorText(object["spec", "selector"]))
        if let selector, !selector.isEmpty { status["selector"] = .string(selector) }
        var spec: JSON = [:]
        if let replicas = object[paths.replicas], replicas != 0 { spec["replicas"] = replicas }
        return ["kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": kept, "spec": spec, "status": status]
    }

    /// `app=web,tier in (a,b)`: a label selector, or a plain map, as text.
    static func selectorText(_ selector: JSON?) -> String? {
        guard let selector else { return nil }
        let isPlain = selector["matchLabels"] == nil && selector["matchExpressions"] == nil
        var parts = (isPlain ? selector.entries : selector["matchLabels"]?.entries ?? JSONObject()).stringPairs.map {
            "\($0.key)=\($0.value)"
        }
        for expression in selector["matchExpressions"]?.elements ?? [] {
            let key = expression["key"]?.string ?? ""
            let values = (expression["values"]?.strings ?? []).sorted { $0.bytesPrecede($1) }.joined(separator: ",")
            switch expression["operator"]?.string ?? "" {
            case "In": parts.append("\(key) in (\(values))")
            case "NotIn": parts.append("\(key) notin (\(values))")
            case "Exists": parts.append(key)
            case "DoesNotExist": parts.append("!\(key)")
            default: break
            }
        }
        return parts.sorted { $0.bytesPrecede($1) }.joined(separator: ",")
    }
}

extension Write {
    mutating func updateScale() throws(APIError) -> Decision {
        let existing = try existing(command.name)
        let old = try loaded(existing)
        let current = Scale.document(of: old, type: type)
        var wanted = command.body
        let schema = ground.catalog.types["io.k8s.api.autoscaling.v1.Scale"]
        var owners: JSON?
        if command.verb == .patch {
            wanted = current
            if command.patchType == .apply, let schema {
                var live = current
                live["metadata", "managedFields"] = scaleOwners(old)
                wanted = try ServerSideApply.apply(
                    live: live, configuration: command.body, manager: command.manager, isForced: command.isForced,
                    apiVersion: "autoscaling/v1", subresource: "scale", time: command.now, schema: schema)
                owners = wanted["metadata", "managedFields"]
            } else {
                try patch(&wanted, name: command.name, schema: schema)
            }
        }
        wanted = try SentObject.read(wanted, as: Scale.kind, in: ground.catalog)
        let name = wanted["metadata", "name"]?.string ?? ""
        if name.isEmpty { throw unnamed }
        if name != command.name {
            throw APIError.badRequest(
                "the name of the object (\(name)) does not match the name on the URL (\(command.name))")
        }
        let version = wanted["metadata", "resourceVersion"]?.string ?? ""
        if !version.isEmpty, version != String(existing.revision) {
            throw APIError.conflict(
                type.groupResource, name,
                "the object has been modified; please apply your changes to the latest version and try again")
        }
        if !existing.key.namespace.isEmpty, wanted["metadata", "namespace"] == nil {
            wanted["metadata", "namespace"] = .string(existing.key.namespace)
        }
        var admission = try admit(.update, &wanted, old: current, name: command.name)
        let replicas = wanted["spec", "replicas"]?.int ?? 0
        if replicas < 0 {
            throw APIError.invalid(
                Scale.kind, name, [.invalid("spec.replicas", .int(replicas), "must be greater than or equal to 0")])
        }
        var object = old
        object[type.scalePaths.replicas] = .int(replicas)
        _ = owners
        object["metadata", "resourceVersion"] = .string(String(existing.revision))
        var scaled = Scale.document(of: object, type: type)
        scaled["metadata", "managedFields"] = wanted["metadata", "managedFields"]
        try validate(&admission, scaled)
        var out = try replace(existing, old: old, with: &object, tracksManager: true, isAdmitted: false)
        out.stored = nil
        out.answer = Scale.document(of: out.answer, type: type)
        return out
    }

    /// The entries of `managedFields` that own the number, as they read on a Scale.
    private func scaleOwners(_ object: JSON) -> JSON {
        .array(
            (object["metadata", "managedFields"]?.elements ?? []).compactMap { entry in
                guard entry["fieldsV1", "f:spec", "f:replicas"] != nil else { return nil }
                var out = entry
                out["apiVersion"] = "autoscaling/v1"
                out["fieldsV1"] = ["f:spec": ["f:replicas": [:]]]
                return out
            })
    }
}
