public import NIOCore
import NIOWebSocket

/// One WebSocket connection, either side. Callbacks run on `eventLoop`; sending may be done from any thread.
public final class WebSocketStream: @unchecked Sendable {
    /// One whole message.
    public enum Message: Sendable {
        case binary(ByteBuffer)
        case text(ByteBuffer)
        /// The bytes of either form.
        public var bytes: ByteBuffer {
            switch self {
            case .binary(let b), .text(let b): b
            }
        }
    }
    public let eventLoop: any EventLoop
    /// The subprotocol that was agreed on; nil when none was.
    public let subprotocol: String?
    let channel: any Channel
    let isClient: Bool
    private var receive: ((Message) -> Void)?
    private var closeAction: ((UInt16?) -> Void)?
    private var early: [Message] = []
    private var isOver = false
    private var closeCode: UInt16?
    private var sentClose = false

    init(channel: any Channel, subprotocol: String?, isClient: Bool) {
        self.channel = channel
        self.subprotocol = subprotocol
        self.isClient = isClient
        eventLoop = channel.eventLoop
    }

    /// Sets what takes the messages that come; those that came before are delivered at once.
    public func onMessage(_ receive: @escaping @Sendable (Message) -> Void) {
        onLoop {
            self.receive = receive
            let waiting = self.early
            self.early = []
            for message in waiting { receive(message) }
        }
    }

    /// Sets what is called once when the connection is over, with the peer's close code if it sent one.
    public func onClose(_ action: @escaping @Sendable (UInt16?) -> Void) {
        onLoop { if self.isOver { action(self.closeCode) } else { self.closeAction = action } }
    }

    /// Sends one binary message; the future tells when it has left the process.
    @discardableResult
    public func send(_ bytes: ByteBuffer) -> EventLoopFuture<Void> { write(.binary, bytes) }
    /// Sends one text message.
    @discardableResult
    public func send(text: String) -> EventLoopFuture<Void> { write(.text, ByteBuffer(string: text)) }
    /// Sends a ping; the peer answers by itself.
    public func ping() { _ = write(.ping, ByteBuffer()) }

    /// Closes in good order: sends a close frame, then the connection closes when the peer has answered, or after 5 seconds.
    public func close(code: UInt16 = 1000, reason: String = "") {
        onLoop {
            guard !self.isOver, !self.sentClose else { return }
            self.sendClose(code, reason)
            let channel = self.channel
            self.eventLoop.assumeIsolated().scheduleTask(in: .seconds(5)) { channel.close(promise: nil) }
        }
    }

    /// Whether what is sent goes out without piling up.
    public var isWritable: Bool { channel.isWritable }
    /// Stops and restarts reading from the connection: back-pressure towards the peer.
    public func setReading(_ isOn: Bool) { _ = channel.setOption(ChannelOptions.autoRead, value: isOn) }

    private func write(_ opcode: WebSocketOpcode, _ bytes: ByteBuffer) -> EventLoopFuture<Void> {
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: opcode, maskKey: maskKey, data: bytes))
    }
    private var maskKey: WebSocketMaskingKey? { isClient ? .random() : nil }

    func sendClose(_ code: UInt16?, _ reason: String = "") {
        guard !sentClose else { return }
        sentClose = true
        var data = ByteBuffer()
        if let code {
            data.writeInteger(code)
            data.writeString(reason)
        }
        channel.writeAndFlush(
            WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: maskKey, data: data), promise: nil)
    }
    var hasSentClose: Bool { sentClose }
    func sendPong(_ data: ByteBuffer) {
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .pong, maskKey: maskKey, data: data), promise: nil)
    }
    func deliver(_ message: Message) {
        if let receive { receive(message) } else { early.append(message) }
    }
    func peerClosed(_ code: UInt16?) { closeCode = code }
    func ended() {
        guard !isOver else { return }
        isOver = true
        receive = nil
        let action = closeAction
        closeAction = nil
        action?(closeCode)
    }
    private func onLoop(_ work: @escaping @Sendable () -> Void) {
        if eventLoop.inEventLoop { work() } else { eventLoop.execute(work) }
    }
}
