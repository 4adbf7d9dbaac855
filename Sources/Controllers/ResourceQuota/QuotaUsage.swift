import Document
import Records
import Schema

/// What one quota counts in its namespace.
struct QuotaUsage {
    private let namespace: String
    private let view: ClusterView
    private var scopes: [(name: String, comparison: String, values: [String])] = []
    private let pods: [JSON]

    init(quota: JSON, namespace: String, view: ClusterView) {
        self.namespace = namespace
        self.view = view
        for scope in quota["spec"]?["scopes"]?.strings ?? [] { scopes.append((scope, "Exists", [])) }
        for entry in quota["spec"]?["scopeSelector"]?["matchExpressions"]?.elements ?? [] {
            scopes.append(
                (
                    entry["scopeName"]?.string ?? "", entry["operator"]?.string ?? "Exists",
                    entry["values"]?.strings ?? []
                ))
        }
        let names = quota["spec"]?["hard"]?.entries.keys ?? []
        let counted = scopes
        let needsPods = names.contains { Self.isPodResource($0) }
        pods =
            needsPods
            ? view.pods.all(in: namespace).filter { !$0.isFinished }.compactMap { view.document($0.key) }
                .filter { Self.matches(counted, $0) } : []
    }

    private static func isPodResource(_ name: String) -> Bool {
        ["pods", "cpu", "memory", "ephemeral-storage"].contains(name)
            || ((name.hasPrefix("requests.") && name != "requests.storage") || name.hasPrefix("limits."))
            || name.hasPrefix("hugepages-")
    }

    private static func matches(_ scopes: [(name: String, comparison: String, values: [String])], _ pod: JSON) -> Bool {
        let isTerminating = (pod["spec"]?["activeDeadlineSeconds"]?.int ?? -1) >= 0
        let isBestEffort = pod["status"]?["qosClass"]?.string == "BestEffort"
        for scope in scopes {
            let holds: Bool
            switch scope.name {
            case "Terminating": holds = isTerminating
            case "NotTerminating": holds = !isTerminating
            case "BestEffort": holds = isBestEffort
            case "NotBestEffort": holds = !isBestEffort
            case "PriorityClass":
                let name = pod["spec"]?["priorityClassName"]?.string ?? ""
                switch scope.comparison {
                case "In": holds = scope.values.contains(name)
                case "NotIn": holds = !scope.values.contains(name)
                case "DoesNotExist": holds = name.isEmpty
                default: holds = !name.isEmpty
                }
            case "CrossNamespacePodAffinity": holds = crossesNamespaces(pod)
            default: holds = false
            }
            if !holds { return false }
        }
        return true
    }
    private static func crossesNamespaces(_ pod: JSON) -> Bool {
        for kind in ["podAffinity", "podAntiAffinity"] {
            let affinity = pod["spec"]?["affinity"]?[kind]
            var terms = affinity?["requiredDuringSchedulingIgnoredDuringExecution"]?.elements ?? []
            terms += (affinity?["preferredDuringSchedulingIgnoredDuringExecution"]?.elements ?? []).compactMap {
                $0["podAffinityTerm"]
            }
            if terms.contains(where: { $0["namespaces"]?.elements.isEmpty == false || $0["namespaceSelector"] != nil })
            {
                return true
            }
        }
        return false
    }

    /// The amount in use; nil when the name means nothing here.
    func of(_ name: String) -> Quantity? {
        if name == "pods" { return Quantity(Int64(pods.count)) }
        if Self.isPodResource(name) {
            let isLimit = name.hasPrefix("limits.")
            var resource = name
            for prefix in ["requests.", "limits."] where resource.hasPrefix(prefix) {
                resource = String(resource.dropFirst(prefix.utf8.count))
            }
            var total: Quantity?
            for pod in pods {
                guard let amount = Self.amount(resource, isLimit ? "limits" : "requests", of: pod["spec"] ?? .null)
                else { continue }
                total = total.map { $0 + amount } ?? amount
            }
            return total ?? .zero
        }
        // Scoped quotas count pods alone.
        if !scopes.isEmpty { return nil }
        if name == "requests.storage" { return storage(className: nil) }
        if let at = name.firstRange(of: ".storageclass.storage.k8s.io/") {
            let className = String(name[..<at.lowerBound])
            return name.hasSuffix("requests.storage")
                ? storage(className: className) : Quantity(Int64(claims(className: className).count))
        }
        switch name {
        case "services.nodeports":
            var count: Int64 = 0
            for service in view.documents(.services, namespace: namespace) {
                let type = service["spec"]?["type"]?.string
                guard type == "NodePort" || type == "LoadBalancer" else { continue }
                count += Int64(
                    (service["spec"]?["ports"]?.elements ?? []).filter { $0["nodePort"]?.int ?? 0 != 0 }.count)
            }
            return Quantity(count)
        case "services.loadbalancers":
            let all = view.documents(.services, namespace: namespace)
            return Quantity(Int64(all.filter { $0["spec"]?["type"]?.string == "LoadBalancer" }.count))
        case "configmaps", "secrets", "services", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas":
            return Quantity(Int64(view.state.count(GroupResource(resource: name), namespace: namespace)))
        default:
            guard name.hasPrefix("count/") else { return nil }
            let rest = name.dropFirst(6)
            let parts = rest.split(separator: ".", maxSplits: 1).map(String.init)
            let store = GroupResource(group: parts.count == 2 ? parts[1] : "", resource: parts.first ?? "")
            return Quantity(Int64(view.state.count(store, namespace: namespace)))
        }
    }

    private func claims(className: String?) -> [JSON] {
        view.documents(.volumeClaims, namespace: namespace).filter {
            className == nil || $0["spec"]?["storageClassName"]?.string == className
        }
    }
    private func storage(className: String?) -> Quantity {
        var total: Quantity?
        for claim in claims(className: className) {
            guard let amount = claim["spec"]?["resources"]?["requests"]?["storage"].flatMap({ Quantity($0) }) else {
                continue
            }
            total = total.map { $0 + amount } ?? amount
        }
        return total ?? .zero
    }

    /// A pod's whole request or limit of one resource: containers together or the hungriest init container.
    private static func amount(_ resource: String, _ member: String, of spec: JSON) -> Quantity? {
        var total: Quantity?
        var most: Quantity?
        for container in spec["containers"]?.elements ?? [] {
            guard let amount = container["resources"]?[member]?[resource].flatMap({ Quantity($0) }) else { continue }
            total = total.map { $0 + amount } ?? amount
        }
        for container in spec["initContainers"]?.elements ?? [] {
            guard let amount = container["resources"]?[member]?[resource].flatMap({ Quantity($0) }) else { continue }
            if container["restartPolicy"]?.string == "Always" {
                total = total.map { $0 + amount } ?? amount
            } else if most.map({ $0 < amount }) ?? true {
                most = amount
            }
        }
        if let most, total.map({ $0 < most }) ?? true { total = most }
        if let over = spec["overhead"]?[resource].flatMap({ Quantity($0) }) { total = total.map { $0 + over } ?? over }
        return total
    }
}
