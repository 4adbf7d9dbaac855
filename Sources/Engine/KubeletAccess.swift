/// Who may use a kubelet's own HTTPS API: the API server's rules, asked by the kubelet.
public protocol KubeletAccess: Sendable {
    /// Decides about one request. `verb` is an API verb (`get`, `create`, …) on `nodes/SUBRESOURCE` of that node; the first of
    /// `subresources` that is allowed suffices. A refusal is recorded.
    func kubeletVerdict(
        peerCertificate: [UInt8]?, authorization: String?, verb: String, node: String, subresources: [String],
        path: String, source: String, userAgent: String
    ) -> KubeletVerdict
}

/// The answer to a request for a kubelet.
public enum KubeletVerdict: Sendable, Equatable {
    case allowed
    /// Nobody that is known: 401.
    case unknown
    /// Known, and not allowed: 403 with this text.
    case forbidden(String)
}
