import Document
import Identity
import Records
import Testing

@Suite struct BootstrapTokenTests {
    private static let now = Timestamp(seconds: 1_790_000_000)

    private func secret(_ change: (inout JSON) -> Void = { _ in }) -> JSON {
        var texts: JSON = [
            "token-id": "abcdef", "token-secret": "0123456789abcdef", "usage-bootstrap-authentication": "true",
            "auth-extra-groups": "system:bootstrappers:worker,system:bootstrappers:a",
        ]
        change(&texts)
        let data = texts.entries.map { ($0.key, JSON.string(Base64.encode(Array(($0.value.string ?? "").utf8)))) }
        return [
            "apiVersion": "v1", "kind": "Secret", "type": "bootstrap.kubernetes.io/token",
            "metadata": ["name": "bootstrap-token-abcdef", "namespace": "kube-system"],
            "data": .object(JSONObject(data)),
        ]
    }

    private func show(_ token: String, _ stored: JSON?) throws -> AuthenticationFacts {
        let authenticator = try Authenticator(
            clientAuthorities: [],
            bootstrapTokens: BootstrapTokens { namespace, name in
                namespace == "kube-system" && name == "bootstrap-token-abcdef" ? stored : nil
            })
        return authenticator.authenticate(.init(authorization: "Bearer " + token), now: Self.now)
    }

    @Test func aTokenSpeaksAsABootstrapper() throws {
        let facts = try show("abcdef.0123456789abcdef", secret())
        #expect(facts.authenticator == "bootstrap-token")
        #expect(
            facts.user
                == UserInfo(
                    name: "system:bootstrap:abcdef",
                    groups: [
                        "system:bootstrappers", "system:bootstrappers:a", "system:bootstrappers:worker",
                        "system:authenticated",
                    ]))
        let later = secret { $0["expiration"] = .string(Self.now.adding(seconds: 1).rfc3339) }
        #expect(try show("abcdef.0123456789abcdef", later).authenticator == "bootstrap-token")
    }

    @Test func whatIsWrongIsNamed() throws {
        func refusal(_ token: String, _ stored: JSON?) throws -> AuthenticationFacts.Refusal? {
            let facts = try show(token, stored)
            #expect(facts.authenticator.isEmpty)
            return facts.verdicts.last?.refusal
        }
        let token = "abcdef.0123456789abcdef"
        #expect(try refusal(token, nil) == .unknownToken)
        #expect(try refusal("abcdef.0123456789abcdeX", secret()) == .unknownToken)
        #expect(try refusal("abcdef.0123456789abcde0", secret()) == .unknownToken)
        #expect(
            try refusal(token, secret { $0["expiration"] = .string(Self.now.adding(seconds: -1).rfc3339) })
                == .expired)
        #expect(try refusal(token, secret { $0["expiration"] = "tomorrow" }) == .expired)
        #expect(try refusal(token, secret { $0["usage-bootstrap-authentication"] = "false" }) == .wrongUsage)
        #expect(try refusal(token, secret { $0["auth-extra-groups"] = "system:masters" }) == .wrongUsage)
        var other = secret()
        other["type"] = "Opaque"
        #expect(try refusal(token, other) == .unknownToken)
        other = secret()
        other["metadata", "deletionTimestamp"] = "2026-11-23T00:00:00Z"
        #expect(try refusal(token, other) == .unknownToken)
    }
}
