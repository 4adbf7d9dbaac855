/// A file that tells Kubernetes' clients where a cluster is and who they are there.
public struct Kubeconfig: Sendable {
    /// `https://127.0.0.1:6443`.
    public var server: String
    /// PEM.
    public var authority: String
    public var cluster: String
    public var user: String
    public var credential: Credential
    /// How the user shows who it is.
    public enum Credential: Sendable {
        case certificate(KeyPair)
        case token(String)
    }
    public init(
        server: String, authority: String, cluster: String = "reckon", user: String = "admin", credential: Credential
    ) {
        self.server = server
        self.authority = authority
        self.cluster = cluster
        self.user = user
        self.credential = credential
    }

    /// The file's text: everything embedded, so that it works wherever it is copied to.
    public var text: String {
        let proof: String =
            switch credential {
            case .certificate(let pair):
                """
                    client-certificate-data: \(Base64.standard(pair.certificateBytes))
                    client-key-data: \(Base64.standard(pair.privateKeyBytes))
                """
            case .token(let token): "    token: \(token)"
            }
        return """
            apiVersion: v1
            kind: Config
            clusters:
            - name: \(cluster)
              cluster:
                certificate-authority-data: \(Base64.standard(Array(authority.utf8)))
                server: \(server)
            contexts:
            - name: \(user)@\(cluster)
              context:
                cluster: \(cluster)
                user: \(user)
            current-context: \(user)@\(cluster)
            users:
            - name: \(user)
              user:
            \(proof)

            """
    }

    /// Writes the file for its owner's eyes only.
    public func write(to path: String) throws(IdentityError) { try PrivateFile.write(path, Array(text.utf8)) }
}
