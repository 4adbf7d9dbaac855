import Document

/// The mandatory and suggested configuration of API priority and fairness.
enum BootstrapFlowControl {
    static let apiVersion = "flowcontrol.apiserver.k8s.io/v1"

    /// name, shares, lendable percent, queues, hand size, length limit; a level without queues rejects, one without shares is exempt.
    private static let levels:
        [(name: String, shares: Int64, lendable: Int64, queues: Int64, hand: Int64, length: Int64)] = [
            ("exempt", 0, 0, 0, 0, 0),
            ("catch-all", 5, 0, 0, 0, 0),
            ("system", 30, 33, 64, 6, 50),
            ("node-high", 40, 25, 64, 6, 50),
            ("leader-election", 10, 0, 16, 4, 50),
            ("workload-high", 40, 50, 128, 6, 50),
            ("workload-low", 100, 90, 128, 6, 50),
            ("global-default", 20, 50, 128, 6, 50),
        ]

    private static func groups(_ name: String) -> JSON { ["kind": "Group", "group": ["name": .string(name)]] }
    private static func users(_ name: String) -> JSON { ["kind": "User", "user": ["name": .string(name)]] }
    private static func accounts(_ name: String, _ namespace: String) -> JSON {
        ["kind": "ServiceAccount", "serviceAccount": ["name": .string(name), "namespace": .string(namespace)]]
    }

    private static func resources(
        _ verbs: [JSON], _ apiGroups: [JSON], _ resources: [JSON], _ namespaces: [JSON], cluster: Bool
    ) -> JSON {
        var rule: JSON = [
            "apiGroups": .array(apiGroups), "namespaces": .array(namespaces), "resources": .array(resources),
            "verbs": .array(verbs),
        ]
        if cluster { rule["clusterScope"] = true }
        return rule
    }
    private static let everyResource = resources(["*"], ["*"], ["*"], ["*"], cluster: true)
    private static let everyPath: JSON = ["nonResourceURLs": ["*"], "verbs": ["*"]]

    private static func schema(
        _ name: String, _ level: String, _ precedence: Int64, distinguisher: String?, _ subjects: [JSON],
        _ resources: [JSON],
        _ paths: [JSON]
    ) -> JSON {
        var rule: JSON = ["subjects": .array(subjects)]
        if !resources.isEmpty { rule["resourceRules"] = .array(resources) }
        if !paths.isEmpty { rule["nonResourceRules"] = .array(paths) }
        var spec: JSON = [
            "matchingPrecedence": .int(precedence), "priorityLevelConfiguration": ["name": .string(level)],
            "rules": [rule],
        ]
        if let distinguisher { spec["distinguisherMethod"] = ["type": .string(distinguisher)] }
        return object("FlowSchema", name, spec)
    }

    private static func object(_ kind: String, _ name: String, _ spec: JSON) -> JSON {
        [
            "apiVersion": .string(apiVersion), "kind": .string(kind),
            "metadata": ["annotations": ["apf.kubernetes.io/autoupdate-spec": "true"], "name": .string(name)],
            "spec": spec, "status": [:],
        ]
    }

    static var objects: [Bootstrap.Object] {
        var out: [Bootstrap.Object] = []
        for level in levels {
            var spec: JSON
            if level.name == "exempt" {
                spec = ["type": "Exempt", "exempt": ["lendablePercent": 0, "nominalConcurrencyShares": 0]]
            } else {
                var response: JSON = ["type": level.queues == 0 ? "Reject" : "Queue"]
                if level.queues > 0 {
                    response["queuing"] = [
                        "handSize": .int(level.hand), "queueLengthLimit": .int(level.length),
                        "queues": .int(level.queues),
                    ]
                }
                spec = [
                    "type": "Limited",
                    "limited": [
                        "lendablePercent": .int(level.lendable), "limitResponse": response,
                        "nominalConcurrencyShares": .int(level.shares),
                    ],
                ]
            }
            out.append(
                (apiVersion, "prioritylevelconfigurations", object("PriorityLevelConfiguration", level.name, spec)))
        }
        for schema in schemas { out.append((apiVersion, "flowschemas", schema)) }
        return out
    }

    private static var schemas: [JSON] {
        let everyone = [groups("system:unauthenticated"), groups("system:authenticated")]
        let probes: JSON = ["nonResourceURLs": ["/healthz", "/livez", "/readyz"], "verbs": ["get"]]
        let leaders = [
            users("system:kube-controller-manager"), users("system:kube-scheduler"), accounts("*", "kube-system"),
        ]
        let leases = resources(["get", "create", "update"], ["coordination.k8s.io"], ["leases"], ["*"], cluster: false)
        let nodes = [
            resources(["*"], [""], ["nodes", "nodes/status"], ["*"], cluster: true),
            resources(["*"], ["coordination.k8s.io"], ["leases"], ["*"], cluster: false),
        ]
        let endpoints = [
            resources(["get", "create", "update"], [""], ["endpoints"], ["*"], cluster: false), leases,
        ]
        return [
            schema("exempt", "exempt", 1, distinguisher: nil, [groups("system:masters")], [everyResource], [everyPath]),
            schema("catch-all", "catch-all", 10000, distinguisher: "ByUser", everyone, [everyResource], [everyPath]),
            schema("probes", "exempt", 2, distinguisher: nil, everyone, [], [probes]),
            schema(
                "endpoint-controller", "workload-high", 150, distinguisher: "ByUser",
                [
                    users("system:kube-controller-manager"), accounts("endpoint-controller", "kube-system"),
                    accounts("endpointslicemirroring-controller", "kube-system"),
                ], [endpoints[0]], []),
            schema("system-leader-election", "leader-election", 100, distinguisher: "ByUser", leaders, [leases], []),
            schema("workload-leader-election", "leader-election", 200, distinguisher: "ByUser", leaders, [leases], []),
            schema("system-node-high", "node-high", 400, distinguisher: "ByUser", [groups("system:nodes")], nodes, []),
            schema(
                "system-nodes", "system", 500, distinguisher: "ByUser", [groups("system:nodes")], [everyResource],
                [everyPath]),
            schema(
                "kube-controller-manager", "workload-high", 800, distinguisher: "ByNamespace",
                [users("system:kube-controller-manager")], [everyResource], [everyPath]),
            schema(
                "kube-scheduler", "workload-high", 800, distinguisher: "ByNamespace", [users("system:kube-scheduler")],
                [everyResource], [everyPath]),
            schema(
                "kube-system-service-accounts", "workload-high", 900, distinguisher: "ByNamespace",
                [accounts("*", "kube-system")], [everyResource], [everyPath]),
            schema(
                "service-accounts", "workload-low", 9000, distinguisher: "ByUser", [groups("system:serviceaccounts")],
                [everyResource], [everyPath]),
            schema(
                "global-default", "global-default", 9900, distinguisher: "ByUser", everyone, [everyResource],
                [everyPath]),
        ]
    }
}
