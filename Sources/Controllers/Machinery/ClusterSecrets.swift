/// What controllers need of the cluster's keys, as functions: the keys themselves stay with whoever holds them. What they
/// return is recorded in the event of the request it goes into.
public struct ClusterSecrets: Sendable {
    /// A request for a certificate as its PEM says it.
    public struct CertificateRequest: Sendable {
        public var commonName: String
        public var organizations: [String]
        public var dnsNames: [String]
        public var addresses: [String]
        /// Email addresses and URIs.
        public var otherNames: [String]
        public init(
            commonName: String, organizations: [String], dnsNames: [String] = [], addresses: [String] = [],
            otherNames: [String] = []
        ) {
            self.commonName = commonName
            self.organizations = organizations
            self.dnsNames = dnsNames
            self.addresses = addresses
            self.otherNames = otherNames
        }
    }
    /// The token of a service account's Secret: namespace, account, the account's uid, the Secret's name; nil when it fails.
    public var token: @Sendable (_ namespace: String, _ account: String, _ uid: String, _ secret: String) -> String?
    /// Reads a PKCS #10 request, PEM; nil when it is none.
    public var read: @Sendable (_ request: String) -> CertificateRequest?
    /// Signs a request for these usages (`client auth`, `digital signature`, …) and that long: the certificate in PEM; nil when it
    /// fails.
    public var sign: @Sendable (_ request: String, _ usages: [String], _ seconds: Int64) -> String?

    public init(
        token: @escaping @Sendable (_ namespace: String, _ account: String, _ uid: String, _ secret: String) -> String?,
        read: @escaping @Sendable (_ request: String) -> CertificateRequest?,
        sign: @escaping @Sendable (_ request: String, _ usages: [String], _ seconds: Int64) -> String?
    ) {
        self.token = token
        self.read = read
        self.sign = sign
    }
}
