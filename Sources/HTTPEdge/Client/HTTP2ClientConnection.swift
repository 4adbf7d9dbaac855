import NIOCore
import NIOHPACK
import NIOHTTP2
import Synchronization

/// One HTTP/2 connection to a server; carries many exchanges, each an entry of `open`.
final class HTTP2ClientConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private static let windowBytes = 1024 * 1024
    private struct Open {
        let exchange: HTTPExchange
        var timeout: Scheduled<Void>?
        var debt = 0
        var hasHead = false
    }
    let channel: any Channel
    private let watch: GoAwayWatch
    private var context: ChannelHandlerContext?
    private var open: [Int32: Open] = [:]
    private var nextID: Int32 = 1
    private var connectionDebt = 0
    /// Nothing has come since the last ping: at the next look the connection is given up.
    private var isSilent = false
    private var pings: RepeatedTask?
    private let dead = Atomic<Bool>(false)

    init(channel: any Channel, watch: GoAwayWatch) {
        self.channel = channel
        self.watch = watch
    }

    static func codec(_ watch: GoAwayWatch) -> NIOHTTP2Handler {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .enablePush, value: 0),
            HTTP2Setting(parameter: .initialWindowSize, value: windowBytes),
            HTTP2Setting(parameter: .maxHeaderListSize, value: 1024 * 1024),
        ]
        connection.controlFrameRateLimit.maximumCount = 10000
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.streamResetFrameRateLimit.maximumCount = 10000
        return NIOHTTP2Handler(
            mode: .client, frameDelegate: watch, connectionConfiguration: connection, streamConfiguration: stream)
    }

    /// False once the server has said that it takes no more requests here.
    var isUsable: Bool { !dead.load(ordering: .acquiring) && channel.isActive }
    func close() { channel.close(promise: nil) }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        context.writeAndFlush(
            wrapOutboundOut(
                HTTP2Frame(streamID: .rootStream, payload: .windowUpdate(windowSizeIncrement: Self.windowBytes - 65535))
            ),
            promise: nil)
        pings = context.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(30), delay: .seconds(30)) {
            [weak self] _ in self?.look()
        }
    }
    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        pings?.cancel()
    }

    /// Finds out in a minute at most that a server has gone without a word: a watch would wait for ever.
    private func look() {
        guard let context, !open.isEmpty else {
            isSilent = false
            return
        }
        if isSilent { return close() }
        isSilent = true
        context.writeAndFlush(
            wrapOutboundOut(
                HTTP2Frame(streamID: .rootStream, payload: .ping(HTTP2PingData(withInteger: 1), ack: false))),
            promise: nil)
    }

    func start(_ request: HTTPClient.Request, _ target: ClientURL, _ exchange: HTTPExchange) {
        channel.eventLoop.execute {
            guard let context = self.context, self.isUsable else { return exchange.fail(HTTPClientError.closedEarly) }
            let id = self.nextID
            guard exchange.begin({ self.channel.eventLoop.execute { self.cancel(id) } }) else { return }
            self.nextID += 2
            if self.nextID > Int32.max - 2 { self.dead.store(true, ordering: .releasing) }
            var entry = Open(exchange: exchange)
            entry.timeout = self.channel.eventLoop.assumeIsolated().scheduleTask(in: request.timeout) {
                exchange.fail(HTTPClientError.timedOut)
                self.cancel(id)
            }
            self.open[id] = entry
            var headers = HPACKHeaders([
                (":method", request.method.rawValue), (":scheme", target.isTLS ? "https" : "http"),
                (":path", target.target),
                (":authority", target.authority),
            ])
            for (name, value) in request.headers { headers.add(name: name.lowercased(), value: value) }
            if let stream = request.stream {
                if let length = stream.length { headers.add(name: "content-length", value: String(length)) }
                self.send(id, .headers(.init(headers: headers, endStream: false)), context)
                context.flush()
                let passage = RequestPassage(stream, loop: self.channel.eventLoop) { [weak self] part, promise in
                    self?.pass(part, id, promise)
                }
                passage.begin()
                return
            }
            let sendsBody = request.body.readableBytes > 0
            if sendsBody { headers.add(name: "content-length", value: String(request.body.readableBytes)) }
            self.send(id, .headers(.init(headers: headers, endStream: !sendsBody)), context)
            if sendsBody { self.send(id, .data(.init(data: .byteBuffer(request.body), endStream: true)), context) }
            context.flush()
        }
    }

    private func pass(_ part: EdgeRequestStream.Part, _ id: Int32, _ promise: EventLoopPromise<Void>?) {
        guard let context, open[id] != nil else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch part {
        case .bytes(let bytes):
            let payload = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(bytes)))
            context.writeAndFlush(
                wrapOutboundOut(HTTP2Frame(streamID: HTTP2StreamID(id), payload: payload)), promise: promise)
        case .end:
            send(id, .data(.init(data: .byteBuffer(ByteBuffer()), endStream: true)), context)
            context.flush()
        case .cut: cancel(id)
        }
    }

    private func send(_ id: Int32, _ payload: HTTP2Frame.FramePayload, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(HTTP2Frame(streamID: HTTP2StreamID(id), payload: payload)), promise: nil)
    }
    private func cancel(_ id: Int32) {
        guard let entry = open.removeValue(forKey: id), let context else { return }
        entry.timeout?.cancel()
        send(id, .rstStream(.cancel), context)
        context.flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isSilent = false
        let frame = unwrapInboundIn(data)
        let id = Int32(frame.streamID)
        switch frame.payload {
        case .headers(let payload):
            guard var entry = open[id] else { return }
            if !entry.hasHead {
                guard let status = payload.headers.first(name: ":status").flatMap({ Int($0) }), status >= 200 else {
                    return
                }
                entry.timeout?.cancel()
                entry.hasHead = true
                open[id] = entry
                entry.exchange.head(status, EdgeHeaders(payload.headers))
            }
            if payload.endStream { finish(id) }
        case .data(let payload):
            guard case .byteBuffer(let bytes) = payload.data else { return }
            let count = bytes.readableBytes + (payload.paddingBytes.map { $0 + 1 } ?? 0)
            connectionDebt += count
            if connectionDebt >= Self.windowBytes / 2 {
                context.writeAndFlush(
                    wrapOutboundOut(
                        HTTP2Frame(streamID: .rootStream, payload: .windowUpdate(windowSizeIncrement: connectionDebt))),
                    promise: nil)
                connectionDebt = 0
            }
            guard var entry = open[id] else { return }
            entry.debt += count
            if entry.debt >= Self.windowBytes / 2, !payload.endStream {
                send(id, .windowUpdate(windowSizeIncrement: entry.debt), context)
                context.flush()
                entry.debt = 0
            }
            open[id] = entry
            if bytes.readableBytes > 0 { entry.exchange.piece(bytes) }
            if payload.endStream { finish(id) }
        case .goAway: dead.store(true, ordering: .releasing)
        default: break
        }
    }

    private func finish(_ id: Int32) {
        guard let entry = open.removeValue(forKey: id) else { return }
        entry.exchange.succeed()
        if dead.load(ordering: .acquiring), open.isEmpty { close() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? StreamClosedEvent, event.reason != nil,
            let entry = open.removeValue(forKey: Int32(event.streamID))
        {
            entry.timeout?.cancel()
            entry.exchange.fail(HTTPClientError.closedEarly)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        dead.store(true, ordering: .releasing)
        pings?.cancel()
        let all = open
        open = [:]
        for id in all.keys.sorted() {
            all[id]?.timeout?.cancel()
            all[id]?.exchange.fail(HTTPClientError.closedEarly)
        }
        context.fireChannelInactive()
    }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is any NIOHTTP2Error, !watch.hasFailed { return }
        context.close(promise: nil)
    }
}
