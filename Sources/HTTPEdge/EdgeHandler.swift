public import NIOHTTP1

/// Answers requests. Called on the request's event loop, which serves many connections: return at once, and answer later from
/// any thread through the responder when there is work to do.
public protocol EdgeHandler: Sendable {
    func handle(_ request: EdgeRequest, _ responder: EdgeResponder)
    /// Whether a request with a body is handled as soon as its head is there: its body then comes as `EdgeRequest.stream`, of any
    /// length. Asked for every request with a body.
    func takesStream(_ method: HTTPMethod, _ uri: String) -> Bool
}

extension EdgeHandler {
    public func takesStream(_ method: HTTPMethod, _ uri: String) -> Bool { false }
}
