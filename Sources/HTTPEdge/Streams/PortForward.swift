public import NIOCore

/// `kubectl port-forward`: a SPDY session in which each forwarded connection is a pair of streams, one for errors and one for data,
/// joined here with a connection to the pod's port.
public enum PortForward {
    /// The subprotocol by which clients since 1.31 tunnel the session through a WebSocket.
    public static let tunnelSubprotocol = "SPDY/3.1+portforward.k8s.io"
    /// What clients without SPDY offer: channel 2i carries the bytes of the i-th port, 2i+1 its errors, as text in the second form.
    public static let channelSubprotocols = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"]
    /// What a client that upgrades to SPDY itself names in `X-Stream-Protocol-Version`.
    public static let streamProtocol = "portforward.k8s.io"

    /// A connection to one port of the pod: the runtime's WebSocket (`v4.channel.k8s.io`), opened for that port alone. It carries bytes on
    /// channel 0 and errors on channel 1, and starts each with the port in two bytes.
    public typealias Connect = @Sendable (_ port: Int) -> EventLoopFuture<WebSocketStream>

    /// Serves the session until the client leaves. `name` is the pod, for messages.
    public static func serve(_ duplex: ByteDuplex, pod name: String, connect: @escaping Connect) {
        let forwarder = Forwarder(duplex: duplex, pod: name, connect: connect)
        if duplex.eventLoop.inEventLoop { forwarder.start() } else { duplex.eventLoop.execute { forwarder.start() } }
    }
}

private final class Forwarder: @unchecked Sendable {
    private let duplex: ByteDuplex
    private let pod: String
    private let connect: PortForward.Connect
    private var session: SPDYSession?
    /// Error streams whose data stream has not come yet, by request id.
    private var waiting: [String: SPDYStream] = [:]

    init(duplex: ByteDuplex, pod: String, connect: @escaping PortForward.Connect) {
        self.duplex = duplex
        self.pod = pod
        self.connect = connect
    }

    func start() {
        let session = SPDYSession(duplex, opened: { self.opened($0) }, ended: { self.session = nil })
        self.session = session
        session.start()
    }

    private func opened(_ stream: SPDYStream) {
        guard let port = stream["port"].flatMap({ Int($0) }), (1...65535).contains(port) else { return stream.reset() }
        // Clients from before request ids open the error stream right before the data stream.
        let request = stream["requestid"] ?? String(stream["streamtype"] == "error" ? stream.id : stream.id &- 2)
        switch stream["streamtype"] {
        case "error":
            guard waiting.count < 256 else { return stream.reset() }
            waiting[request] = stream
            stream.handle({ _ in }, end: {}, reset: { [weak self] in self?.waiting[request] = nil })
        case "data":
            guard let errors = waiting.removeValue(forKey: request) else { return stream.reset() }
            join(stream, errors, port)
        default: stream.reset()
        }
    }

    private func join(_ data: SPDYStream, _ errors: SPDYStream, _ port: Int) {
        let pair = Pair(data: data, errors: errors, duplex: duplex, pod: pod, port: port)
        pair.start(connect(port).hop(to: duplex.eventLoop))
    }
}

/// One forwarded connection.
private final class Pair: @unchecked Sendable {
    private let data: SPDYStream
    private let errors: SPDYStream
    private let duplex: ByteDuplex
    private let pod: String
    private let port: Int
    private var target: WebSocketStream?
    private var early: [ByteBuffer] = []
    private var isOver = false
    private var clientEnded = false
    private var seen: Set<UInt8> = []

    init(data: SPDYStream, errors: SPDYStream, duplex: ByteDuplex, pod: String, port: Int) {
        self.data = data
        self.errors = errors
        self.duplex = duplex
        self.pod = pod
        self.port = port
    }

    func start(_ connecting: EventLoopFuture<WebSocketStream>) {
        data.handle({ self.fromClient($0) }, end: { self.clientEnd() }, reset: { self.finish() })
        connecting.assumeIsolated().whenComplete { result in
            switch result {
            case .failure(let error): self.fail(String(describing: error))
            case .success(let target):
                if self.isOver { return target.close() }
                self.target = target
                let loop = self.duplex.eventLoop
                target.onMessage { message in
                    let bytes = message.bytes
                    if loop.inEventLoop { self.fromTarget(bytes) } else { loop.execute { self.fromTarget(bytes) } }
                }
                target.onClose { _ in loop.execute { self.finish() } }
                for bytes in self.early { self.fromClient(bytes) }
                self.early = []
                if self.clientEnded { self.clientEnd() }
            }
        }
    }

    private func fromClient(_ bytes: ByteBuffer) {
        guard let target else {
            early.append(bytes)
            return
        }
        var message = ByteBuffer(integer: UInt8(0))
        message.writeImmutableBuffer(bytes)
        target.send(message)
        if !target.isWritable {
            duplex.setReading(false)
            resume({ target.isWritable }) { self.duplex.setReading(true) }
        }
    }

    private func fromTarget(_ bytes: ByteBuffer) {
        var bytes = bytes
        guard !isOver, let channel = bytes.readInteger(as: UInt8.self) else { return }
        // Each channel begins with the port's number.
        if seen.insert(channel).inserted { bytes.moveReaderIndex(forwardBy: min(2, bytes.readableBytes)) }
        guard bytes.readableBytes > 0 else { return }
        if channel == 0 {
            data.send(bytes)
            if !duplex.isWritable(), let target {
                target.setReading(false)
                resume(duplex.isWritable) { target.setReading(true) }
            }
        } else {
            errors.send(bytes)
        }
    }

    /// Looks again every 5 milliseconds until the slow side takes more.
    private func resume(_ isWritable: @escaping @Sendable () -> Bool, _ action: @escaping @Sendable () -> Void) {
        duplex.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(5)) {
            if isWritable() || self.isOver { action() } else { self.resume(isWritable, action) }
        }
    }

    /// The client sends no more. The runtime's channels know no half-closed connection: the pod may still answer for a while.
    private func clientEnd() {
        clientEnded = true
        guard target != nil else { return }
        duplex.eventLoop.assumeIsolated().scheduleTask(in: .seconds(10)) { self.finish() }
    }

    private func fail(_ reason: String) {
        guard !isOver else { return }
        errors.send(ByteBuffer(string: "error forwarding port \(port) to pod \(pod): \(reason)"))
        finish()
    }

    private func finish() {
        guard !isOver else { return }
        isOver = true
        target?.close()
        errors.end()
        data.end()
    }
}
