public import Document
import FoundationEssentials
import X509

/// The cluster's keys and certificates, made at the first start and kept in one directory, under the names that kubeadm uses.
/// Certificates near their end, or that no longer fit, are made anew when the cluster starts; the authorities and the key of service
/// accounts stay.
public struct ClusterPKI: Sendable {
    public let directory: String
    /// Signs everything but the front proxy's certificate.
    public let authority: CertificateAuthority
    public let frontProxyAuthority: CertificateAuthority
    /// `apiserver`: what the API server shows.
    public let serving: KeyPair
    /// `apiserver-kubelet-client`: the API server towards kubelets; in `system:masters`.
    public let kubeletClient: KeyPair
    /// `front-proxy-client`: the API server towards aggregated ones.
    public let frontProxyClient: KeyPair
    /// `kubernetes-admin` in `system:masters`.
    public let admin: KeyPair
    public let controllerManager: KeyPair
    public let scheduler: KeyPair
    /// Signs service-account tokens (`sa.key`, `sa.pub`).
    public let serviceAccountKey: SigningKey

    /// A certificate is renewed when less than this is left: 30 days.
    public static let renewalSeconds: Int64 = 30 * 86400

    /// Reads the directory, and makes what is missing or near its end.
    public static func open(_ directory: String, serving names: ServingNames, now: Timestamp) throws(IdentityError)
        -> ClusterPKI
    {
        try ClusterPKI(directory, names, now)
    }

    private init(_ directory: String, _ names: ServingNames, _ now: Timestamp) throws(IdentityError) {
        self.directory = directory
        try PrivateFile.makeDirectory(directory)
        authority = try Self.authority(directory, "ca", "kubernetes", now)
        frontProxyAuthority = try Self.authority(directory, "front-proxy-ca", "front-proxy-ca", now)
        serving = try Self.leaf(
            directory, "apiserver", authority, CertificateSubject("kube-apiserver"), names, .server, now)
        kubeletClient = try Self.leaf(
            directory, "apiserver-kubelet-client", authority,
            CertificateSubject("kube-apiserver-kubelet-client", organizations: ["system:masters"]), ServingNames(),
            .client, now)
        frontProxyClient = try Self.leaf(
            directory, "front-proxy-client", frontProxyAuthority, CertificateSubject("front-proxy-client"),
            ServingNames(), .client, now)
        admin = try Self.leaf(
            directory, "admin", authority, CertificateSubject("kubernetes-admin", organizations: ["system:masters"]),
            ServingNames(), .client,
            now)
        controllerManager = try Self.leaf(
            directory, "controller-manager", authority, CertificateSubject("system:kube-controller-manager"),
            ServingNames(), .client, now)
        scheduler = try Self.leaf(
            directory, "scheduler", authority, CertificateSubject("system:kube-scheduler"), ServingNames(), .client, now
        )
        let keyPath = directory + "/sa.key"
        if let bytes = try PrivateFile.read(keyPath) {
            serviceAccountKey = try SigningKey(pem: String(decoding: bytes, as: UTF8.self))
        } else {
            serviceAccountKey = SigningKey()
            try PrivateFile.write(directory + "/sa.pub", Array(serviceAccountKey.verifying.pem.utf8))
            try PrivateFile.write(keyPath, Array(serviceAccountKey.pem.utf8))
        }
    }

    /// The client certificate of a node's kubelet: `system:node:NAME` in `system:nodes`. Kept as `kubelet-client-NAME`.
    public func kubelet(node: String, now: Timestamp) throws(IdentityError) -> KeyPair {
        try Self.leaf(
            directory, "kubelet-client-" + node, authority,
            CertificateSubject("system:node:" + node, organizations: ["system:nodes"]),
            ServingNames(), .client, now)
    }

    /// The serving certificate of a node's kubelet. Kept as `kubelet-NAME`.
    public func kubeletServing(node: String, addresses: [String], now: Timestamp) throws(IdentityError) -> KeyPair {
        try Self.leaf(
            directory, "kubelet-" + node, authority,
            CertificateSubject("system:node:" + node, organizations: ["system:nodes"]),
            ServingNames(
                names: [node, "localhost"], addresses: ["127.0.0.1"] + addresses.filter { $0 != "127.0.0.1" }), .server,
            now)
    }

    private static func authority(
        _ directory: String, _ file: String, _ name: String, _ now: Timestamp
    ) throws(IdentityError) -> CertificateAuthority {
        let path = directory + "/" + file
        if let pair = try read(path) {
            do { return try CertificateAuthority(pair) } catch {
                throw IdentityError(
                    "\(path).crt and .key: \(error); put the right files back, or remove both to make a new authority")
            }
        }
        let made = try CertificateAuthority.make(name, now: now)
        try write(path, made.pair)
        return made
    }

    private static func leaf(
        _ directory: String, _ file: String, _ authority: CertificateAuthority, _ subject: CertificateSubject,
        _ names: ServingNames,
        _ usage: CertificateAuthority.Usage, _ now: Timestamp
    ) throws(IdentityError) -> KeyPair {
        let path = directory + "/" + file
        if let pair = try read(path), isGood(pair, authority, subject, names, now) { return pair }
        let made = try authority.issue(subject, names: names, usages: [usage], now: now)
        try write(path, made)
        return made
    }

    /// Whether a kept certificate may be used on: ours, for this subject, for at least these names, and not near its end.
    private static func isGood(
        _ pair: KeyPair, _ authority: CertificateAuthority, _ subject: CertificateSubject, _ names: ServingNames,
        _ now: Timestamp
    ) -> Bool {
        guard let certificate = try? Certificate(pemEncoded: pair.certificate),
            let key = try? Certificate.PrivateKey(pemEncoded: pair.privateKey), key.publicKey == certificate.publicKey,
            certificate.issuer == authority.certificate.subject,
            authority.certificate.publicKey.isValidSignature(certificate.signature, for: certificate),
            PeerCertificate.subject(certificate.subject) == subject,
            now.date(renewalSeconds) < certificate.notValidAfter,
            certificate.notValidBefore <= now.date()
        else { return false }
        let held = Set((try? certificate.extensions.subjectAlternativeNames).map { Array($0) } ?? [])
        return names.generalNames.allSatisfy(held.contains)
    }

    private static func read(_ path: String) throws(IdentityError) -> KeyPair? {
        guard let certificate = try PrivateFile.read(path + ".crt"), let key = try PrivateFile.read(path + ".key")
        else { return nil }
        return KeyPair(
            certificate: String(decoding: certificate, as: UTF8.self), privateKey: String(decoding: key, as: UTF8.self))
    }
    private static func write(_ path: String, _ pair: KeyPair) throws(IdentityError) {
        try PrivateFile.write(path + ".key", pair.privateKeyBytes)
        try PrivateFile.write(path + ".crt", pair.certificateBytes)
    }
}
