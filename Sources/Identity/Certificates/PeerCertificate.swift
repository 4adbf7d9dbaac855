import Crypto
import Document
import FoundationEssentials
import Records
import SwiftASN1
import X509

/// A client's certificate, checked against the authorities of the cluster.
struct PeerCertificate: Sendable {
    let user: UserInfo
    let fingerprint: String
    let notBefore: Timestamp
    let notAfter: Timestamp

    /// What kept a certificate from being believed.
    struct Refused: Error {
        let refusal: AuthenticationFacts.Refusal
        let message: String
    }

    /// The subject's common name and organizations, in the certificate's order.
    static func subject(_ name: DistinguishedName) -> CertificateSubject {
        var out = CertificateSubject("")
        for part in name {
            for attribute in part {
                let text = String(attribute.value) ?? ""
                if attribute.type == .RDNAttributeType.commonName { out.commonName = text }
                if attribute.type == .RDNAttributeType.organizationName { out.organizations.append(text) }
            }
        }
        return out
    }

    /// Upstream's attribute for a user's uid within a subject.
    private static let uidAttribute: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 57683, 2]

    /// Who signed it, what it is for and whom it names; the dates are checked on every use.
    init(der: [UInt8], authorities: [Certificate], now: Timestamp) throws(Refused) {
        let certificate: Certificate
        do { certificate = try Certificate(derEncoded: der) } catch {
            throw Refused(refusal: .malformed, message: "the client certificate cannot be read")
        }
        let issuers = authorities.filter { $0.subject == certificate.issuer }
        guard !issuers.isEmpty else {
            throw Refused(refusal: .unknownCA, message: "x509: certificate signed by unknown authority")
        }
        guard
            let issuer = issuers.first(where: { $0.publicKey.isValidSignature(certificate.signature, for: certificate) }
            )
        else {
            throw Refused(refusal: .badSignature, message: "x509: certificate signed by unknown authority")
        }
        notBefore = Timestamp(max(certificate.notValidBefore, issuer.notValidBefore))
        notAfter = Timestamp(min(certificate.notValidAfter, issuer.notValidAfter))
        try Self.check(notBefore, notAfter, now)
        let usages = try? certificate.extensions.extendedKeyUsage
        if certificate.extensions[oid: .X509ExtensionID.extendedKeyUsage] != nil {
            guard let usages, usages.contains(.clientAuth) || usages.contains(.any) else {
                throw Refused(refusal: .wrongUsage, message: "x509: certificate specifies an incompatible key usage")
            }
        } else if let constraints = try? certificate.extensions.basicConstraints,
            case .isCertificateAuthority = constraints
        {
            throw Refused(refusal: .wrongUsage, message: "x509: an authority's certificate speaks for no user")
        }
        let known: Set<ASN1ObjectIdentifier> = [
            .X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage,
            .X509ExtensionID.subjectAlternativeName, .X509ExtensionID.subjectKeyIdentifier,
            .X509ExtensionID.authorityKeyIdentifier,
        ]
        if certificate.extensions.contains(where: { $0.critical && !known.contains($0.oid) }) {
            throw Refused(refusal: .malformed, message: "x509: unhandled critical extension")
        }
        let subject = Self.subject(certificate.subject)
        guard !subject.commonName.isEmpty else {
            throw Refused(
                refusal: .malformed, message: "the client certificate names no user: its subject has no common name")
        }
        var uid = ""
        for part in certificate.subject {
            for attribute in part where attribute.type == Self.uidAttribute { uid = String(attribute.value) ?? "" }
        }
        let digest = Hexadecimal.text(SHA256.hash(data: der))
        fingerprint = String(digest.prefix(16))
        user = UserInfo(
            name: subject.commonName, uid: uid, groups: Authenticator.withAuthenticated(subject.organizations),
            extra: [.init(key: "authentication.kubernetes.io/credential-id", values: ["X509SHA256=" + digest])])
    }

    /// Whether the certificate is good at that time.
    func check(now: Timestamp) throws(Refused) { try Self.check(notBefore, notAfter, now) }
    private static func check(_ notBefore: Timestamp, _ notAfter: Timestamp, _ now: Timestamp) throws(Refused) {
        if now < notBefore {
            throw Refused(
                refusal: .notYetValid,
                message: "x509: certificate has expired or is not yet valid: it is valid from \(notBefore.rfc3339)")
        }
        if notAfter < now {
            throw Refused(
                refusal: .expired,
                message: "x509: certificate has expired or is not yet valid: it was valid until \(notAfter.rfc3339)")
        }
    }
}

/// Lower-case hexadecimal digits.
enum Hexadecimal {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }
}
