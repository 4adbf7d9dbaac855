import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// A certificate and its private key, PEM. The key is never logged.
public struct KeyPair: Sendable {
    public let certificate: String
    public let privateKey: String
    public init(certificate: String, privateKey: String) {
        self.certificate = certificate
        self.privateKey = privateKey
    }
    public var certificateBytes: [UInt8] { Array(certificate.utf8) }
    public var privateKeyBytes: [UInt8] { Array(privateKey.utf8) }
}

/// What went wrong with a key or certificate of the cluster; names the file or field, and the fix.
public struct IdentityError: Error, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// Who a certificate is for.
public struct CertificateSubject: Sendable, Hashable {
    /// The user.
    public var commonName: String
    /// The groups.
    public var organizations: [String]
    public init(_ commonName: String, organizations: [String] = []) {
        self.commonName = commonName
        self.organizations = organizations
    }
    var distinguishedName: DistinguishedName {
        var names = organizations.map {
            RelativeDistinguishedName(.init(type: .RDNAttributeType.organizationName, utf8String: $0))
        }
        names.append(RelativeDistinguishedName(.init(type: .RDNAttributeType.commonName, utf8String: commonName)))
        return DistinguishedName(names)
    }
}

/// The names and addresses that a serving certificate answers to.
public struct ServingNames: Sendable, Hashable {
    public var names: [String]
    /// `10.96.0.1`, `::1`.
    public var addresses: [String]
    public init(names: [String] = [], addresses: [String] = []) {
        self.names = names
        self.addresses = addresses
    }

    /// What an API server answers to: this machine, the node, and the `kubernetes` service.
    public static func apiServer(
        nodeName: String, clusterDomain: String = "cluster.local", firstServiceAddress: String, hostAddresses: [String],
        more: ServingNames = ServingNames()
    ) -> ServingNames {
        var names = [
            "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
            "kubernetes.default.svc.\(clusterDomain)", nodeName,
        ]
        var addresses = ["127.0.0.1", "::1", firstServiceAddress]
        for name in more.names where !names.contains(name) { names.append(name) }
        for address in hostAddresses + more.addresses where !addresses.contains(address) { addresses.append(address) }
        return ServingNames(names: names.filter { !$0.isEmpty }, addresses: addresses.filter { !$0.isEmpty })
    }

    var generalNames: [GeneralName] {
        names.map { .dnsName($0) }
            + addresses.compactMap {
                IPAddressBytes($0).map { .ipAddress(ASN1OctetString(contentBytes: $0.bytes[...])) }
            }
    }
}
