import Document

/// The default roles and bindings of RBAC: upstream's bootstrap policy.
enum BootstrapRoles {
    static let apiVersion = "rbac.authorization.k8s.io/v1"

    /// Roles of single namespaces, in the form of `ClusterRoleTable`; names begin with the namespace.
    private static let namespacedRoles = """
        kube-public/system:controller:bootstrap-signer
        R core configmaps
        update core configmaps cluster-info
        EVENTS

        kube-system/extension-apiserver-authentication-reader
        R core configmaps extension-apiserver-authentication

        kube-system/system:controller:bootstrap-signer
        R core secrets

        kube-system/system:controller:cloud-provider
        create,get,list,watch core configmaps

        kube-system/system:controller:token-cleaner
        delete,get,list,watch core secrets
        EVENTS

        kube-system/system::leader-locking-kube-controller-manager
        watch core configmaps
        get,update core configmaps kube-controller-manager

        kube-system/system::leader-locking-kube-scheduler
        watch core configmaps
        get,update core configmaps kube-scheduler
        """

    /// Bindings: name, role and subjects (`Group:…`, `User:…`, `ServiceAccount:namespace/name`).
    private static let clusterBindings = """
        cluster-admin cluster-admin Group=system:masters
        system:monitoring system:monitoring Group=system:monitoring
        system:discovery system:discovery Group=system:authenticated
        system:basic-user system:basic-user Group=system:authenticated
        system:public-info-viewer system:public-info-viewer Group=system:authenticated Group=system:unauthenticated
        system:node-proxier system:node-proxier User=system:kube-proxy
        system:kube-controller-manager system:kube-controller-manager User=system:kube-controller-manager
        system:kube-dns system:kube-dns ServiceAccount=kube-system/kube-dns
        system:kube-scheduler system:kube-scheduler User=system:kube-scheduler
        system:volume-scheduler system:volume-scheduler User=system:kube-scheduler
        system:service-account-issuer-discovery system:service-account-issuer-discovery Group=system:serviceaccounts
        system:node system:node
        """
    private static let namespacedBindings = """
        kube-public/system:controller:bootstrap-signer system:controller:bootstrap-signer ServiceAccount=kube-system/bootstrap-signer
        kube-system/system:controller:bootstrap-signer system:controller:bootstrap-signer ServiceAccount=kube-system/bootstrap-signer
        kube-system/system:controller:cloud-provider system:controller:cloud-provider ServiceAccount=kube-system/cloud-provider
        kube-system/system:controller:token-cleaner system:controller:token-cleaner ServiceAccount=kube-system/token-cleaner
        kube-system/system::leader-locking-kube-controller-manager system::leader-locking-kube-controller-manager User=system:kube-controller-manager ServiceAccount=kube-system/kube-controller-manager
        kube-system/system::leader-locking-kube-scheduler system::leader-locking-kube-scheduler User=system:kube-scheduler ServiceAccount=kube-system/kube-scheduler
        kube-system/system::extension-apiserver-authentication-reader extension-apiserver-authentication-reader User=system:kube-controller-manager User=system:kube-scheduler
        """

    /// Everything, in the order in which upstream creates it.
    static var objects: [Bootstrap.Object] {
        var out: [Bootstrap.Object] = []
        for role in parseRoles(ClusterRoleTable.text) { out.append((apiVersion, "clusterroles", role)) }
        let controllers = parseRoles(ControllerRoleTable.text, prefix: "system:controller:")
        for role in controllers { out.append((apiVersion, "clusterroles", role)) }
        for binding in parseBindings(clusterBindings) { out.append((apiVersion, "clusterrolebindings", binding)) }
        for role in controllers {
            let name = role["metadata", "name"]?.string ?? ""
            let account = name.dropFirst("system:controller:".count)
            let line = "\(name) \(name) ServiceAccount=kube-system/\(account)"
            for binding in parseBindings(line) { out.append((apiVersion, "clusterrolebindings", binding)) }
        }
        for role in parseRoles(namespacedRoles) { out.append((apiVersion, "roles", role)) }
        for binding in parseBindings(namespacedBindings) { out.append((apiVersion, "rolebindings", binding)) }
        return out
    }

    private static func parseRoles(_ text: String, prefix: String = "") -> [JSON] {
        var roles: [JSON] = []
        var lines: [[Substring]] = []
        for line in (text + "\n").split(separator: "\n", omittingEmptySubsequences: false) {
            let words = line.split(separator: " ")
            if !words.isEmpty {
                lines.append(words)
            } else if let head = lines.first {
                roles.append(role(head, lines.dropFirst(), prefix))
                lines = []
            }
        }
        return roles
    }

    private static func role(_ head: [Substring], _ rules: ArraySlice<[Substring]>, _ prefix: String) -> JSON {
        let (namespace, name) = place(prefix + head[0])
        var labels: JSONObject = ["kubernetes.io/bootstrapping": "rbac-defaults"]
        var out: JSON = ["apiVersion": .string(apiVersion), "kind": namespace.isEmpty ? "ClusterRole" : "Role"]
        for word in head.dropFirst() {
            if word.utf8.starts(with: "collects=".utf8) {
                let label = "rbac.authorization.k8s.io/" + word.dropFirst("collects=".count)
                out["aggregationRule"] = ["clusterRoleSelectors": [["matchLabels": .object([label: "true"])]]]
            } else {
                labels["rbac.authorization.k8s.io/" + word] = "true"
            }
        }
        out["metadata"] = metadata(namespace, name, labels)
        out["rules"] = rules.isEmpty ? .null : .array(rules.map(rule))
        return out
    }

    private static func rule(_ words: [Substring]) -> JSON {
        func list(_ text: Substring) -> JSON {
            .array(text.split(separator: ",").map { .string($0 == "core" ? "" : String($0)) })
        }
        if words[0] == "EVENTS" { return rule(["create,patch,update", "core,events.k8s.io", "events"]) }
        var out: JSONObject = [:]
        switch words[0] {
        case "R": out["verbs"] = ["get", "list", "watch"]
        case "W": out["verbs"] = ["create", "delete", "deletecollection", "patch", "update"]
        case "RW": out["verbs"] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
        default: out["verbs"] = list(words[0])
        }
        if words[1] == "paths" {
            out["nonResourceURLs"] = list(words[2])
        } else {
            out["apiGroups"] = list(words[1])
            out["resources"] = list(words[2])
            if words.count > 3 { out["resourceNames"] = list(words[3]) }
        }
        return .object(out)
    }

    private static func parseBindings(_ text: String) -> [JSON] {
        text.split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            let (namespace, name) = place(String(words[0]))
            var out: JSON = [
                "apiVersion": .string(apiVersion), "kind": namespace.isEmpty ? "ClusterRoleBinding" : "RoleBinding",
                "metadata": metadata(namespace, name, ["kubernetes.io/bootstrapping": "rbac-defaults"]),
                "roleRef": [
                    "apiGroup": "rbac.authorization.k8s.io", "kind": namespace.isEmpty ? "ClusterRole" : "Role",
                    "name": .string(String(words[1])),
                ],
            ]
            if words.count > 2 { out["subjects"] = .array(words.dropFirst(2).map(subject)) }
            return out
        }
    }

    private static func subject(_ word: Substring) -> JSON {
        let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
        if parts[0] == "ServiceAccount" {
            let (namespace, name) = place(parts[1])
            return ["kind": "ServiceAccount", "name": .string(name), "namespace": .string(namespace)]
        }
        return ["apiGroup": "rbac.authorization.k8s.io", "kind": .string(parts[0]), "name": .string(parts[1])]
    }

    /// `namespace/name`, or a name of the whole cluster.
    private static func place(_ text: String) -> (namespace: String, name: String) {
        let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
        return parts.count == 2 ? (parts[0], parts[1]) : ("", text)
    }

    private static func metadata(_ namespace: String, _ name: String, _ labels: JSONObject) -> JSON {
        var out: JSON = [
            "annotations": ["rbac.authorization.kubernetes.io/autoupdate": "true"], "labels": .object(labels),
            "name": .string(name),
        ]
        if !namespace.isEmpty { out["namespace"] = .string(namespace) }
        return out
    }
}
