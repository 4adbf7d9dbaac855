import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2

/// One HTTP/2 connection. Frames of all streams are handled here, without a channel for each stream: a stream is an entry of
/// `streams` from its HEADERS until both sides have ended it.
final class HTTP2Connection: ChannelInboundHandler, ResponseSink, ManagedConnection, @unchecked Sendable {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let loop: LoopState
    private let info: EdgeConnection
    private let limits: EdgeLimits
    private let handler: any EdgeHandler
    private let watchdog: GoAwayWatch
    private var context: ChannelHandlerContext?
    private var streams: [Int32: EdgeResponder] = [:]
    private var isReading = false
    private var needsFlush = false
    private var flushScheduled = false
    private var isDraining = false
    private var isClosed = false
    private var idleSweeps = 0
    private var connectionDebt = 0

    init(loop: LoopState, info: EdgeConnection, watchdog: GoAwayWatch) {
        self.loop = loop
        self.info = info
        self.watchdog = watchdog
        limits = loop.core.limits
        handler = loop.core.handler
    }

    /// The codec with the server's limits.
    static func codec(_ limits: EdgeLimits, _ watchdog: GoAwayWatch) -> NIOHTTP2Handler {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.streamsPerConnectionMax),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headBytesMax),
            HTTP2Setting(parameter: .initialWindowSize, value: limits.windowBytes),
        ]
        connection.maximumSequentialContinuationFrames = limits.headBytesMax / 16384 + 1
        connection.controlFrameRateLimit.maximumCount = limits.resetsMax
        connection.controlFrameRateLimit.windowLength = limits.resetsWindow
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.streamResetFrameRateLimit.maximumCount = limits.resetsMax
        stream.streamResetFrameRateLimit.windowLength = limits.resetsWindow
        stream.streamErrorRateLimit.maximumCount = limits.resetsMax
        stream.streamErrorRateLimit.windowLength = limits.resetsWindow
        return NIOHTTP2Handler(
            mode: .server, frameDelegate: watchdog, connectionConfiguration: connection, streamConfiguration: stream)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        if context.channel.isActive { raiseWindow(context) }
    }
    func channelActive(context: ChannelHandlerContext) {
        raiseWindow(context)
        context.fireChannelActive()
    }
    private func raiseWindow(_ context: ChannelHandlerContext) {
        let increment = limits.windowBytes - 65535
        if increment > 0 {
            context.writeAndFlush(
                wrapOutboundOut(
                    HTTP2Frame(streamID: .rootStream, payload: .windowUpdate(windowSizeIncrement: increment))),
                promise: nil)
        }
    }
    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        leave()
    }
    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }
    private func leave() {
        guard !isClosed else { return }
        isClosed = true
        loop.remove(self)
        let open = streams.keys.sorted()
        let all = streams
        streams = [:]
        for id in open { all[id]?.finish(early: true) }
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .headers(let payload):
            let id = Int32(frame.streamID)
            if let responder = streams[id] {  // trailers
                if payload.endStream { requestEnded(responder) }
            } else {
                open(id, payload.headers, endStream: payload.endStream)
            }
        case .data(let payload): receive(Int32(frame.streamID), payload)
        case .goAway: isDraining = true
        default: break  // the codec acts on the others by itself
        }
    }

    private func open(_ id: Int32, _ headers: HPACKHeaders, endStream: Bool) {
        idleSweeps = 0
        var exchange = Exchange()
        let headers = EdgeHeaders(headers)
        let responder: EdgeResponder
        if endStream {
            responder = EdgeResponder(
                eventLoop: info.eventLoop, sink: self, stream: id, backlogBytes: limits.streamBacklogBytes,
                exchange: exchange)
            streams[id] = responder
            dispatch(responder, headers, ByteBuffer(), false)
        } else {
            exchange.requestHeaders = headers
            responder = EdgeResponder(
                eventLoop: info.eventLoop, sink: self, stream: id, backlogBytes: limits.streamBacklogBytes,
                exchange: exchange)
            streams[id] = responder
            let length = headers["content-length"].flatMap { Int($0) }
            if let method = headers[":method"], let uri = headers[":path"],
                handler.takesStream(HTTPMethod(rawValue: method), uri)
            {
                stream(responder, headers, length: length)
            } else if let length, length > limits.bodyBytesMax {
                refuseBody(responder)
            } else if headers["expect"]?.lowercased() == "100-continue" {
                send(responder, .headers(.init(headers: HPACKHeaders([(":status", "100")]))))
                flushSoon()
            }
        }
    }

    private func receive(_ id: Int32, _ payload: HTTP2Frame.FramePayload.Data) {
        guard case .byteBuffer(var bytes) = payload.data else { return }
        let count = bytes.readableBytes + (payload.paddingBytes.map { $0 + 1 } ?? 0)
        connectionDebt += count
        if connectionDebt >= limits.windowBytes / 2, let context {
            context.write(
                wrapOutboundOut(
                    HTTP2Frame(streamID: .rootStream, payload: .windowUpdate(windowSizeIncrement: connectionDebt))),
                promise: nil)
            connectionDebt = 0
            flushSoon()
        }
        guard let responder = streams[id] else { return }
        if let arriving = responder.exchange.arriving {
            // What the flow control counts besides the bytes is given back at once.
            if count > bytes.readableBytes { raise(responder, count - bytes.readableBytes) }
            arriving.push(bytes)
            if payload.endStream { requestEnded(responder) }
            return
        }
        // Once the body is refused the stream's window is not raised again: the client cannot send on.
        if !responder.exchange.isBodyTooLarge {
            if responder.exchange.body.readableBytes + bytes.readableBytes > limits.bodyBytesMax {
                refuseBody(responder)
            } else {
                if responder.exchange.body.readableBytes == 0 {
                    responder.exchange.body = bytes
                } else {
                    responder.exchange.body.writeBuffer(&bytes)
                }
                responder.exchange.windowDebt += count
                if responder.exchange.windowDebt >= limits.windowBytes / 2, !payload.endStream {
                    send(responder, .windowUpdate(windowSizeIncrement: responder.exchange.windowDebt))
                    responder.exchange.windowDebt = 0
                    flushSoon()
                }
            }
        }
        if payload.endStream { requestEnded(responder) }
    }

    /// Hands a request over whose body is still to come.
    private func stream(_ responder: EdgeResponder, _ headers: EdgeHeaders, length: Int?) {
        let stream = EdgeRequestStream(
            eventLoop: info.eventLoop, length: length, untakenMax: limits.requestBacklogBytes)
        stream.onTaken = { [weak self, weak responder] count in
            guard let self, let responder, self.streams[responder.stream] === responder else { return }
            self.raise(responder, count)
        }
        responder.exchange.arriving = stream
        responder.exchange.requestHeaders = nil
        if headers["expect"]?.lowercased() == "100-continue" {
            send(responder, .headers(.init(headers: HPACKHeaders([(":status", "100")]))))
            flushSoon()
        }
        dispatch(responder, headers, ByteBuffer(), false, stream)
    }

    /// The client may send so many bytes more of a body that arrives.
    private func raise(_ responder: EdgeResponder, _ count: Int) {
        responder.exchange.windowDebt += count
        guard responder.exchange.windowDebt >= limits.windowBytes / 2, responder.exchange.arriving != nil else {
            return
        }
        send(responder, .windowUpdate(windowSizeIncrement: responder.exchange.windowDebt))
        responder.exchange.windowDebt = 0
        flushSoon()
    }

    private func refuseBody(_ responder: EdgeResponder) {
        guard let headers = responder.exchange.requestHeaders else { return }
        responder.exchange.isBodyTooLarge = true
        responder.exchange.requestHeaders = nil
        responder.exchange.body = ByteBuffer()
        dispatch(responder, headers, ByteBuffer(), true)
    }

    private func requestEnded(_ responder: EdgeResponder) {
        if let arriving = responder.exchange.arriving {
            responder.exchange.arriving = nil
            arriving.end()
            return
        }
        guard let headers = responder.exchange.requestHeaders else { return }
        responder.exchange.requestHeaders = nil
        let body = responder.exchange.body
        responder.exchange.body = ByteBuffer()
        dispatch(responder, headers, body, false)
    }

    private func dispatch(
        _ responder: EdgeResponder, _ headers: EdgeHeaders, _ body: ByteBuffer, _ isBodyTooLarge: Bool,
        _ stream: EdgeRequestStream? = nil
    ) {
        guard let method = headers[":method"], let uri = headers[":path"] else {
            respond(
                responder, status: 400, headers: [("content-type", "text/plain; charset=utf-8")],
                body: .text("400 Bad Request"))
            return
        }
        responder.exchange.isHead = method == "HEAD"
        let request = EdgeRequest(
            method: method == "GET" ? .GET : HTTPMethod(rawValue: method), uri: uri, headers: headers, body: body,
            isBodyTooLarge: isBodyTooLarge, connection: info, upgrade: nil, stream: stream)
        handler.handle(request, responder)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        if needsFlush {
            needsFlush = false
            context.flush()
        }
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? StreamClosedEvent {
            if let responder = streams.removeValue(forKey: Int32(event.streamID)) {
                responder.finish(early: responder.exchange.phase != .ended)
            }
            if isDraining, streams.isEmpty { closeSoon() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: Answering

    private func head(_ status: Int, _ headers: [(String, String)], length: Int?) -> HPACKHeaders {
        var out = HPACKHeaders()
        out.reserveCapacity(headers.count + 3)
        out.add(name: ":status", value: ResponseHead.text(status))
        for (name, value) in headers {
            // Values that differ in every answer would only push the useful ones out of the client's table.
            let changes = name == "audit-id" || name == "etag" || name == "location"
            let lower = name.utf8.contains { $0 >= 0x41 && $0 <= 0x5A } ? name.lowercased() : name
            // By their lengths first: most names need no comparison.
            switch lower.utf8.count {
            case 10 where lower == "connection" || lower == "keep-alive": continue
            case 17 where lower == "transfer-encoding": continue
            default: break
            }
            out.add(name: lower, value: value, indexing: changes ? .nonIndexable : .indexable)
        }
        out.add(name: "date", value: loop.date.current())
        if let length {
            let text = length < ResponseHead.statusTexts.count ? ResponseHead.statusTexts[length] : String(length)
            out.add(name: "content-length", value: text, indexing: .nonIndexable)
        }
        return out
    }

    func respond(_ responder: EdgeResponder, status: Int, headers: [(String, String)], body: EdgeBody) {
        guard responder.exchange.phase == .idle, streams[responder.stream] === responder else { return }
        let isBodiless = ResponseHead.isBodiless(status)
        let count = body.count
        let sendsBody = !isBodiless && !responder.exchange.isHead && count > 0
        let block = head(status, headers, length: isBodiless ? nil : count)
        responder.exchange.phase = .ended
        send(responder, .headers(.init(headers: block, endStream: !sendsBody)))
        if sendsBody { write(whole: body, count, responder) }
        flushSoon()
        responder.finish(early: false)
    }

    private func write(whole body: EdgeBody, _ count: Int, _ responder: EdgeResponder) {
        // A long answer is watched, so that a client that takes none of it is cut at last.
        let isWatched = count > limits.progressBytes
        if isWatched { responder.addPending(count) }
        switch body {
        case .empty: break
        case .buffer(let bytes): sendPieces(responder, bytes, endStream: true, isCounted: isWatched)
        case .bytes(let bytes): sendPieces(responder, ByteBuffer(bytes: bytes), endStream: true, isCounted: isWatched)
        case .buffers(let all):
            // Small pieces are gathered to frames of a TLS record's size.
            let size = OutboundCoalescer.recordBytes - 9
            var gathered = ByteBuffer()
            var left = count
            for piece in all where piece.readableBytes > 0 {
                if gathered.readableBytes > 0, gathered.readableBytes + piece.readableBytes > size {
                    left -= gathered.readableBytes
                    sendPieces(responder, gathered, endStream: false, isCounted: isWatched)
                    gathered = ByteBuffer()
                }
                if gathered.readableBytes == 0 { gathered.reserveCapacity(min(size, left)) }
                gathered.writeImmutableBuffer(piece)
            }
            sendPieces(responder, gathered, endStream: true, isCounted: isWatched)
        }
    }

    func startStream(_ responder: EdgeResponder, status: Int, headers: [(String, String)]) {
        guard responder.exchange.phase == .idle, streams[responder.stream] === responder else { return }
        responder.exchange.phase = .streaming
        send(responder, .headers(.init(headers: head(status, headers, length: nil))))
        flushSoon()
    }

    func write(_ responder: EdgeResponder, _ chunk: ByteBuffer) {
        let count = chunk.readableBytes
        guard responder.exchange.phase == .streaming, context != nil, !responder.exchange.isHead else {
            responder.sent(count)
            return
        }
        sendPieces(responder, chunk, endStream: false, isCounted: true)
        flushSoon()
    }

    func end(_ responder: EdgeResponder) {
        guard responder.exchange.phase == .streaming else { return }
        sendData(responder, ByteBuffer(), endStream: true, nil)
        flushSoon()
        responder.finish(early: false)
    }

    func abort(_ responder: EdgeResponder) {
        guard streams[responder.stream] === responder else { return }
        responder.finish(early: true)
        send(responder, .rstStream(.cancel))
        flushSoon()
    }

    private func send(_ responder: EdgeResponder, _ payload: HTTP2Frame.FramePayload) {
        context?.write(
            wrapOutboundOut(HTTP2Frame(streamID: HTTP2StreamID(responder.stream), payload: payload)), promise: nil)
    }
    private func sendPieces(_ responder: EdgeResponder, _ bytes: ByteBuffer, endStream: Bool, isCounted: Bool) {
        var rest = bytes
        while rest.readableBytes > limits.progressBytes, let piece = rest.readSlice(length: limits.progressBytes) {
            sendData(responder, piece, endStream: false, isCounted ? responder.promise(for: piece.readableBytes) : nil)
        }
        sendData(responder, rest, endStream: endStream, isCounted ? responder.promise(for: rest.readableBytes) : nil)
    }
    private func sendData(
        _ responder: EdgeResponder, _ bytes: ByteBuffer, endStream: Bool, _ promise: EventLoopPromise<Void>?
    ) {
        guard let context else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        let payload = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(bytes), endStream: endStream))
        context.write(
            wrapOutboundOut(HTTP2Frame(streamID: HTTP2StreamID(responder.stream), payload: payload)), promise: promise)
    }

    private func flushSoon() {
        if isReading {
            needsFlush = true
        } else if !flushScheduled {
            flushScheduled = true
            info.eventLoop.assumeIsolated().execute {
                self.flushScheduled = false
                self.context?.flush()
            }
        }
    }

    func acceptWebSocket(
        _ responder: EdgeResponder, subprotocol: String?, headers: [(String, String)],
        _ ready: @escaping @Sendable (WebSocketStream?) -> Void
    ) { ready(nil) }
    func acceptUpgrade(
        _ responder: EdgeResponder, proto: String, headers: [(String, String)],
        _ ready: @escaping @Sendable (RawStream?) -> Void
    ) { ready(nil) }

    // MARK: Errors and housekeeping

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A fault of one stream has been answered with a reset of that stream; others may go on. After a fault of the connection the
        // codec has sent GOAWAY with the reason.
        if error is any NIOHTTP2Error, !watchdog.hasFailed { return }
        context.close(promise: nil)
    }

    func sweep() {
        guard streams.isEmpty else {
            for responder in Array(streams.values) {
                if responder.exchange.requestHeaders != nil {
                    responder.exchange.receivingSweeps += 1
                    if responder.exchange.receivingSweeps > limits.sweeps(in: limits.requestTimeout) {
                        abort(responder)
                    }
                } else if responder.pendingBytes > 0 {
                    responder.exchange.stalledSweeps += 1
                    if responder.exchange.stalledSweeps > limits.sweeps(in: limits.stalledStreamTimeout) {
                        abort(responder)
                    }
                } else {
                    responder.waited(limits)
                }
            }
            return
        }
        idleSweeps += 1
        if idleSweeps > limits.sweeps(in: limits.idleTimeout) { beginShutdown() }
    }

    func beginShutdown() {
        guard let context else { return }
        if !isDraining {
            isDraining = true
            context.writeAndFlush(
                wrapOutboundOut(
                    HTTP2Frame(
                        streamID: .rootStream,
                        payload: .goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil))),
                promise: nil)
        }
        if streams.isEmpty { closeSoon() }
    }

    /// Closes in the next turn of the event loop, after what was written has been flushed.
    private func closeSoon() {
        info.eventLoop.assumeIsolated().execute {
            guard self.streams.isEmpty, let context = self.context else { return }
            context.flush()
            context.close(promise: nil)
        }
    }

    func closeNow() { context?.close(promise: nil) }
}

/// Sees the GOAWAY by which the codec ends a connection whose peer broke the protocol.
final class GoAwayWatch: NIOHTTP2FrameDelegate {
    private(set) var hasFailed = false
    func wroteFrame(_ frame: HTTP2Frame) {
        if case .goAway(_, let code, _) = frame.payload, code != .noError { hasFailed = true }
    }
}
