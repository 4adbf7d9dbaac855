import Document
import Foundation
import TestSupport
import Testing

/// A machine joins as upstream's kubelets do: a bootstrap token, a request for a certificate, and with that a Node.
@Suite(.serialized) struct JoiningTests {
    private static let requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
    private static let reviews = "/apis/authentication.k8s.io/v1/selfsubjectreviews"

    @Test func aBootstrapTokenBecomesANodesCertificate() async throws {
        guard let openssl = try? Tools.run(["openssl", "version"]), openssl.status == 0 else {
            print("skipped aBootstrapTokenBecomesANodesCertificate: no openssl (tools/bootstrap --test installs one)")
            return
        }
        let server = try ReckonProcess(["up", "--nodes", "none", "--cluster-cidr", "10.244.0.0/16"])
        defer { server.remove() }
        let token = "abcdef.0123456789abcdef"
        let secret: JSON = [
            "metadata": ["name": "bootstrap-token-abcdef"], "type": "bootstrap.kubernetes.io/token",
            "stringData": [
                "token-id": "abcdef", "token-secret": "0123456789abcdef", "usage-bootstrap-authentication": "true",
            ],
        ]
        #expect(try await server.send("GET", "/api", token: token).status == 401)
        #expect(try await server.send("POST", "/api/v1/namespaces/kube-system/secrets", secret).status == 201)
        let who = try await server.send("POST", Self.reviews, [:], token: token).body
        #expect(who["status", "userInfo", "username"] == "system:bootstrap:abcdef")
        #expect(try await server.send("GET", "/api/v1/nodes", token: token).status == 403)
        for role in [
            "system:node-bootstrapper", "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
        ] {
            let binding: JSON = [
                "metadata": ["name": .string("join:" + role)],
                "roleRef": [
                    "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(role),
                ],
                "subjects": [
                    ["apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:bootstrappers"]
                ],
            ]
            let made = try await server.send(
                "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
            #expect(made.status == 201)
        }

        let made = try Tools.run(
            [
                "openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                "key.pem", "-subj", "/O=system:nodes/CN=system:node:w1",
            ], directory: server.directory)
        let request: JSON = [
            "metadata": ["name": "w1"],
            "spec": [
                "request": .string(Data(made.output.utf8).base64EncodedString()),
                "signerName": "kubernetes.io/kube-apiserver-client-kubelet",
                "usages": ["digital signature", "client auth"],
            ],
        ]
        #expect(try await server.send("POST", Self.requests, request, token: token).status == 201)
        var issued = ""
        #expect(
            try await server.eventually {
                let object = try await server.send("GET", Self.requests + "/w1").body
                issued = object["status", "certificate"]?.string ?? ""
                return !issued.isEmpty
            })
        let key = try Data(contentsOf: server.directory.appendingPathComponent("key.pem"))
        let certificate = try #require(Data(base64Encoded: issued))
        let client = ReckonProcess.client(certificate: Array(certificate), key: Array(key))
        let answer = try await client.send(
            .init(
                .POST, server.url + Self.reviews, headers: [("Content-Type", "application/json")],
                body: .init(string: "{}")))
        let body = try JSON(parsing: answer.body.withUnsafeReadableBytes { Array($0) })
        #expect(body["status", "userInfo", "username"] == "system:node:w1")

        let node = try await client.send(
            .init(
                .POST, server.url + "/api/v1/nodes", headers: [("Content-Type", "application/json")],
                body: .init(string: #"{"metadata":{"name":"w1"}}"#)))
        #expect(node.status == 201)
        #expect(
            try await server.eventually {
                try await server.send("GET", "/api/v1/nodes/w1").body["spec", "podCIDR"] == "10.244.0.0/24"
            })
    }
}
