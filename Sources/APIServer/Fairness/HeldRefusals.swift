import FlowControl
import HTTPEdge
import NIOCore
import Synchronization

/// Refusals for load on their way to their clients, at the pace that `RefusalPace` sets.
final class HeldRefusals: Sendable {
    private let pace = Mutex(
        RefusalPace(
            perSecond: Limits.refusalsPerSecond, heldMax: Limits.heldRefusalsMax,
            microsecondsMax: Limits.refusalHeldMicrosecondsMax))

    /// Answers, now or later. Of the request only where its answer goes is kept.
    func answer(_ responder: EdgeResponder, user: String, _ code: Int, _ headers: [(String, String)], _ body: EdgeBody)
    {
        let wait = pace.withLock { $0.hold(user) }
        guard wait > 0 else {
            responder.respond(code, headers, body)
            return
        }
        responder.eventLoop.scheduleTask(in: .microseconds(wait)) { [self] in
            pace.withLock { $0.release(user) }
            responder.respond(code, headers, body)
        }
    }
}
