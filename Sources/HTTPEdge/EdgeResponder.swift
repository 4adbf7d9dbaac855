public import NIOCore
import Synchronization

/// The way back to the client for one request. May be used from any thread: calls from elsewhere hop to the request's event
/// loop and keep their order. Exactly one of `respond`, `startStream` … `end`, an upgrade, or `abort` answers a request; calls after the
/// answer ended, or after the client left, do nothing.
///
///     idle ── respond ─────────────────────► ended
///     idle ── startStream ─► streaming ── end ─► ended
///     idle ── acceptWebSocket / acceptUpgrade ─► upgraded
///     any  ── abort, or the client leaves ─► closed, and `onClose` is called
public final class EdgeResponder: @unchecked Sendable {
    public let eventLoop: any EventLoop
    let sink: any ResponseSink
    /// The HTTP/2 stream; 0 over HTTP/1.1.
    let stream: Int32
    private let pending = Atomic<Int>(0)
    private let closed = Atomic<Bool>(false)
    private let backlogBytes: Int
    // What follows is touched on the event loop only.
    private var closeAction: (@Sendable () -> Void)?
    private var drainAction: (@Sendable () -> Void)?
    private var overdueAction: (@Sendable () -> Void)?
    var exchange: Exchange

    init(eventLoop: any EventLoop, sink: any ResponseSink, stream: Int32, backlogBytes: Int, exchange: Exchange) {
        self.eventLoop = eventLoop
        self.sink = sink
        self.stream = stream
        self.backlogBytes = backlogBytes
        self.exchange = exchange
    }

    // MARK: One-shot answers

    /// Answers whole. `Content-Length` and `Date` are added. The body of an answer to HEAD is not sent.
    public func respond(_ status: Int, _ headers: [(String, String)], _ body: EdgeBody) {
        // On the loop already, as a quick answer is: nothing is captured.
        if eventLoop.inEventLoop {
            sink.respond(self, status: status, headers: headers, body: body)
        } else {
            eventLoop.execute { self.sink.respond(self, status: status, headers: headers, body: body) }
        }
    }

    // MARK: Streams

    /// Starts an answer whose length is not known: chunked over HTTP/1.1, DATA frames over HTTP/2. The head is sent at once.
    public func startStream(_ status: Int, _ headers: [(String, String)]) {
        onLoop { $0.sink.startStream($0, status: status, headers: headers) }
    }

    /// Sends the next piece of a started stream. Bytes not yet taken by the client's side are counted in `pendingBytes`:
    /// it is the caller's duty to look at it and drop a reader that is too slow.
    public func write(_ chunk: ByteBuffer) {
        let count = chunk.readableBytes
        guard count > 0, !isClosed else { return }
        pending.add(count, ordering: .relaxed)
        if eventLoop.inEventLoop { sink.write(self, chunk) } else { eventLoop.execute { self.sink.write(self, chunk) } }
    }

    /// The same for many pieces, with one hop.
    public func write(_ chunks: [ByteBuffer]) {
        let count = chunks.reduce(0) { $0 + $1.readableBytes }
        guard count > 0, !isClosed else { return }
        pending.add(count, ordering: .relaxed)
        onLoop { for chunk in chunks where chunk.readableBytes > 0 { $0.sink.write($0, chunk) } }
    }

    /// Ends a started stream in good order.
    public func end() { onLoop { $0.sink.end($0) } }

    /// Cuts the answer: resets an HTTP/2 stream, closes an HTTP/1.1 connection.
    public func abort() { onLoop { $0.sink.abort($0) } }

    // MARK: Back-pressure and the end

    /// Bytes given to `write` that have not left the process.
    public var pendingBytes: Int { pending.load(ordering: .relaxed) }
    /// Whether `pendingBytes` is below `EdgeLimits.streamBacklogBytes`.
    public var isWritable: Bool { pendingBytes < backlogBytes }
    /// The answer has ended, or the client has gone.
    public var isClosed: Bool { closed.load(ordering: .acquiring) }

    /// Calls `action` on the event loop when the client goes away before the answer has ended; at once when it already has.
    /// At most once, and not after `end` or `respond`.
    public func onClose(_ action: @escaping @Sendable () -> Void) {
        onLoop {
            if $0.isClosed { action() } else { $0.closeAction = action }
        }
    }

    /// Calls `action` on the event loop once everything written so far has left the process; at once when nothing waits.
    public func onDrain(_ action: @escaping @Sendable () -> Void) {
        onLoop {
            if $0.isClosed || $0.pendingBytes == 0 { action() } else { $0.drainAction = action }
        }
    }

    /// Calls `action` on the event loop when nothing has been answered for `EdgeLimits.answerTimeout`. At most once.
    public func onOverdue(_ action: @escaping @Sendable () -> Void) {
        onLoop { if $0.exchange.phase == .idle, !$0.isClosed { $0.overdueAction = action } }
    }

    // MARK: Upgrades

    /// Answers 101 to a WebSocket client and hands over the stream on the event loop; nil when the client went away or the request
    /// was no WebSocket handshake.
    public func acceptWebSocket(
        subprotocol: String?, headers: [(String, String)] = [], _ ready: @escaping @Sendable (WebSocketStream?) -> Void
    ) {
        onLoop { $0.sink.acceptWebSocket($0, subprotocol: subprotocol, headers: headers, ready) }
    }

    /// Answers 101 with `Connection: Upgrade` and `Upgrade: proto`, and hands over the raw bytes on the event loop; nil when the client
    /// went away.
    public func acceptUpgrade(
        _ proto: String, headers: [(String, String)] = [], _ ready: @escaping @Sendable (RawStream?) -> Void
    ) {
        onLoop { $0.sink.acceptUpgrade($0, proto: proto, headers: headers, ready) }
    }

    // MARK: For the connection

    private func onLoop(_ work: @escaping @Sendable (EdgeResponder) -> Void) {
        if eventLoop.inEventLoop {
            work(self)
        } else {
            eventLoop.execute { work(self) }
        }
    }

    /// Bytes that the connection itself counts: a long whole answer.
    func addPending(_ count: Int) { pending.add(count, ordering: .relaxed) }

    /// A promise for a write of `count` bytes that were added to `pendingBytes`.
    func promise(for count: Int) -> EventLoopPromise<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { result in
            // A write fails because its stream is gone: whoever writes on when told of room must know it first.
            if case .failure = result { self.finish(early: true) }
            self.sent(count)
        }
        return promise
    }

    /// Some written bytes have left, or were dropped.
    func sent(_ count: Int) {
        exchange.stalledSweeps = 0
        let left = pending.subtract(count, ordering: .relaxed).newValue
        if left == 0, let action = drainAction {
            drainAction = nil
            action()
        }
    }

    /// One more sweep found the request unanswered.
    func waited(_ limits: EdgeLimits) {
        guard exchange.phase == .idle, let action = overdueAction else { return }
        exchange.waitingSweeps += 1
        guard exchange.waitingSweeps > limits.sweeps(in: limits.answerTimeout) else { return }
        overdueAction = nil
        action()
    }

    /// The answer is over, or the client is gone (`early`).
    func finish(early: Bool) {
        exchange.phase = .ended
        exchange.arriving?.cut()
        exchange.arriving = nil
        guard !closed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        let action = closeAction
        let drained = drainAction
        closeAction = nil
        drainAction = nil
        overdueAction = nil
        if early { action?() }
        drained?()
    }
}

/// Where one request and its answer stand. On the event loop only.
struct Exchange {
    enum Phase { case idle, streaming, ended }
    var phase = Phase.idle
    var isHead = false
    /// HTTP/1.1: the connection may carry another request afterwards.
    var keepsAlive = true
    /// HTTP/1.1: the body is framed in chunks.
    var isChunked = false
    /// Sweeps since the client last took a byte of what waits.
    var stalledSweeps = 0
    /// Sweeps that found the request unanswered.
    var waitingSweeps = 0
    // HTTP/2: the request while it arrives.
    var requestHeaders: EdgeHeaders?
    var body = ByteBuffer()
    var isBodyTooLarge = false
    /// The body of a request that has been handed over already.
    var arriving: EdgeRequestStream?
    var receivingSweeps = 0
    /// Bytes received since the stream's window was last raised.
    var windowDebt = 0
    init() {}
}

/// One connection's side of its responders. Called on its event loop only.
protocol ResponseSink: AnyObject, Sendable {
    func respond(_ responder: EdgeResponder, status: Int, headers: [(String, String)], body: EdgeBody)
    func startStream(_ responder: EdgeResponder, status: Int, headers: [(String, String)])
    func write(_ responder: EdgeResponder, _ chunk: ByteBuffer)
    func end(_ responder: EdgeResponder)
    func abort(_ responder: EdgeResponder)
    func acceptWebSocket(
        _ responder: EdgeResponder, subprotocol: String?, headers: [(String, String)],
        _ ready: @escaping @Sendable (WebSocketStream?) -> Void)
    func acceptUpgrade(
        _ responder: EdgeResponder, proto: String, headers: [(String, String)],
        _ ready: @escaping @Sendable (RawStream?) -> Void)
}
