public import NIOCore

/// The bytes that a SPDY session runs over: an upgraded connection, or the messages of a WebSocket that tunnels it.
public struct ByteDuplex: Sendable {
    public let eventLoop: any EventLoop
    let send: @Sendable (ByteBuffer) -> Void
    let isWritable: @Sendable () -> Bool
    let setReading: @Sendable (Bool) -> Void
    let close: @Sendable () -> Void
    let onBytes: @Sendable (@escaping @Sendable (ByteBuffer) -> Void) -> Void
    let onClose: @Sendable (@escaping @Sendable () -> Void) -> Void

    public init(_ stream: RawStream) {
        eventLoop = stream.eventLoop
        send = { stream.send($0) }
        isWritable = { stream.isWritable }
        setReading = { stream.setReading($0) }
        close = { stream.close() }
        onBytes = { stream.onBytes($0) }
        onClose = { stream.onClose($0) }
    }
    public init(_ stream: WebSocketStream) {
        eventLoop = stream.eventLoop
        send = { stream.send($0) }
        isWritable = { stream.isWritable }
        setReading = { stream.setReading($0) }
        close = { stream.close() }
        onBytes = { take in stream.onMessage { take($0.bytes) } }
        onClose = { action in stream.onClose { _ in action() } }
    }
}

/// One side of a SPDY/3.1 connection: a server is told of the streams that the client opens, a client opens them. Everything happens on the duplex's
/// event loop.
final class SPDYSession: @unchecked Sendable {
    let duplex: ByteDuplex
    private var buffer = ByteBuffer()
    private var inflater = Inflater(dictionary: SPDYDictionary.bytes)
    private var streams: [UInt32: SPDYStream] = [:]
    private var hasSentHeaders = false
    private var lastID: UInt32 = 0
    private var nextID: UInt32 = 1
    private let isClient: Bool
    private(set) var isOver = false
    private let opened: (SPDYStream) -> Void
    private let ended: () -> Void
    private static let streamsMax = 1024

    /// `opened` is called for each stream that the client opens, after it has been accepted.
    init(_ duplex: ByteDuplex, opened: @escaping (SPDYStream) -> Void, ended: @escaping () -> Void = {}) {
        self.duplex = duplex
        self.opened = opened
        self.ended = ended
        isClient = false
    }
    /// A client, whose streams are made by `open`.
    init(client duplex: ByteDuplex, ended: @escaping () -> Void) {
        self.duplex = duplex
        opened = { _ in }
        self.ended = ended
        isClient = true
    }
    func start() {
        duplex.onBytes { self.receive($0) }
        duplex.onClose { self.finish() }
    }

    private func receive(_ bytes: ByteBuffer) {
        guard !isOver else { return }
        buffer.writeImmutableBuffer(bytes)
        do {
            while !isOver, let frame = try SPDYFrame.read(&buffer, &inflater) { act(on: frame) }
        } catch {
            duplex.send(SPDYFrame.goAway(lastID))
            close()
        }
        buffer.discardReadBytes()
    }

    private func act(on frame: SPDYFrame) {
        switch frame {
        case .open(let id, let headers, let isLast):
            guard !isClient, id % 2 == 1, id > lastID, streams.count < Self.streamsMax else {
                duplex.send(SPDYFrame.reset(id, 3))
                return
            }
            lastID = id
            let stream = SPDYStream(id: id, headers: headers, session: self)
            streams[id] = stream
            duplex.send(SPDYFrame.reply(id, isFirst: !hasSentHeaders))
            hasSentHeaders = true
            opened(stream)
            if isLast { stream.ended() }
        case .data(let id, let bytes, let isLast):
            guard let stream = streams[id] else { return }
            if bytes.readableBytes > 0 { stream.deliver(bytes) }
            if isLast { stream.ended() }
        case .reset(let id): streams[id]?.wasReset()
        // None is ever sent from here, so each is a question.
        case .ping(let id): duplex.send(SPDYFrame.ping(id))
        case .goAway: close()
        case .other: break
        }
    }

    /// Opens a stream, as a client.
    func open(_ headers: [(name: String, value: String)]) -> SPDYStream {
        let id = nextID
        nextID += 2
        let stream = SPDYStream(id: id, headers: headers, session: self)
        streams[id] = stream
        duplex.send(SPDYFrame.open(id, headers, isFirst: !hasSentHeaders))
        hasSentHeaders = true
        return stream
    }

    func forget(_ id: UInt32) { streams[id] = nil }

    func close() {
        duplex.close()
        finish()
    }
    private func finish() {
        guard !isOver else { return }
        isOver = true
        let open = streams.keys.sorted().compactMap { streams[$0] }
        streams = [:]
        for stream in open { stream.wasReset() }
        ended()
    }
}

/// One stream of a session. On the session's event loop only.
final class SPDYStream {
    let id: UInt32
    let headers: [(name: String, value: String)]
    private let session: SPDYSession
    private var take: ((ByteBuffer) -> Void)?
    private var endAction: (() -> Void)?
    private var resetAction: (() -> Void)?
    private var early: [ByteBuffer] = []
    private var theyEnded = false
    private var weEnded = false

    init(id: UInt32, headers: [(name: String, value: String)], session: SPDYSession) {
        self.id = id
        self.headers = headers
        self.session = session
    }
    subscript(name: String) -> String? { headers.first { $0.name == name }?.value }

    /// What takes the client's bytes, its end of sending, and its going away.
    func handle(_ take: @escaping (ByteBuffer) -> Void, end: @escaping () -> Void, reset: @escaping () -> Void) {
        self.take = take
        endAction = end
        resetAction = reset
        let waiting = early
        early = []
        for bytes in waiting { take(bytes) }
        if theyEnded { end() }
    }
    func send(_ bytes: ByteBuffer) {
        guard !weEnded else { return }
        var rest = bytes
        while let part = rest.readSlice(length: min(rest.readableBytes, 65536)), part.readableBytes > 0 {
            session.duplex.send(SPDYFrame.data(id, part, isLast: false))
        }
    }
    /// Ends this side's sending.
    func end() {
        guard !weEnded else { return }
        weEnded = true
        session.duplex.send(SPDYFrame.data(id, ByteBuffer(), isLast: true))
        if theyEnded { session.forget(id) }
    }
    func reset() {
        guard !(weEnded && theyEnded) else { return }
        weEnded = true
        theyEnded = true
        session.duplex.send(SPDYFrame.reset(id, 5))
        session.forget(id)
    }
    func deliver(_ bytes: ByteBuffer) {
        guard !theyEnded else { return }
        if let take { take(bytes) } else { early.append(bytes) }
    }
    func ended() {
        guard !theyEnded else { return }
        theyEnded = true
        endAction?()
        if weEnded { session.forget(id) }
    }
    func wasReset() {
        weEnded = true
        theyEnded = true
        session.forget(id)
        resetAction?()
        take = nil
        endAction = nil
        resetAction = nil
    }
}
