public import NIOCore

/// The raw bytes of a connection after an upgrade, in both directions. Its callbacks run on `eventLoop`; sending may be done from any thread.
public final class RawStream: @unchecked Sendable {
    public let eventLoop: any EventLoop
    let channel: any Channel
    private var receive: ((ByteBuffer) -> Void)?
    private var closeAction: (() -> Void)?
    private var early: [ByteBuffer] = []
    private var isOver = false

    init(channel: any Channel) {
        self.channel = channel
        eventLoop = channel.eventLoop
    }

    /// Sets what takes the bytes that come; what came before is delivered at once. Nothing is read ahead while `pause` is on.
    public func onBytes(_ receive: @escaping @Sendable (ByteBuffer) -> Void) {
        onLoop {
            self.receive = receive
            let waiting = self.early
            self.early = []
            for bytes in waiting { receive(bytes) }
        }
    }

    /// Sets what is called once when the connection has closed.
    public func onClose(_ action: @escaping @Sendable () -> Void) {
        onLoop { if self.isOver { action() } else { self.closeAction = action } }
    }

    /// Stops and restarts reading from the connection: back-pressure towards the client.
    public func setReading(_ isOn: Bool) {
        _ = channel.setOption(ChannelOptions.autoRead, value: isOn)
    }

    /// Sends bytes; the future tells when they have left the process.
    @discardableResult
    public func send(_ bytes: ByteBuffer) -> EventLoopFuture<Void> { channel.writeAndFlush(bytes) }

    /// Whether what was sent goes out without piling up.
    public var isWritable: Bool { channel.isWritable }

    /// Closes the connection after what was sent has left.
    public func close() { channel.close(promise: nil) }

    func deliver(_ bytes: ByteBuffer) {
        if let receive { receive(bytes) } else { early.append(bytes) }
    }
    func ended() {
        guard !isOver else { return }
        isOver = true
        receive = nil
        let action = closeAction
        closeAction = nil
        action?()
    }
    private func onLoop(_ work: @escaping @Sendable () -> Void) {
        if eventLoop.inEventLoop { work() } else { eventLoop.execute(work) }
    }
}
