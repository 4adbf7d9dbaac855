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
    public static func checks(_ root: String) -> [String] {
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
    /// `failing` has the checks that fail now, with the reason.
    public static func answer(path: String, query: Query, failing: [String: String]) -> (code: Int, text: String)? {
        var parts = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: true).map(String.init)
        guard let root = parts.first, root == "healthz" || root == "livez" || root == "readyz" else { return nil }
        if parts.count == 2, parts[1].isEmpty { parts.removeLast() }
        let all = checks(root)
        if parts.count == 2 {
            guard all.contains(parts[1]) else { return nil }
            return failing[parts[1]].map { (500, "internal server error: \($0)\n") } ?? (200, "ok")
        }
        let isVerbose = query["verbose"] != nil
        if failing.isEmpty, !isVerbose { return (200, "ok") }
        var excluded = Set(query.all("exclude"))
        var text = ""
        var isGood = true
        for check in all {
            if excluded.remove(check) != nil {
                text += "[+]\(check) excluded: ok\n"
            } else if failing[check] != nil {
                isGood = false
                text += "[-]\(check) failed: reason withheld\n"
            } else {
                text += "[+]\(check) ok\n"
            }
        }
        if !excluded.isEmpty {
            let names = excluded.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
            text += "warn: some health checks cannot be excluded: no matches for \(names)\n"
        }
        if !isGood { return (500, text + "\(root) check failed\n") }
        return (200, isVerbose ? text + "\(root) check passed\n" : "ok")
    }
}
