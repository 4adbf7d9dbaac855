public import NIOCore

/// A command in a container (exec, attach) at the runtime's streaming server, over SPDY: unlike the runtime's WebSockets it can close the command's
/// standard input alone, which `kubectl exec -i … < file` and `kubectl cp` need.
public final class RemoteCommand: @unchecked Sendable {
    /// The streams that the runtime was asked for; they must be the same here.
    public struct Streams: Sendable {
        public var stdin: Bool
        public var stdout: Bool
        public var stderr: Bool
        public var tty: Bool
        public init(stdin: Bool, stdout: Bool, stderr: Bool, tty: Bool) {
            self.stdin = stdin
            self.stdout = stdout
            self.stderr = stderr
            self.tty = tty
        }
    }
    /// What WebSocket clients may offer, the best first. The `base64` ones carry text: a digit for the channel, then the bytes in base64.
    public static let subprotocols = [
        "v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io",
    ]
    private enum Channel {
        static let stdin: UInt8 = 0
        static let stdout: UInt8 = 1
        static let stderr: UInt8 = 2
        static let error: UInt8 = 3
        static let resize: UInt8 = 4
        /// v5: closes the channel that the next byte names.
        static let close: UInt8 = 255
    }
    private let duplex: ByteDuplex
    private let wanted: Streams
    private var session: SPDYSession?
    private var inputs: [UInt8: SPDYStream] = [:]
    private var outputsOpen = 0
    private var outer: WebSocketStream?
    private var isOver = false
    private var isText = false

    private init(_ stream: RawStream, _ wanted: Streams) {
        duplex = ByteDuplex(stream)
        self.wanted = wanted
    }

    /// Connects to the URL that the runtime gave for a command.
    public static func connect(_ client: HTTPClient, url: String, streams: Streams) -> EventLoopFuture<RemoteCommand> {
        client.upgrade(url, proto: "SPDY/3.1", headers: [("X-Stream-Protocol-Version", "v4.channel.k8s.io")]).map {
            RemoteCommand($0.stream, streams)
        }
    }

    /// Joins the command with a client's WebSocket that speaks `v5.channel.k8s.io` or `v4.channel.k8s.io`, until one side ends.
    public func join(_ outer: WebSocketStream) {
        if duplex.eventLoop.inEventLoop { start(outer) } else { duplex.eventLoop.execute { self.start(outer) } }
    }
    /// Gives the connection up without a client.
    public func close() { duplex.close() }

    private func start(_ outer: WebSocketStream) {
        self.outer = outer
        isText = outer.subprotocol?.contains("base64") == true
        let loop = duplex.eventLoop
        let session = SPDYSession(client: duplex, ended: { self.finish() })
        self.session = session
        session.start()
        output(session.open([(name: "streamtype", value: "error")]), Channel.error)
        if wanted.stdin { input(session.open([(name: "streamtype", value: "stdin")]), Channel.stdin) }
        if wanted.stdout { output(session.open([(name: "streamtype", value: "stdout")]), Channel.stdout) }
        if wanted.stderr, !wanted.tty { output(session.open([(name: "streamtype", value: "stderr")]), Channel.stderr) }
        if wanted.tty { input(session.open([(name: "streamtype", value: "resize")]), Channel.resize) }
        // An empty message tells the client that the connection stands.
        send(
            ByteBuffer(bytes: [wanted.stdout ? Channel.stdout : wanted.stderr ? Channel.stderr : Channel.error]), outer)
        outer.onMessage { message in
            let bytes = message.bytes
            if loop.inEventLoop { self.fromClient(bytes) } else { loop.execute { self.fromClient(bytes) } }
        }
        outer.onClose { _ in loop.execute { self.session?.close() } }
    }

    private func input(_ stream: SPDYStream, _ channel: UInt8) {
        inputs[channel] = stream
        stream.handle({ _ in }, end: {}, reset: { self.inputs[channel] = nil })
    }

    private func output(_ stream: SPDYStream, _ channel: UInt8) {
        outputsOpen += 1
        stream.handle(
            { bytes in
                var message = ByteBuffer(integer: channel)
                message.writeImmutableBuffer(bytes)
                self.toClient(message)
            }, end: { self.outputEnded() }, reset: { self.outputEnded() })
    }

    private func outputEnded() {
        outputsOpen -= 1
        if outputsOpen == 0 { finish() }
    }

    private func toClient(_ message: ByteBuffer) {
        guard let outer else { return }
        send(message, outer)
        if !outer.isWritable {
            duplex.setReading(false)
            resume({ outer.isWritable }) { self.duplex.setReading(true) }
        }
    }

    private func send(_ message: ByteBuffer, _ outer: WebSocketStream) {
        guard isText else {
            outer.send(message)
            return
        }
        var message = message
        guard let channel = message.readInteger(as: UInt8.self) else { return }
        outer.send(text: String(channel) + Base64.encode(Array(message.readableBytesView)))
    }

    private func fromClient(_ message: ByteBuffer) {
        var bytes = message
        if isText {
            guard let digit = bytes.readInteger(as: UInt8.self), digit >= 0x30, digit <= 0x39,
                let plain = Base64.decode(bytes.readableBytesView)
            else { return }
            bytes = ByteBuffer(bytes: [digit - 0x30] + plain)
        }
        guard !isOver, let channel = bytes.readInteger(as: UInt8.self) else { return }
        if channel == Channel.close {
            if let closed = bytes.readInteger(as: UInt8.self) { inputs.removeValue(forKey: closed)?.end() }
            return
        }
        guard bytes.readableBytes > 0, let stream = inputs[channel] else { return }
        stream.send(bytes)
        if !duplex.isWritable(), let outer {
            outer.setReading(false)
            resume(duplex.isWritable) { outer.setReading(true) }
        }
    }

    /// Looks again every 5 milliseconds until the slow side takes more.
    private func resume(_ isWritable: @escaping @Sendable () -> Bool, _ action: @escaping @Sendable () -> Void) {
        duplex.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(5)) {
            if isWritable() || self.isOver { action() } else { self.resume(isWritable, action) }
        }
    }

    private func finish() {
        guard !isOver else { return }
        isOver = true
        inputs = [:]
        let session = self.session
        self.session = nil
        outer?.close()
        session?.close()
    }
}
