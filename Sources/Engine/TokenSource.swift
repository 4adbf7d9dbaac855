public import Document
public import Schema

/// Who answers a kubelet's TokenRequests. Signing needs the cluster's key, which the engine does not hold: the API server does.
public protocol TokenSource: Sendable {
    /// The TokenRequest as answered, `status.token` filled in: the same request, checks and record as a POST to
    /// `serviceaccounts/NAME/token`.
    func token(
        namespace: String, serviceAccount: String, request: JSON, as identity: LoopIdentity
    ) -> Result<JSON, APIError>
}
