import Crypto
public import Document
import FoundationEssentials
import SwiftASN1
import X509

/// An authority that signs certificates: the cluster's own, or the front proxy's.
public struct CertificateAuthority: Sendable {
    public let pair: KeyPair
    let certificate: Certificate
    private let key: Certificate.PrivateKey

    /// What a certificate and its key may be used for.
    public enum Usage: Sendable, Hashable {
        case client, server, digitalSignature, keyEncipherment
        /// By Kubernetes' names (`client auth`); nil for one that no signer here gives.
        public init?(_ name: String) {
            switch name {
            case "client auth": self = .client
            case "server auth": self = .server
            case "digital signature": self = .digitalSignature
            case "key encipherment": self = .keyEncipherment
            default: return nil
            }
        }
    }

    public init(_ pair: KeyPair) throws(IdentityError) {
        self.pair = pair
        do {
            certificate = try Certificate(pemEncoded: pair.certificate)
            key = try Certificate.PrivateKey(pemEncoded: pair.privateKey)
        } catch { throw IdentityError("the authority's certificate or key cannot be read: \(error)") }
        guard key.publicKey == certificate.publicKey else {
            throw IdentityError("the authority's key does not belong to its certificate")
        }
    }

    /// A new authority, good for ten years.
    public static func make(_ name: String, now: Timestamp) throws(IdentityError) -> CertificateAuthority {
        do {
            let key = P256.Signing.PrivateKey()
            let signer = Certificate.PrivateKey(key)
            let subject = CertificateSubject(name).distinguishedName
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: signer.publicKey,
                notValidBefore: now.date(-3600),
                notValidAfter: now.date(10 * 365 * 86400), issuer: subject, subject: subject,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    Critical(KeyUsage(digitalSignature: true, keyEncipherment: true, keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: signer.publicKey)
                    SubjectAlternativeNames([.dnsName(name)])
                }, issuerPrivateKey: signer)
            return try CertificateAuthority(
                KeyPair(certificate: try certificate.serializeAsPEM().pemString, privateKey: key.pemRepresentation))
        } catch let error as IdentityError { throw error } catch {
            throw IdentityError("cannot make the authority \(name): \(error)")
        }
    }

    /// A new key and a certificate for it. Valid for a year unless told otherwise, at most as long as the authority.
    public func issue(
        _ subject: CertificateSubject, names: ServingNames = ServingNames(), usages: [Usage], now: Timestamp,
        seconds: Int64 = 365 * 86400
    ) throws(IdentityError) -> KeyPair {
        let key = P256.Signing.PrivateKey()
        let text = try sign(
            Certificate.PrivateKey(key).publicKey, subject.distinguishedName, names.generalNames,
            usages + [.digitalSignature, .keyEncipherment], now: now, seconds: seconds)
        return KeyPair(certificate: text, privateKey: key.pemRepresentation)
    }

    /// Signs a PKCS #10 request with the subject and names in it. The caller has decided that it may be signed.
    /// Returns the certificate, PEM.
    public func sign(request: CertificateRequest, usages: [Usage], now: Timestamp, seconds: Int64) throws(IdentityError)
        -> String
    {
        try sign(
            request.request.publicKey, request.request.subject, request.names.generalNames, usages, now: now,
            seconds: seconds)
    }

    private func sign(
        _ publicKey: Certificate.PublicKey, _ subject: DistinguishedName, _ names: [GeneralName], _ usages: [Usage],
        now: Timestamp,
        seconds: Int64
    ) throws(IdentityError) -> String {
        do {
            let end = min(now.date(seconds), certificate.notValidAfter)
            let made = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
                notValidBefore: now.date(-300),
                notValidAfter: end, issuer: certificate.subject, subject: subject,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(
                        KeyUsage(
                            digitalSignature: usages.contains(.digitalSignature),
                            keyEncipherment: usages.contains(.keyEncipherment)))
                    try ExtendedKeyUsage(
                        (usages.contains(.client) ? [.clientAuth] : [])
                            + (usages.contains(.server) ? [.serverAuth] : []))
                    AuthorityKeyIdentifier(
                        keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
                    if !names.isEmpty { SubjectAlternativeNames(names) }
                }, issuerPrivateKey: key)
            return try made.serializeAsPEM().pemString
        } catch { throw IdentityError("cannot sign the certificate: \(error)") }
    }
}

/// A client's PKCS #10 request, as a CertificateSigningRequest object carries it.
public struct CertificateRequest: Sendable {
    let request: CertificateSigningRequest
    public let subject: CertificateSubject
    public let names: ServingNames
    /// Email addresses and URIs, which no Kubernetes signer allows.
    public let otherNames: [String]

    /// Reads PEM (`CERTIFICATE REQUEST`) and checks that the requester holds the key.
    public init(pem: String) throws(IdentityError) {
        do {
            request = try CertificateSigningRequest(pemEncoded: pem)
        } catch { throw IdentityError("the request is no PEM block of type CERTIFICATE REQUEST: \(error)") }
        guard request.publicKey.isValidSignature(request.signature, for: request) else {
            throw IdentityError("the request's signature does not fit its key")
        }
        subject = PeerCertificate.subject(request.subject)
        var names = ServingNames()
        var others: [String] = []
        let alternatives = (try? request.attributes.extensionRequest)?.extensions
        if let alternatives, let list = try? alternatives.subjectAlternativeNames {
            for name in list {
                switch name {
                case .dnsName(let text): names.names.append(text)
                case .ipAddress(let bytes): names.addresses.append(IPAddressText.text(Array(bytes.bytes)))
                case .rfc822Name(let text), .uniformResourceIdentifier(let text): others.append(text)
                default: others.append("another kind of name")
                }
            }
        }
        self.names = names
        otherNames = others
    }
}

extension Timestamp {
    /// This moment and some seconds as Foundation's date, in whole seconds.
    func date(_ more: Int64 = 0) -> Date { Date(timeIntervalSince1970: Double(seconds + more)) }
    init(_ date: Date) { self.init(seconds: Int64(date.timeIntervalSince1970)) }
}
