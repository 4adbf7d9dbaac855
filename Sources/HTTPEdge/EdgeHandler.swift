/// Answers requests. Called on the request's event loop, which serves many connections: return at once, and answer later from
/// any thread through the responder when there is work to do.
public protocol EdgeHandler: Sendable {
    func handle(_ request: EdgeRequest, _ responder: EdgeResponder)
}
