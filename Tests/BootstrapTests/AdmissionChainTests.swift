import Admission
import ClusterState
import Document
import Records
import Schema
import Testing

@Suite struct AdmissionChainTests {
    private func cluster() throws -> SmallCluster {
        var cluster = try SmallCluster.bootstrapped()
        try cluster.write(.create, "v1", "namespaces", ["metadata": ["name": "x"]])
        try cluster.write(.create, "v1", "serviceaccounts", ["metadata": ["name": "default", "namespace": "x"]])
        return cluster
    }

    private func pod(_ name: String, _ container: JSON = [:], _ spec: JSON = [:]) -> JSON {
        var main = container
        main["name"] = "main"
        main["image"] = "busybox"
        var all = spec
        all["containers"] = [main]
        return ["metadata": ["name": .string(name), "namespace": "x"], "spec": all]
    }

    @Test func aPodGetsItsTokenTolerationsAndPriority() throws {
        var cluster = try cluster()
        let spec = try cluster.write(.create, "v1", "pods", pod("p")).answer["spec"]
        #expect(spec?["serviceAccountName"] == "default")
        #expect(spec?["priority"] == 0)
        #expect(spec?["tolerations"]?.elements.count == 2)
        #expect(spec?["volumes"]?[0]?["projected", "sources"]?.elements.count == 3)
        #expect(spec?["containers"]?[0]?["volumeMounts"]?[0]?["name"] == spec?["volumes"]?[0]?["name"])
        #expect(
            cluster.refusal(.create, "v1", "pods", pod("q", [:], ["serviceAccountName": "none"]))
                == #"pods "q" is forbidden: error looking up service account x/none: serviceaccount "none" not found"#)
    }

    @Test func namespacesMustExistAndLive() throws {
        var cluster = try cluster()
        #expect(
            cluster.refusal(.create, "v1", "configmaps", ["metadata": ["name": "c", "namespace": "gone"]])
                == #"namespaces "gone" not found"#)
        #expect(
            cluster.refusal(.delete, "v1", "namespaces", .null, name: "default")
                == #"namespaces "default" is forbidden: this namespace may not be deleted"#)
    }

    @Test func quotasCountAndRefuse() throws {
        var cluster = try cluster()
        let quota: JSON = [
            "metadata": ["name": "q", "namespace": "x"], "spec": ["hard": ["configmaps": "2", "requests.cpu": "1"]],
        ]
        try cluster.write(.create, "v1", "resourcequotas", quota)
        let status: JSON = [
            "status": [
                "hard": ["configmaps": "2", "requests.cpu": "1"], "used": ["configmaps": "1", "requests.cpu": "0"],
            ]
        ]
        try cluster.write(.patch, "v1", "resourcequotas", status, name: "q", namespace: "x", subresource: "status")
        try cluster.write(.create, "v1", "configmaps", ["metadata": ["name": "one", "namespace": "x"]])
        #expect(cluster.object("resourcequotas", "x", "q")?["status", "used", "configmaps"] == "2")
        #expect(
            cluster.refusal(.create, "v1", "configmaps", ["metadata": ["name": "two", "namespace": "x"]])
                == #"configmaps "two" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=2, limited: configmaps=2"#
        )
        #expect(
            cluster.refusal(.create, "v1", "pods", pod("p"))
                == #"pods "p" is forbidden: failed quota: q: must specify requests.cpu for: main"#)
        #expect(
            cluster.refusal(.create, "v1", "pods", pod("big", ["resources": ["requests": ["cpu": "2"]]]))
                == #"pods "big" is forbidden: exceeded quota: q, requested: requests.cpu=2, used: requests.cpu=0, limited: requests.cpu=1"#
        )
    }

    @Test func limitRangesFillInAndRefuse() throws {
        var cluster = try cluster()
        let limit: JSON = [
            "default": ["cpu": "500m"], "defaultRequest": ["cpu": "100m"], "max": ["cpu": "1"],
            "maxLimitRequestRatio": ["cpu": "10"],
            "min": ["cpu": "50m"], "type": "Container",
        ]
        try cluster.write(
            .create, "v1", "limitranges", ["metadata": ["name": "l", "namespace": "x"], "spec": ["limits": [limit]]])
        let made = try cluster.write(.create, "v1", "pods", pod("p")).answer
        #expect(
            made["metadata", "annotations", "kubernetes.io/limit-ranger"]
                == "LimitRanger plugin set: cpu request for container main; cpu limit for container main")
        #expect(
            cluster.refusal(.create, "v1", "pods", pod("q", ["resources": ["limits": ["cpu": "2"]]]))
                == #"pods "q" is forbidden: maximum cpu usage per Container is 1, but limit is 2"#)
        #expect(
            cluster.refusal(.create, "v1", "pods", pod("r", ["resources": ["requests": ["cpu": "10m"]]]))
                == #"pods "r" is forbidden: [minimum cpu usage per Container is 50m, but request is 10m, cpu max limit to request ratio per Container is 10, but provided ratio is 50.000000]"#
        )
    }

    @Test func namespacesSayWhatPodsMayAskFor() throws {
        var cluster = try cluster()
        let labels: JSON = [
            "metadata": [
                "labels": [
                    "pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/warn": "restricted",
                ]
            ]
        ]
        try cluster.write(.patch, "v1", "namespaces", labels, name: "x")
        #expect(
            cluster.refusal(
                .create, "v1", "pods", pod("p", ["securityContext": ["privileged": true]], ["hostPID": true]))
                == #"pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true), privileged (container "main" must not set securityContext.privileged=true)"#
        )
        let decision = try cluster.write(.create, "v1", "pods", pod("q"))
        #expect(
            decision.warnings.contains {
                $0.hasPrefix(#"would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false"#)
            })
    }

    @Test func aKubeletKeepsToItsOwnNode() throws {
        var cluster = try cluster()
        let kubelet = UserInfo(name: "system:node:n1", groups: ["system:nodes", "system:authenticated"])
        let node = try cluster.write(.create, "v1", "nodes", ["metadata": ["name": "n1"]], as: kubelet).answer
        #expect(node["spec", "taints"]?[0]?["key"] == "node.kubernetes.io/not-ready")
        #expect(
            cluster.refusal(.create, "v1", "nodes", ["metadata": ["name": "n2"]], as: kubelet)
                == #"nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2""#)
    }
}
