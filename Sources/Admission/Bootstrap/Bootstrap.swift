import Addresses
public import ClusterState
public import Document
import Schema

/// The objects that an API server makes when it starts and does not find them.
public enum Bootstrap {
    /// One object and where it is created.
    public typealias Object = (apiVersion: String, resource: String, object: JSON)

    /// The annotation with which a person keeps a default role as it is: `"false"`.
    public static let autoupdate = "rbac.authorization.kubernetes.io/autoupdate"

    /// The ConfigMap that says since when the use of service accounts' Secrets is tracked.
    static let legacyTokenTracking = "kube-apiserver-legacy-service-account-token-tracking"

    /// Everything, in the order of creation. Each is created only when it is missing; default roles and bindings are also
    /// completed by `reconciled`.
    /// - Parameters:
    ///   - address: the address and port at which pods reach the API server. A loopback or unspecified one is nobody's endpoint,
    ///     so the Service `kubernetes` gets none.
    ///   - today: `2026-11-23`: since when the use of service accounts' Secrets is tracked; empty to leave that out.
    ///   - certificateAuthority: the PEM text of the CA that clients' certificates are signed by; empty to leave it out.
    public static func objects(
        settings: ClusterSettings, address: String = "", port: Int = 6443, certificateAuthority: String = "",
        frontProxyAuthority: String = "", today: String = ""
    ) -> [Object] {
        var out: [Object] = []
        for name in ["default", "kube-system", "kube-node-lease", "kube-public"] {
            out.append(
                ("v1", "namespaces", ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]))
        }
        out += BootstrapRoles.objects
        for (name, value, text) in [
            (
                "system-node-critical", 2_000_001_000,
                "Used for system critical pods that must not be moved from their current node."
            ),
            (
                "system-cluster-critical", 2_000_000_000,
                "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."
            ),
        ] as [(String, Int64, String)] {
            out.append(
                (
                    "scheduling.k8s.io/v1", "priorityclasses",
                    [
                        "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
                        "metadata": ["name": .string(name)],
                        "description": .string(text), "value": .int(value), "preemptionPolicy": "PreemptLowerPriority",
                    ]
                ))
        }
        out += BootstrapFlowControl.objects
        out += BootstrapAPIServices.objects
        out += service(settings, address, port)
        var data: JSON = [:]
        if !certificateAuthority.isEmpty { data["client-ca-file"] = .string(certificateAuthority) }
        if !frontProxyAuthority.isEmpty {
            // By this an aggregated server knows this one, and reads whom a request speaks as.
            data["requestheader-client-ca-file"] = .string(frontProxyAuthority)
            data["requestheader-allowed-names"] = "[\"front-proxy-client\"]"
            data["requestheader-username-headers"] = "[\"X-Remote-User\"]"
            data["requestheader-uid-headers"] = "[\"X-Remote-Uid\"]"
            data["requestheader-group-headers"] = "[\"X-Remote-Group\"]"
            data["requestheader-extra-headers-prefix"] = "[\"X-Remote-Extra-\"]"
        }
        out.append(
            (
                "v1", "configmaps",
                [
                    "apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": ["name": "extension-apiserver-authentication", "namespace": "kube-system"],
                    "data": data,
                ]
            ))
        if !today.isEmpty {
            out.append(
                (
                    "v1", "configmaps",
                    [
                        "apiVersion": "v1", "kind": "ConfigMap",
                        "metadata": ["name": .string(legacyTokenTracking), "namespace": "kube-system"],
                        "data": ["since": .string(today)],
                    ]
                ))
        }
        return out
    }

    /// The range of service addresses, the Service `kubernetes` at its first address, and its endpoints.
    private static func service(_ settings: ClusterSettings, _ address: String, _ port: Int) -> [Object] {
        let range = AddressRange(settings.serviceClusterIPRange)
        let clusterIP = range?.base.ipv4.map { IPAddress(ipv4: $0 + 1).text } ?? ""
        let ports: JSON = [["name": "https", "port": .int(Int64(port)), "protocol": "TCP"]]
        let labels: JSON = ["component": "apiserver", "provider": "kubernetes"]
        var out: [Object] = [
            (
                "networking.k8s.io/v1", "servicecidrs",
                [
                    "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR",
                    "metadata": ["name": "kubernetes"],
                    "spec": ["cidrs": [.string(range?.text ?? settings.serviceClusterIPRange)]],
                ]
            ),
            (
                "v1", "services",
                [
                    "apiVersion": "v1", "kind": "Service",
                    "metadata": ["name": "kubernetes", "namespace": "default", "labels": labels],
                    "spec": [
                        "clusterIP": .string(clusterIP), "type": "ClusterIP", "sessionAffinity": "None",
                        "ipFamilyPolicy": "SingleStack",
                        "ports": [["name": "https", "port": 443, "protocol": "TCP", "targetPort": .int(Int64(port))]],
                    ],
                ]
            ),
        ]
        guard let endpoint = IPAddress(address), !endpoint.isLoopback, !endpoint.isUnspecified else { return out }
        out += [
            (
                "v1", "endpoints",
                [
                    "apiVersion": "v1", "kind": "Endpoints",
                    "metadata": [
                        "name": "kubernetes", "namespace": "default",
                        "labels": ["endpointslice.kubernetes.io/skip-mirror": "true"],
                    ],
                    "subsets": [["addresses": [["ip": .string(address)]], "ports": ports]],
                ]
            ),
            (
                "discovery.k8s.io/v1", "endpointslices",
                [
                    "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                    "addressType": endpoint.isIPv6 ? "IPv6" : "IPv4",
                    "metadata": [
                        "name": "kubernetes", "namespace": "default",
                        "labels": ["kubernetes.io/service-name": "kubernetes"],
                    ],
                    "endpoints": [["addresses": [.string(address)], "conditions": ["ready": true]]], "ports": ports,
                ]
            ),
        ]
        return out
    }

    /// A default role or binding as it should be, when the stored one lacks rules or subjects of ours; nil when nothing is to be
    /// done, or a person annotated it `autoupdate: "false"`. What was added to it stays.
    public static func reconciled(_ stored: JSON, with ours: JSON) -> JSON? {
        if stored["metadata", "annotations", autoupdate]?.string == "false" { return nil }
        if stored["metadata", "name"]?.string == legacyTokenTracking { return nil }
        var out = stored
        if ours["kind"] == "ConfigMap" {
            for (key, value) in ours["data"]?.entries ?? JSONObject() { out["data", key] = value }
        }
        for list in ["rules", "subjects"] where ours["aggregationRule"] == nil {
            let have = stored[list]?.elements ?? []
            let missing = (ours[list]?.elements ?? []).filter { !have.contains($0) }
            if !missing.isEmpty { out[list] = .array(have + missing) }
        }
        if out == stored { return Optional.none }
        return out
    }

    /// Who upstream's server sets the fields of a first object as; empty for the server itself.
    public static func fieldManager(of apiVersion: String) -> String {
        apiVersion.hasPrefix("flowcontrol.apiserver.k8s.io/") ? "api-priority-and-fairness-config-producer-v1" : ""
    }

    /// What the server says of the ServiceCIDR `kubernetes` when it has made it, until the controller does: an apply configuration.
    public static func serviceCIDRStatus(now: Timestamp) -> JSON {
        [
            "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": ["name": "kubernetes"],
            "status": [
                "conditions": [
                    [
                        "type": "Ready", "status": "True",
                        "message": "Kubernetes default Service CIDR is ready",
                        "lastTransitionTime": .string(now.rfc3339),
                    ]
                ]
            ],
        ]
    }

    /// What a ClusterRole with an aggregation rule holds: the rules of every other ClusterRole that one of its selectors matches,
    /// by name, each rule once. nil when the role aggregates nothing.
    public static func aggregatedRules(of role: JSON, in state: ClusterState) -> JSON? {
        guard let selectors = role["aggregationRule", "clusterRoleSelectors"]?.array else { return nil }
        var rules: [JSON] = []
        for other in state.objects(GroupResource(group: "rbac.authorization.k8s.io", resource: "clusterroles")) {
            if other.key.name == role["metadata", "name"]?.string { continue }
            let matches = selectors.contains { selector in
                let wanted = selector["matchLabels"]?.entries.stringPairs ?? []
                return !wanted.isEmpty
                    && wanted.allSatisfy { want in
                        other.labels.contains { $0.key == want.key && $0.value == want.value }
                    }
            }
            guard matches else { continue }
            for rule in other.document["rules"]?.elements ?? [] where !rules.contains(rule) { rules.append(rule) }
        }
        return .array(rules)
    }
}
