public import NIOCore

/// The body of a request that is handled while it still arrives. What has arrived and is not `taken` is bounded: beyond that the
/// client is not read from (HTTP/1.1), or its window is not raised (HTTP/2).
///
///     push ─► waiting ─ receive ─► the receiver ─ taken ─► the connection reads on
///
/// `receive` and `taken` may be called from any thread; the receiver is called on the request's event loop.
public final class EdgeRequestStream: @unchecked Sendable {
    public enum Part: Sendable {
        case bytes(ByteBuffer)
        /// The body is whole.
        case end
        /// The client left before that.
        case cut
    }

    public let eventLoop: any EventLoop
    /// Its length as the client gave it; nil when it is sent in chunks.
    public let length: Int?
    // What follows is touched on the event loop only.
    private var waiting: [Part] = []
    private var receiver: (@Sendable (Part) -> Void)?
    private var untaken = 0
    private let untakenMax: Int
    private(set) var isOver = false
    /// Called by `taken`, with the number of bytes: the connection reads on.
    var onTaken: ((Int) -> Void)?
    /// Sweeps since something arrived while there was room for it.
    var idleSweeps = 0

    init(eventLoop: any EventLoop, length: Int?, untakenMax: Int) {
        self.eventLoop = eventLoop
        self.length = length
        self.untakenMax = untakenMax
    }

    /// Calls `receiver` with every part, those that arrived before included. Once.
    public func receive(_ receiver: @escaping @Sendable (Part) -> Void) {
        onLoop {
            $0.receiver = receiver
            let all = $0.waiting
            $0.waiting = []
            for part in all { receiver(part) }
        }
    }

    /// Bytes that were received have gone their way.
    public func taken(_ count: Int) {
        onLoop {
            $0.untaken -= count
            $0.onTaken?(count)
        }
    }

    // MARK: For the connection

    /// Nothing more is to be read for the time being.
    var isFull: Bool { untaken >= untakenMax }

    func push(_ bytes: ByteBuffer) {
        idleSweeps = 0
        guard !isOver, bytes.readableBytes > 0 else { return }
        untaken += bytes.readableBytes
        deliver(.bytes(bytes))
    }
    func end() { finish(.end) }
    func cut() { finish(.cut) }

    private func finish(_ part: Part) {
        guard !isOver else { return }
        isOver = true
        deliver(part)
    }
    private func deliver(_ part: Part) {
        if let receiver { receiver(part) } else { waiting.append(part) }
    }
    private func onLoop(_ work: @escaping @Sendable (EdgeRequestStream) -> Void) {
        if eventLoop.inEventLoop { work(self) } else { eventLoop.execute { work(self) } }
    }
}
