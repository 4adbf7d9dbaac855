import Document
import Schema

/// What one object counts for in quotas.
enum QuotaUsage {
    /// Kinds that have counted under their plain name since before `count/…`.
    private static let plain: Set<String> = [
        "configmaps", "secrets", "services", "replicationcontrollers", "resourcequotas", "pods",
        "persistentvolumeclaims",
    ]
    private static let computed: Set<String> = [
        "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory",
    ]

    /// Whether this write can use more of anything.
    static func counts(_ request: AdmissionRequest) -> Bool {
        if request.isFor("pods", subresource: "resize") { return true }
        guard request.subresource.isEmpty else { return false }
        if request.operation == .create { return true }
        return request.isFor("services") || request.isFor("persistentvolumeclaims")
    }

    /// What the write adds.
    static func delta(_ request: AdmissionRequest) -> Amounts {
        let new = usage(request.object, request.type)
        guard request.operation == .update else { return new }
        let old = usage(request.old, request.type)
        var delta = Amounts()
        for (name, amount) in new.sorted { delta[name] = amount - (old[name] ?? .zero) }
        for (name, amount) in old.sorted where new[name] == nil { delta[name] = Amount.zero - amount }
        return delta
    }

    /// Everything the object counts for.
    static func usage(_ object: JSON, _ type: ResourceType) -> Amounts {
        let one = Amount("1")
        var out = Amounts()
        out["count/" + type.groupResource.description] = one
        guard type.group.isEmpty else { return out }
        if plain.contains(type.resource) { out[type.resource] = one }
        let spec = object["spec"] ?? .null
        switch type.resource {
        case "pods": addPod(spec, &out)
        case "services":
            let ports = Int64(spec.list("ports").count)
            switch spec.text("type") {
            case "NodePort": out["services.nodeports"] = Amount(String(ports))
            case "LoadBalancer":
                out["services.loadbalancers"] = one
                if spec["allocateLoadBalancerNodePorts"]?.bool ?? true {
                    out["services.nodeports"] = Amount(String(ports))
                } else {
                    out["services.nodeports"] = Amount(
                        String(spec.list("ports").filter { ($0.integer("nodePort") ?? 0) != 0 }.count))
                }
            default: break
            }
        case "persistentvolumeclaims":
            let className =
                object["metadata", "annotations", "volume.beta.kubernetes.io/storage-class"]?.string
                ?? spec.text("storageClassName")
            if !className.isEmpty { out[className + ".storageclass.storage.k8s.io/persistentvolumeclaims"] = one }
            if let storage = spec["resources", "requests", "storage"] {
                out["requests.storage"] = Amount(storage)
                if !className.isEmpty {
                    out[className + ".storageclass.storage.k8s.io/requests.storage"] = Amount(storage)
                }
            }
        default: break
        }
        return out
    }

    private static func addPod(_ spec: JSON, _ out: inout Amounts) {
        for (name, amount) in PodTotals.total(spec, "requests").sorted {
            out["requests." + name] = amount
            if ["cpu", "memory", "ephemeral-storage"].contains(name) || ResourceNames.isHugePages(name) {
                out[name] = amount
            }
        }
        for (name, amount) in PodTotals.total(spec, "limits").sorted
        where ["cpu", "memory", "ephemeral-storage"].contains(name) {
            out["limits." + name] = amount
        }
    }

    /// Limited compute resources that containers do not mention: `requests.cpu for: main; …`; nil when none.
    static func unspecified(_ pod: JSON, _ hard: Amounts) -> String? {
        let spec = pod["spec"] ?? .null
        var missing: [String: Set<String>] = [:]
        let ownRequests = Amounts(spec["resources", "requests"])
        let ownLimits = Amounts(spec["resources", "limits"])
        for list in ["containers", "initContainers"] {
            for container in spec.list(list) {
                for (name, _) in hard.sorted where computed.contains(name) {
                    let isLimit = name.hasPrefix("limits.")
                    let plainName =
                        name.hasPrefix("requests.")
                        ? String(name.dropFirst(9)) : isLimit ? String(name.dropFirst(7)) : name
                    if (isLimit ? ownLimits : ownRequests)[plainName] != nil { continue }
                    let part = isLimit ? "limits" : "requests"
                    if container["resources", part, plainName] == nil {
                        missing[name, default: []].insert(container.text("name"))
                    }
                }
            }
        }
        if missing.isEmpty { return nil }
        return missing.sorted { $0.key < $1.key }.map { "\($0.key) for: \($0.value.sorted().joined(separator: ","))" }
            .joined(separator: "; ")
    }
}

/// Which objects a quota with scopes speaks of.
enum QuotaScopes {
    static func matches(_ quota: JSON, _ request: AdmissionRequest) -> Bool {
        var scopes: [JSON] = quota["spec"]?.list("scopes").map { ["scopeName": $0, "operator": "Exists"] } ?? []
        scopes += quota["spec", "scopeSelector"]?.list("matchExpressions") ?? []
        if scopes.isEmpty { return true }
        if request.isFor("persistentvolumeclaims") {
            return scopes.allSatisfy { scope in
                scope.text("scopeName") == "VolumeAttributesClass"
                    && fits(request.object["spec", "volumeAttributesClassName"]?.string ?? "", scope)
            }
        }
        guard request.type.resource == "pods", request.type.group.isEmpty else { return false }
        let spec = request.object["spec"] ?? .null
        return scopes.allSatisfy { scope in
            switch scope.text("scopeName") {
            case "Terminating": (spec.integer("activeDeadlineSeconds") ?? -1) >= 0
            case "NotTerminating": (spec.integer("activeDeadlineSeconds") ?? -1) < 0
            case "BestEffort": isBestEffort(spec)
            case "NotBestEffort": !isBestEffort(spec)
            case "PriorityClass": fits(spec.text("priorityClassName"), scope)
            case "CrossNamespacePodAffinity": crossesNamespaces(spec)
            default: false
            }
        }
    }

    private static func fits(_ value: String, _ scope: JSON) -> Bool {
        let values = scope["values"]?.strings ?? []
        return switch scope.text("operator") {
        case "In": values.contains(value)
        case "NotIn": !values.contains(value)
        case "DoesNotExist": value.isEmpty
        default: !value.isEmpty
        }
    }

    private static func isBestEffort(_ spec: JSON) -> Bool {
        for list in ["containers", "initContainers"] {
            for container in spec.list(list) {
                for part in ["requests", "limits"] where container["resources", part]?.entries.isEmpty == false {
                    return false
                }
            }
        }
        return true
    }

    private static func crossesNamespaces(_ spec: JSON) -> Bool {
        for kind in ["podAffinity", "podAntiAffinity"] {
            let affinity = spec["affinity", kind] ?? .null
            var terms = affinity.list("requiredDuringSchedulingIgnoredDuringExecution")
            terms += affinity.list("preferredDuringSchedulingIgnoredDuringExecution").map {
                $0["podAffinityTerm"] ?? .null
            }
            if terms.contains(where: { !$0.list("namespaces").isEmpty || $0.has("namespaceSelector") }) { return true }
        }
        return false
    }
}
