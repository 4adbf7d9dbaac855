import Document
import FoundationEssentials
import Identity
import Testing

@Suite struct ClusterPKITests {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "reckon-pki-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }
    let names = ServingNames.apiServer(nodeName: "n1", firstServiceAddress: "10.96.0.1", hostAddresses: ["192.0.2.7"])

    @Test func certificatesAreMadeOnceAndRenewed() throws {
        try withDirectory { path in
            let now = Fixture.now
            let first = try ClusterPKI.open(path, serving: names, now: now)
            let second = try ClusterPKI.open(path, serving: names, now: now.adding(seconds: 86400))
            #expect(second.serving.certificate == first.serving.certificate)
            #expect(second.serviceAccountKey.pem == first.serviceAccountKey.pem)
            let later = try ClusterPKI.open(path, serving: names, now: now.adding(seconds: 340 * 86400))
            #expect(later.authority.pair.certificate == first.authority.pair.certificate)
            #expect(later.serving.certificate != first.serving.certificate)
            #expect(later.admin.certificate != first.admin.certificate)
            var wider = names
            wider.addresses.append("192.0.2.8")
            let changed = try ClusterPKI.open(path, serving: wider, now: now.adding(seconds: 340 * 86400))
            #expect(changed.serving.certificate != later.serving.certificate)
            #expect(changed.admin.certificate == later.admin.certificate)
            for file in try FileManager.default.contentsOfDirectory(atPath: path) {
                let mode =
                    try FileManager.default.attributesOfItem(atPath: path + "/" + file)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(file)")
            }
            let authenticator = try Authenticator(clientAuthorities: [first.authority.pair.certificate])
            let kubelet = try first.kubelet(node: "n1", now: now)
            let facts = authenticator.authenticate(
                .init(peerCertificate: try Fixture().der(kubelet.certificate)), now: now)
            #expect(facts.user.name == "system:node:n1")
            #expect(facts.user.groups == ["system:nodes", "system:authenticated"])
        }
    }

    @Test func brokenAuthorityIsNamed() throws {
        try withDirectory { path in
            _ = try ClusterPKI.open(path, serving: names, now: Fixture.now)
            try Data("nonsense".utf8).write(to: URL(filePath: path + "/ca.crt"))
            let error = #expect(throws: IdentityError.self) {
                try ClusterPKI.open(path, serving: names, now: Fixture.now)
            }
            #expect(error?.description.contains(path + "/ca.crt") == true)
        }
    }

    @Test func kubeconfigHoldsEverything() throws {
        let authority = try CertificateAuthority.make("kubernetes", now: Fixture.now)
        let pair = try authority.issue(CertificateSubject("a"), usages: [.client], now: Fixture.now)
        let text = Kubeconfig(
            server: "https://127.0.0.1:6443", authority: authority.pair.certificate, credential: .certificate(pair)
        ).text
        let lines = text.split(separator: "\n")
        #expect(lines.contains("    server: https://127.0.0.1:6443"))
        let key = try #require(lines.first { $0.hasPrefix("    client-key-data: ") })
        #expect(Data(base64Encoded: String(key.dropFirst(21))) == Data(pair.privateKey.utf8))
        #expect(
            Kubeconfig(server: "s", authority: "a", credential: .token("t")).text.hasSuffix(
                "- name: admin\n  user:\n    token: t\n"))
    }

    @Test func openIDDocuments() throws {
        let key = SigningKey()
        let set = try JSON(parsing: OpenIDDocuments.keySet([key.verifying]))
        let first = try #require(set["keys"]?.elements.first)
        #expect(first["kty"] == "EC" && first["crv"] == "P-256" && first["alg"] == "ES256")
        #expect(first["kid"]?.string == key.verifying.id)
        #expect(first["x"]?.string?.utf8.count == 43)
        let configuration = try JSON(
            parsing: OpenIDDocuments.configuration(
                issuer: "https://i", jwksURI: "https://s/openid/v1/jwks", keys: [key.verifying]))
        #expect(configuration["id_token_signing_alg_values_supported"] == ["ES256"])
        #expect(try VerifyingKey(pem: key.verifying.pem).id == key.verifying.id)
    }
}
