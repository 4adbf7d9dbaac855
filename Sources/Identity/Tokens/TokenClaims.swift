import Document

/// What a service-account token says, in Kubernetes' own claims.
public struct TokenClaims: Sendable, Equatable {
    /// An object that the token names: with the uid, a later one of the same name is another.
    public struct Reference: Sendable, Equatable {
        public var name: String
        public var uid: String
        public init(name: String, uid: String) {
            self.name = name
            self.uid = uid
        }
        init?(_ json: JSON?) {
            guard let json, let name = json["name"]?.string else { return nil }
            self.init(name: name, uid: json["uid"]?.string ?? "")
        }
        var json: JSON { ["name": .string(name), "uid": .string(uid)] }
    }
    public var namespace: String
    public var serviceAccount: Reference
    public var pod: Reference?
    public var secret: Reference?
    public var node: Reference?
    public var audiences: [String]
    public var issuer: String
    /// The token's own id: a UUID.
    public var id: String
    /// In whole seconds since 1970, as are the others.
    public var issuedAt: Int64
    public var notBefore: Int64
    public var expires: Int64
    /// When a client that has not taken a newer token is warned about.
    public var warnAfter: Int64?

    public init(
        namespace: String, serviceAccount: Reference, pod: Reference? = nil, secret: Reference? = nil,
        node: Reference? = nil,
        audiences: [String], issuer: String, id: String, issuedAt: Int64, notBefore: Int64? = nil, expires: Int64,
        warnAfter: Int64? = nil
    ) {
        self.namespace = namespace
        self.serviceAccount = serviceAccount
        self.pod = pod
        self.secret = secret
        self.node = node
        self.audiences = audiences
        self.issuer = issuer
        self.id = id
        self.issuedAt = issuedAt
        self.notBefore = notBefore ?? issuedAt
        self.expires = expires
        self.warnAfter = warnAfter
    }

    /// `system:serviceaccount:NAMESPACE:NAME`.
    public var subject: String { "system:serviceaccount:\(namespace):\(serviceAccount.name)" }

    var json: JSON {
        var own: JSON = ["namespace": .string(namespace), "serviceaccount": serviceAccount.json]
        if let pod { own["pod"] = pod.json }
        if let secret { own["secret"] = secret.json }
        if let node { own["node"] = node.json }
        if let warnAfter { own["warnafter"] = .int(warnAfter) }
        return [
            "aud": .array(audiences.map { .string($0) }), "exp": .int(expires), "iat": .int(issuedAt),
            "iss": .string(issuer),
            "jti": .string(id), "kubernetes.io": own, "nbf": .int(notBefore), "sub": .string(subject),
        ]
    }

    /// nil when a claim that every token has is missing or of the wrong type, or the subject does not fit the rest.
    init?(_ json: JSON) {
        guard let own = json["kubernetes.io"], let namespace = own["namespace"]?.string,
            let account = Reference(own["serviceaccount"]), let issuer = json["iss"]?.string,
            let expires = Self.time(json["exp"]),
            let subject = json["sub"]?.string
        else { return nil }
        let audiences: [String]
        switch json["aud"] {
        case .string(let one)?: audiences = [one]
        case .array(let all)?:
            audiences = all.compactMap(\.string)
            guard audiences.count == all.count else { return nil }
        case nil: audiences = []
        default: return nil
        }
        self.init(
            namespace: namespace, serviceAccount: account, pod: Reference(own["pod"]), secret: Reference(own["secret"]),
            node: Reference(own["node"]), audiences: audiences, issuer: issuer, id: json["jti"]?.string ?? "",
            issuedAt: Self.time(json["iat"]) ?? 0, notBefore: Self.time(json["nbf"]) ?? 0, expires: expires,
            warnAfter: Self.time(own["warnafter"]))
        guard subject == self.subject, !namespace.isEmpty, !account.name.isEmpty else { return nil }
    }

    /// A NumericDate: whole or broken seconds.
    private static func time(_ json: JSON?) -> Int64? {
        switch json {
        case .int(let seconds)?: seconds
        case .double(let seconds)? where abs(seconds) < 9e15: Int64(seconds)
        default: nil
        }
    }
}
