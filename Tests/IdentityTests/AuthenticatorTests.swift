import Document
import Identity
import Records
import Testing

@Suite struct AuthenticatorTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    @Test func serviceAccountTokenIsAccepted() throws {
        let facts = fixture.bearer(try fixture.token())
        #expect(facts.authenticator == "service-account")
        #expect(facts.user.name == "system:serviceaccount:shop:web")
        #expect(facts.user.uid == "sa-uid")
        #expect(facts.user.groups == ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"])
        #expect(facts.user.extra.map(\.key) == facts.user.extra.map(\.key).sorted())
        #expect(facts.user.extra.first?.values == ["JTI=token-id"])
        #expect(facts.fingerprint.utf8.count == 16)
    }

    @Test func mintedTokenIsAccepted() throws {
        let minted = try fixture.tokens.mint(
            namespace: "shop", serviceAccount: .init(name: "web", uid: "sa-uid"),
            pod: .init(name: "web-1", uid: "pod-uid"), seconds: 3607,
            id: "8b6d1f0e", now: Fixture.now)
        #expect(minted.expires == Fixture.now.adding(seconds: 3607))
        #expect(fixture.bearer(minted.token).authenticator == "service-account")
        // A pod's token lives on for a year, for clients that never reload it.
        #expect(
            fixture.bearer(minted.token, at: Fixture.now.adding(seconds: 300 * 86400)).authenticator
                == "service-account")
        let plain = try fixture.tokens.mint(
            namespace: "shop", serviceAccount: .init(name: "web", uid: "sa-uid"), seconds: 700, id: "x",
            now: Fixture.now)
        #expect(fixture.bearer(plain.token, at: Fixture.now.adding(seconds: 800)).verdicts.last?.refusal == .expired)
        let legacy = try fixture.tokens.mintLegacy(
            namespace: "shop", serviceAccount: .init(name: "web", uid: "sa-uid"), secretName: "web-token")
        #expect(
            fixture.bearer(legacy, at: Fixture.now.adding(seconds: 10_000 * 86400)).user.name
                == "system:serviceaccount:shop:web")
    }

    enum Broken: String, CaseIterable {
        case empty, noise, twoParts, unknown, badBase64, strayBits, headerNoJSON, claimsNoJSON, claimsNoObject,
            algorithmNone, algorithmHMAC,
            algorithmOfOtherKey, critical, otherKey, unknownKeyID, changedClaims, cutSignature, emptySignature,
            wrongIssuer, wrongAudience,
            noAudience, audienceOfWrongType, expired, noExpiry, expiryOfWrongType, notYetValid, issuedInFuture,
            wrongSubject, noKubernetesClaim,
            noServiceAccount, accountGone, accountMadeAnew, podGone, podMadeAnew, podDeletedLongAgo, secretGone,
            nodeGone
    }
    static let expected: [Broken: AuthenticationFacts.Refusal] = [
        .noise: .malformed, .twoParts: .malformed, .unknown: .malformed, .badBase64: .malformed, .strayBits: .malformed,
        .headerNoJSON: .malformed, .claimsNoJSON: .malformed, .claimsNoObject: .malformed,
        .algorithmNone: .badSignature,
        .algorithmHMAC: .badSignature, .algorithmOfOtherKey: .badSignature, .critical: .malformed,
        .otherKey: .badSignature,
        .unknownKeyID: .unknownKey, .changedClaims: .badSignature, .cutSignature: .badSignature,
        .emptySignature: .badSignature,
        .wrongIssuer: .wrongIssuer, .wrongAudience: .wrongAudience, .noAudience: .wrongAudience,
        .audienceOfWrongType: .malformed,
        .expired: .expired, .noExpiry: .malformed, .expiryOfWrongType: .malformed, .notYetValid: .notYetValid,
        .issuedInFuture: .notYetValid,
        .wrongSubject: .malformed, .noKubernetesClaim: .malformed, .noServiceAccount: .malformed,
        .accountGone: .boundObjectGone,
        .accountMadeAnew: .boundObjectGone, .podGone: .boundObjectGone, .podMadeAnew: .boundObjectGone,
        .podDeletedLongAgo: .boundObjectGone,
        .secretGone: .boundObjectGone, .nodeGone: .boundObjectGone,
    ]

    func make(_ broken: Broken) throws -> String {
        let good = try fixture.token()
        let parts = good.split(separator: ".").map(String.init)
        let now = Fixture.now.seconds
        func with(_ change: (inout JSON) -> Void) throws -> String { try fixture.token(change: change) }
        func object(_ kind: BoundObject.Kind, _ name: String, _ live: LiveObject?) {
            fixture.objects.withLock {
                $0[BoundObject(kind: kind, namespace: kind == .node ? "" : "shop", name: name)] = live
            }
        }
        switch broken {
        case .empty: return ""
        case .noise: return "not a token"
        case .twoParts: return parts[0] + "." + parts[1]
        case .unknown: return "wrongtoken"
        case .badBase64: return parts[0] + "." + parts[1] + "=." + parts[2]
        case .strayBits: return parts[0] + "." + parts[1] + "." + parts[2].dropLast() + "B"
        case .headerNoJSON: return base64url(Array("{".utf8)) + "." + parts[1] + "." + parts[2]
        case .claimsNoJSON: return parts[0] + "." + base64url(Array("x".utf8)) + "." + parts[2]
        case .claimsNoObject: return try fixture.token([1, 2])
        case .algorithmNone: return base64url(Array(#"{"alg":"none"}"#.utf8)) + "." + parts[1] + "."
        case .algorithmHMAC: return try fixture.token(header: ["alg": "HS256"])
        case .algorithmOfOtherKey: return try fixture.token(header: ["alg": "RS256"])
        case .critical: return try fixture.token(header: ["alg": "ES256", "crit": ["x"], "x": 1])
        case .otherKey: return try fixture.token(key: fixture.otherKey)
        case .unknownKeyID: return try fixture.token(header: ["alg": "ES256", "kid": "other"])
        case .changedClaims:
            var claims = Fixture.claims
            claims["sub"] = "system:serviceaccount:shop:admin"
            return parts[0] + "." + base64url(claims.encoded()) + "." + parts[2]
        case .cutSignature: return parts[0] + "." + parts[1] + "." + parts[2].prefix(40)
        case .emptySignature: return parts[0] + "." + parts[1] + "."
        case .wrongIssuer: return try with { $0["iss"] = "https://elsewhere" }
        case .wrongAudience: return try with { $0["aud"] = ["vault"] }
        case .noAudience: return try with { $0["aud"] = nil }
        case .audienceOfWrongType: return try with { $0["aud"] = [1] }
        case .expired: return try with { $0["exp"] = .int(now - 61) }
        case .noExpiry: return try with { $0["exp"] = nil }
        case .expiryOfWrongType: return try with { $0["exp"] = "tomorrow" }
        case .notYetValid: return try with { $0["nbf"] = .int(now + 61) }
        case .issuedInFuture: return try with { $0["iat"] = .int(now + 61) }
        case .wrongSubject: return try with { $0["sub"] = "system:serviceaccount:shop:other" }
        case .noKubernetesClaim: return try with { $0["kubernetes.io"] = nil }
        case .noServiceAccount: return try with { $0["kubernetes.io", "serviceaccount"] = nil }
        case .accountGone: object(.serviceAccount, "web", nil)
        case .accountMadeAnew: object(.serviceAccount, "web", LiveObject(uid: "another"))
        case .podGone: object(.pod, "web-1", nil)
        case .podMadeAnew: object(.pod, "web-1", LiveObject(uid: "another"))
        case .podDeletedLongAgo:
            object(.pod, "web-1", LiveObject(uid: "pod-uid", deletionTime: Fixture.now.adding(seconds: -100)))
        case .secretGone:
            object(.secret, "web-token", nil)
            return try with {
                $0["kubernetes.io", "pod"] = nil
                $0["kubernetes.io", "secret"] = ["name": "web-token", "uid": "secret-uid"]
            }
        case .nodeGone:
            object(.node, "n1", nil)
            return try with { $0["kubernetes.io", "pod"] = nil }
        }
        return good
    }

    @Test(arguments: Broken.allCases) func brokenTokenIsRefused(_ broken: Broken) throws {
        let facts = fixture.bearer(try make(broken))
        guard let expected = Self.expected[broken] else {
            #expect(facts.authenticator == "anonymous", "no token at all is no bad token")
            return
        }
        #expect(facts.authenticator == "", "a bad token does not fall back to the anonymous user")
        #expect(facts.verdicts == [.init("token-file", .unknownToken), .init("service-account", expected)])
        #expect(facts.fingerprint.utf8.count == 16)
    }

    @Test func rememberedTokenIsCheckedAgain() throws {
        let token = try fixture.token()
        #expect(fixture.bearer(token).authenticator == "service-account")
        #expect(fixture.bearer(token, at: Fixture.now.adding(seconds: 700)).verdicts.last?.refusal == .expired)
        fixture.objects.withLock { $0[BoundObject(kind: .pod, namespace: "shop", name: "web-1")] = nil }
        #expect(fixture.bearer(token).verdicts.last?.refusal == .boundObjectGone)
    }

    @Test func clientCertificates() throws {
        let alice = CertificateSubject("alice", organizations: ["devs", "ops"])
        let good = try fixture.authority.issue(alice, usages: [.client], now: Fixture.now)
        let facts = fixture.certificate(good)
        #expect(facts.authenticator == "x509")
        #expect(facts.user.name == "alice")
        #expect(facts.user.groups == ["devs", "ops", "system:authenticated"])
        #expect(facts.user.extra.first?.values.first?.hasPrefix("X509SHA256=") == true)
        #expect(facts.fingerprint.utf8.count == 16)
        func refusal(_ facts: AuthenticationFacts) -> AuthenticationFacts.Refusal? {
            facts.authenticator == "" ? facts.verdicts.first?.refusal : nil
        }
        #expect(refusal(fixture.certificate(good, at: Fixture.now.adding(seconds: 366 * 86400))) == .expired)
        #expect(refusal(fixture.certificate(good, at: Fixture.now.adding(seconds: -1000))) == .notYetValid)
        #expect(
            refusal(fixture.certificate(try fixture.authority.issue(alice, usages: [.server], now: Fixture.now)))
                == .wrongUsage)
        #expect(
            refusal(fixture.certificate(try fixture.otherAuthority.issue(alice, usages: [.client], now: Fixture.now)))
                == .unknownCA)
        let forger = try CertificateAuthority.make("kubernetes", now: Fixture.now)
        #expect(
            refusal(fixture.certificate(try forger.issue(alice, usages: [.client], now: Fixture.now))) == .badSignature)
        #expect(refusal(fixture.certificate(fixture.authority.pair)) == .wrongUsage)
        #expect(
            refusal(fixture.certificate(try fixture.authority.issue(.init(""), usages: [.client], now: Fixture.now)))
                == .malformed)
        #expect(
            refusal(fixture.authenticator.authenticate(.init(peerCertificate: [1, 2, 3]), now: Fixture.now))
                == .malformed)
        // A bad certificate does not keep a good token from being believed.
        let both = fixture.authenticator.authenticate(
            .init(peerCertificate: [1, 2, 3], authorization: "Bearer alicetoken"), now: Fixture.now)
        #expect(both.user.name == "alice")
    }

    @Test func staticTokensAndNobody() throws {
        let admin = fixture.bearer("admintoken")
        #expect(admin.authenticator == "token-file")
        #expect(
            admin.user == UserInfo(name: "admin", uid: "admin-uid", groups: ["system:masters", "system:authenticated"]))
        #expect(fixture.authenticator.authenticate(.init(), now: Fixture.now).user == .anonymous)
        #expect(
            fixture.authenticator.authenticate(.init(authorization: "Basic YTpi"), now: Fixture.now).authenticator
                == "anonymous")
        let hidden = "base64url.bearer.authorization.k8s.io." + base64url(Array("alicetoken".utf8))
        #expect(
            fixture.authenticator.authenticate(.init(subprotocols: ["v4.channel.k8s.io", hidden]), now: Fixture.now)
                .user.name == "alice")
        let strict = try Authenticator(clientAuthorities: [], allowsAnonymous: false)
        #expect(strict.authenticate(.init(), now: Fixture.now).verdicts == [.init("anonymous", .noCredential)])
        #expect(throws: IdentityError.self) { try TokenFile(parsing: "a,b\n") }
        #expect(throws: IdentityError.self) { try TokenFile(parsing: "a,b,c\na,d,e\n") }
        #expect(throws: IdentityError.self) { try TokenFile(parsing: "a,b,\"c\n") }
    }

    @Test func tokenReviews() throws {
        let audience = "https://kubernetes.default.svc"
        func review(_ token: String, _ audiences: [String] = []) -> JSON {
            fixture.authenticator.review(
                token: token, audiences: audiences, serverAudiences: [audience], now: Fixture.now)
        }
        let alice = review("alicetoken")
        #expect(alice["authenticated"] == true)
        #expect(alice["user", "groups"] == ["devs", "system:authenticated"])
        #expect(alice["audiences"] == [.string(audience)])
        #expect(review("bad") == ["user": [:], "error": "invalid bearer token"])
        let token = try fixture.token()
        #expect(review(token)["user", "extra", "authentication.kubernetes.io/pod-name"] == ["web-1"])
        #expect(
            review(token, ["nobody"])["error"]?.string
                == "[invalid bearer token, token audiences [\"https://kubernetes.default.svc\"] is invalid for the target audiences [\"nobody\"]]"
        )
    }

    @Test func impersonation() throws {
        #expect(try Impersonation.parse([("accept", "x")]) == nil)
        let parsed = try #require(
            try Impersonation.parse([
                ("Impersonate-User", "bob"), ("Impersonate-Group", "devs"), ("impersonate-group", "ops"),
                ("Impersonate-Uid", "u1"),
                ("Impersonate-Extra-example.com%2Fscope", "read"), ("Impersonate-Extra-example.com%2fscope", "write"),
            ]))
        #expect(parsed.impersonated.groups == ["devs", "ops", "system:authenticated"])
        #expect(parsed.extra == [.init(key: "example.com/scope", values: ["read", "write"])])
        #expect(parsed.checks.map(\.resource) == ["users", "groups", "groups", "userextras", "userextras", "uids"])
        let account = try #require(try Impersonation.parse([("Impersonate-User", "system:serviceaccount:shop:web")]))
        #expect(
            account.impersonated.groups == [
                "system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated",
            ])
        #expect(account.checks.first?.resource == "serviceaccounts")
        #expect(throws: IdentityError.self) { try Impersonation.parse([("Impersonate-Group", "devs")]) }
    }
}
