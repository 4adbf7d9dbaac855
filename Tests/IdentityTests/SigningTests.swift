import Crypto
import Document
import FoundationEssentials
import Identity
import Records
import SwiftASN1
import Testing
import X509
import _CryptoExtras

@Suite struct SigningTests {
    @Test func keyBroughtAlongSignsWithRS256() throws {
        let fixture = try Fixture()
        let tokens = ServiceAccountTokens(
            issuer: "https://kubernetes.default.svc",
            signingKey: try SigningKey(pem: _RSA.Signing.PrivateKey(keySize: .bits2048).pemRepresentation),
            moreKeys: [fixture.tokens.verifyingKeys[0]], lookup: { _ in LiveObject(uid: "sa-uid") })
        let authenticator = try Authenticator(clientAuthorities: [], tokens: tokens)
        let minted = try tokens.mint(
            namespace: "shop", serviceAccount: .init(name: "web", uid: "sa-uid"), seconds: 600, id: "1",
            now: Fixture.now)
        #expect(minted.token.hasPrefix(base64url(Array(#"{"alg":"RS256","kid":""#.utf8)).prefix(28)))
        #expect(
            authenticator.authenticate(.init(authorization: "Bearer \(minted.token)"), now: Fixture.now).authenticator
                == "service-account")
        // The key that was in use before is still believed.
        let older = try fixture.tokens.mint(
            namespace: "shop", serviceAccount: .init(name: "web", uid: "sa-uid"), seconds: 600, id: "2",
            now: Fixture.now)
        #expect(
            authenticator.authenticate(.init(authorization: "bearer \(older.token)"), now: Fixture.now).authenticator
                == "service-account")
        // RSA's signature under the other algorithm's name.
        let parts = minted.token.split(separator: ".")
        let swapped =
            base64url(Array(#"{"alg":"ES256","kid":"\#(tokens.verifyingKeys[0].id)"}"#.utf8)) + "." + parts[1] + "."
            + parts[2]
        #expect(
            authenticator.authenticate(.init(authorization: "Bearer \(swapped)"), now: Fixture.now).verdicts.last?
                .refusal == .badSignature)
        let jwks = try JSON(parsing: OpenIDDocuments.keySet(tokens.verifyingKeys))
        #expect(jwks["keys"]?[0]?["e"] == "AQAB")
        #expect(jwks["keys"]?[1]?["crv"] == "P-256")
    }

    @Test func certificateRequestIsSigned() throws {
        let fixture = try Fixture()
        let key = P256.Signing.PrivateKey()
        let request = try CertificateSigningRequest(
            version: .v1,
            subject: DistinguishedName {
                OrganizationName("system:nodes")
                CommonName("system:node:n7")
            }, privateKey: Certificate.PrivateKey(key),
            attributes: CertificateSigningRequest.Attributes([
                .init(
                    ExtensionRequest(
                        extensions: Certificate.Extensions {
                            SubjectAlternativeNames([
                                .dnsName("n7"), .ipAddress(ASN1OctetString(contentBytes: [192, 0, 2, 9])),
                            ])
                        }))
            ]))
        let parsed = try CertificateRequest(pem: try request.serializeAsPEM().pemString)
        #expect(parsed.subject == CertificateSubject("system:node:n7", organizations: ["system:nodes"]))
        #expect(parsed.names == ServingNames(names: ["n7"], addresses: ["192.0.2.9"]))
        let text = try fixture.authority.sign(request: parsed, usages: [.client], now: Fixture.now, seconds: 3600)
        let facts = fixture.certificate(KeyPair(certificate: text, privateKey: ""))
        #expect(facts.user.name == "system:node:n7")
        #expect(
            fixture.certificate(KeyPair(certificate: text, privateKey: ""), at: Fixture.now.adding(seconds: 3700))
                .verdicts.first?.refusal == .expired)
        #expect(throws: IdentityError.self) { try CertificateRequest(pem: fixture.authority.pair.certificate) }
    }
}
