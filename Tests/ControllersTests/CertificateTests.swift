import Controllers
import Document
import Records
import Testing

@Suite struct CertificateTests {
    /// Keys that read `CN` off a request that is nothing else, and sign nothing.
    private static let secrets = ClusterSecrets(
        token: { _, _, _, _ in nil },
        read: { .init(commonName: $0, organizations: ["system:nodes"]) },
        sign: { _, _, _ in nil })

    private func request(
        _ name: String, by user: String, groups: [String] = [], for node: String = "system:node:w1",
        signer: String = "kubernetes.io/kube-apiserver-client-kubelet"
    ) -> JSON {
        [
            "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
            "metadata": ["name": .string(name)],
            "spec": [
                "username": .string(user), "groups": .array(groups.map { .string($0) }),
                "request": .string(Base64.encode(Array(node.utf8))), "signerName": .string(signer),
                "usages": ["client auth", "digital signature"],
            ],
        ]
    }
    private func role(_ cluster: inout FakeCluster, _ name: String, _ subresource: String, to group: String) {
        _ = cluster.create(
            [
                "metadata": ["name": .string(name)],
                "rules": [
                    [
                        "apiGroups": ["certificates.k8s.io"], "verbs": ["create"],
                        "resources": [.string("certificatesigningrequests/" + subresource)],
                    ]
                ],
            ], "clusterroles")
        _ = cluster.create(
            [
                "metadata": ["name": .string(name)],
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(name)],
                "subjects": [
                    ["apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": .string(group)]
                ],
            ], "clusterrolebindings")
    }

    @Test func onlyWhoMayHaveANodesCertificateGetsItApproved() throws {
        var run = Simulation([CertificateApprovingController(secrets: Self.secrets)]) {
            role(&$0, "join", "nodeclient", to: "system:bootstrappers")
            role(&$0, "renew", "selfnodeclient", to: "system:nodes")
            _ = $0.create(request("joins", by: "b", groups: ["system:bootstrappers"]), "certificatesigningrequests")
            _ = $0.create(
                request("renews", by: "system:node:w1", groups: ["system:nodes"]), "certificatesigningrequests")
            _ = $0.create(
                request("steals", by: "system:node:w2", groups: ["system:nodes"]), "certificatesigningrequests")
            _ = $0.create(
                request(
                    "serves", by: "b", groups: ["system:bootstrappers"], signer: "kubernetes.io/kubelet-serving"),
                "certificatesigningrequests")
        }
        run.settle()
        func approval(_ name: String) -> String? {
            let status = run.cluster.get("certificatesigningrequests", "", name)?["status"]
            return status?["conditions"]?.elements.first { $0["type"] == "Approved" }?["message"]?.string
        }
        #expect(approval("joins") == "Auto approving kubelet client certificate after SubjectAccessReview.")
        #expect(approval("renews") == "Auto approving self kubelet client certificate after SubjectAccessReview.")
        #expect(approval("steals") == nil)
        #expect(approval("serves") == nil)
    }

    @Test func requestsGoWhenNobodyNeedsThem() throws {
        var run = Simulation([CertificateCleaner()])
        let start = run.cluster.now
        func add(_ name: String, _ status: JSON) {
            var object = request(name, by: "b")
            object["status"] = status
            _ = run.cluster.create(object, "certificatesigningrequests")
        }
        func condition(_ type: String) -> JSON {
            ["conditions": [["type": .string(type), "status": "True", "lastUpdateTime": .string(start.rfc3339)]]]
        }
        add("pending", [:])
        add("denied", condition("Denied"))
        add("failed", condition("Failed"))
        add("waiting", condition("Approved"))
        var issued = condition("Approved")
        issued["certificate"] = "eA=="
        add("issued", issued)
        func left() -> [String] {
            run.settle()
            return run.cluster.list("certificatesigningrequests").compactMap { $0["metadata", "name"]?.string }.sorted()
        }
        #expect(left().count == 5)
        run.settle(passing: 3599)
        #expect(left().count == 5)
        run.settle(passing: 2)
        #expect(left() == ["pending", "waiting"])
        run.settle(passing: 86400 - 3600)
        #expect(left() == ["waiting"])
    }
}
