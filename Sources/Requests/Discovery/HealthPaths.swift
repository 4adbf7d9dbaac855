/// `/healthz`, `/livez` and `/readyz` with the names of their single checks, which are upstream's: clients ask for some of them.
public enum HealthPaths {
    static let hooks = [
        "apiservice-discovery-controller", "apiservice-openapi-controller", "apiservice-openapiv3-controller",
        "apiservice-registration-controller", "apiservice-status-local-available-controller",
        "apiservice-status-remote-available-controller", "apiservice-wait-for-first-sync", "bootstrap-controller",
        "crd-informer-synced", "generic-apiserver-start-informers", "kube-apiserver-autoregistration",
        "peer-endpoint-reconciler-controller", "priority-and-fairness-config-consumer",
        "priority-and-fairness-config-producer",
        "priority-and-fairness-filter", "rbac/bootstrap-roles", "scheduling/bootstrap-system-priority-classes",
        "start-apiextensions-controllers", "start-apiextensions-informers", "start-apiserver-admission-initializer",
        "start-cluster-authentication-info-controller", "start-kube-aggregator-informers",
        "start-kube-apiserver-identity-lease-controller", "start-kube-apiserver-identity-lease-garbage-collector",
        "start-kubernetes-service-cidr-controller", "start-legacy-token-tracking-controller",
        "start-service-ip-repair-controllers",
        "start-system-namespaces-controller", "storage-object-count-tracker-hook", "storage-readiness",
    ]

    /// The checks below one of the three paths, in order.
    static func checks(_ root: String) -> [String] {
        let first: [String]
        let last: [String]
        switch root {
        case "readyz": (first, last) = (["autoregister-completion", "informer-sync", "log", "ping"], ["shutdown"])
        case "healthz", "livez":
            (first, last) = (["autoregister-completion", "etcd", "log", "loopback-serving-certificate", "ping"], [])
        default: return []
        }
        return first + hooks.map { "poststarthook/" + $0 } + last
    }

    /// The answer to a GET below these paths as plain text; nil for other paths and for checks that there are not.
    /// `isReady` is false until the server serves.
    public static func answer(path: String, query: Query, isReady: Bool) -> (code: Int, text: String)? {
        var parts = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: true).map(String.init)
        guard let root = parts.first, root == "healthz" || root == "livez" || root == "readyz" else { return nil }
        if parts.count == 2, parts[1].isEmpty { parts.removeLast() }
        let all = checks(root)
        let isGood = isReady || root != "readyz"
        if parts.count == 2 {
            guard all.contains(parts[1]) else { return nil }
            return isGood || parts[1] == "ping" ? (200, "ok") : (500, "internal server error: not ready\n")
        }
        guard query["verbose"] != nil || !isGood else { return (200, "ok") }
        let excluded = Set(query.all("exclude"))
        var text = ""
        for check in all where !excluded.contains(check) {
            text += isGood || check == "ping" ? "[+]\(check) ok\n" : "[-]\(check) failed: reason withheld\n"
        }
        return isGood ? (200, text + "\(root) check passed\n") : (500, text + "\(root) check failed\n")
    }
}
