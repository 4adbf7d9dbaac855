import DequeModule
import NIOCore
import NIOHTTP1

/// One HTTP/1.1 connection: requests are answered one after the other, in their order.
///
///     head, body … end ─► queue ─► current ─ answered ─► next of the queue, or wait
///                                     └─ upgrade ─► the handlers are exchanged, and this one leaves
final class HTTP1Connection: ChannelDuplexHandler, RemovableChannelHandler, ResponseSink, ManagedConnection,
    @unchecked Sendable
{
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private struct Waiting {
        let request: EdgeRequest
        let exchange: Exchange
        let isHTTP10: Bool
        /// What is wrong with the request's head; answered in its turn, and then the connection closes.
        var fault: Fault?
    }
    private struct Fault {
        let status: Int
        /// Nothing for an answer without a body.
        let text: String
    }
    private let loop: LoopState
    private let info: EdgeConnection
    private let limits: EdgeLimits
    private let coalescer: OutboundCoalescer
    private let handler: any EdgeHandler
    private var context: ChannelHandlerContext?

    // The request that arrives.
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    private var isBodyTooLarge = false
    private var discarded = 0
    private var owesContinue = false
    /// The body that arrives of a request that has been handed over already.
    private var arriving: EdgeRequestStream?

    private var queue: Deque<Waiting> = []
    private var queuedBytes = 0
    private var current: EdgeResponder?
    private var currentRequest: EdgeRequest?
    private var currentIsHTTP10 = false
    /// A long answer that has been given and is still being sent.
    private var leaving: EdgeResponder?
    private var isDispatching = false
    private var isReading = false
    private var needsFlush = false
    private var flushScheduled = false
    private var readPending = false
    /// No further request is read or answered: the connection closes after the current answer.
    private var isClosing = false
    private var isClosed = false
    private var hasUpgraded = false
    private var idleSweeps = 0
    private var receivingSweeps = 0

    init(loop: LoopState, info: EdgeConnection, coalescer: OutboundCoalescer) {
        self.loop = loop
        self.info = info
        self.coalescer = coalescer
        limits = loop.core.limits
        handler = loop.core.handler
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
    }
    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        if !hasUpgraded { leave() }
    }
    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }
    private func leave() {
        guard !isClosed else { return }
        isClosed = true
        loop.remove(self)
        queue.removeAll()
        let responder = current
        current = nil
        currentRequest = nil
        arriving?.cut()
        arriving = nil
        responder?.finish(early: true)
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        guard !isClosing else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = ByteBuffer()
            isBodyTooLarge = false
            owesContinue = false
            receivingSweeps = 0
            let length = head.headers.first(name: "content-length").flatMap { Int($0) }
            if length ?? 0 > 0 || head.headers.contains(name: "transfer-encoding"), Self.fault(head) == nil,
                Self.upgradeOffer(head) == nil, handler.takesStream(head.method, Self.originForm(head.uri))
            {
                open(head, length: length)
            } else if let length, length > limits.bodyBytesMax {
                refuseBody()
            } else if head.version == .http1_1, head.headers.first(name: "expect")?.lowercased() == "100-continue",
                Self.fault(head) == nil
            {
                owesContinue = true
                sendContinue()
            }
        case .body(var part):
            if let arriving { return arriving.push(part) }
            guard head != nil, !isBodyTooLarge else { return }
            if body.readableBytes + part.readableBytes > limits.bodyBytesMax {
                refuseBody()
            } else if body.readableBytes == 0 {
                body = part
            } else {
                body.writeBuffer(&part)
            }
        case .end:
            if let arriving {
                self.arriving = nil
                arriving.end()
                return
            }
            guard let head else { return }
            self.head = nil
            receive(head)
        }
    }

    /// Hands a request over whose body is still to come.
    private func open(_ head: HTTPRequestHead, length: Int?) {
        let stream = EdgeRequestStream(
            eventLoop: info.eventLoop, length: length, untakenMax: limits.requestBacklogBytes)
        stream.onTaken = { [weak self] _ in self?.readOn() }
        arriving = stream
        self.head = nil
        if head.version == .http1_1, head.headers.first(name: "expect")?.lowercased() == "100-continue" {
            owesContinue = true
            sendContinue()
        }
        receive(head, stream)
    }

    private func readOn() {
        guard readPending, arriving?.isFull != true, queue.count < limits.pipelinedRequestsMax else { return }
        readPending = false
        context?.read()
    }

    /// The body is longer than allowed: the request is told without it, and the connection ends with the answer.
    private func refuseBody() {
        guard let head else { return }
        self.head = nil
        body = ByteBuffer()
        isBodyTooLarge = true
        owesContinue = false
        receive(head)
        isClosing = true
    }

    private func receive(_ head: HTTPRequestHead, _ stream: EdgeRequestStream? = nil) {
        var exchange = Exchange()
        exchange.isHead = head.method == .HEAD
        let offer = Self.upgradeOffer(head)
        // After a message that offers an upgrade the parser reads nothing more.
        let fault = Self.fault(head)
        exchange.keepsAlive =
            head.isKeepAlive && !isBodyTooLarge && fault == nil && head.headers.first(name: "upgrade") == nil
        if !exchange.keepsAlive, offer == nil { isClosing = true }
        let request = EdgeRequest(
            method: head.method, uri: Self.originForm(head.uri), headers: EdgeHeaders(head.headers), body: body,
            isBodyTooLarge: isBodyTooLarge, connection: info, upgrade: offer, stream: stream)
        queuedBytes += body.readableBytes
        body = ByteBuffer()
        queue.append(Waiting(request: request, exchange: exchange, isHTTP10: head.version != .http1_1, fault: fault))
        dispatch()
    }

    /// What net/http refuses before any handler sees it.
    private static func fault(_ head: HTTPRequestHead) -> Fault? {
        guard head.version == .http1_1 else { return nil }
        var hosts = 0
        for (name, value) in head.headers {
            if name.utf8.count == 4, name.lowercased() == "host" {
                hosts += 1
                guard value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F && $0 != 0x3C && $0 != 0x3E }) else {
                    return Fault(status: 400, text: "400 Bad Request: malformed Host header")
                }
            } else if name.utf8.count == 6, name.lowercased() == "expect", value.lowercased() != "100-continue" {
                return Fault(status: 417, text: "")
            }
        }
        switch hosts {
        case 0: return Fault(status: 400, text: "400 Bad Request: missing required Host header")
        case 1: return nil
        default: return Fault(status: 400, text: "400 Bad Request: too many Host headers")
        }
    }

    /// `http://host/path` becomes `/path`.
    static func originForm(_ uri: String) -> String {
        if uri.utf8.first == UInt8(ascii: "/") { return uri }
        let bytes = Array(uri.utf8)
        var at = 0
        while at + 2 < bytes.count, !(bytes[at] == 0x3A && bytes[at + 1] == 0x2F && bytes[at + 2] == 0x2F) { at += 1 }
        guard at + 2 < bytes.count else { return uri }
        at += 3
        while at < bytes.count, bytes[at] != 0x2F, bytes[at] != 0x3F { at += 1 }
        let rest = String(decoding: bytes[at...], as: UTF8.self)
        return rest.utf8.first == UInt8(ascii: "/") ? rest : "/" + rest
    }

    private static func upgradeOffer(_ head: HTTPRequestHead) -> UpgradeOffer? {
        guard head.version == .http1_1, let proto = head.headers.first(name: "upgrade") else { return nil }
        let headers = EdgeHeaders(head.headers)
        guard headers.list("connection").contains(where: { $0.lowercased() == "upgrade" }) else { return nil }
        let names = headers.list(
            proto.lowercased() == "websocket" ? "sec-websocket-protocol" : "x-stream-protocol-version")
        return UpgradeOffer(proto: proto, subprotocols: names)
    }

    private func sendContinue() {
        guard owesContinue, current == nil, queue.isEmpty else { return }
        owesContinue = false
        coalescer.append { $0.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n") }
        flushSoon()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        if needsFlush {
            needsFlush = false
            context.flush()
        }
        context.fireChannelReadComplete()
    }

    /// Reading stops while too much waits behind the request being answered.
    func read(context: ChannelHandlerContext) {
        if queue.count >= limits.pipelinedRequestsMax || (queue.count > 0 && queuedBytes > limits.bodyBytesMax)
            || arriving?.isFull == true
        {
            readPending = true
        } else {
            context.read()
        }
    }

    private func dispatch() {
        guard !isDispatching else { return }
        isDispatching = true
        defer { isDispatching = false }
        while current == nil, !isClosed, let next = queue.popFirst() {
            queuedBytes -= next.request.body.readableBytes
            let responder = EdgeResponder(
                eventLoop: info.eventLoop, sink: self, stream: 0, backlogBytes: limits.streamBacklogBytes,
                exchange: next.exchange)
            current = responder
            currentRequest = next.request
            currentIsHTTP10 = next.isHTTP10
            idleSweeps = 0
            if let fault = next.fault {
                isClosing = true
                respond(
                    responder, status: fault.status, headers: [("content-type", "text/plain; charset=utf-8")],
                    body: .text(fault.text))
                continue
            }
            handler.handle(next.request, responder)
        }
        readOn()
    }

    // MARK: Answering

    func respond(_ responder: EdgeResponder, status: Int, headers: [(String, String)], body: EdgeBody) {
        guard responder === current, responder.exchange.phase == .idle, context != nil else { return }
        let closes = closesAfter(responder, headers)
        let isBodiless = ResponseHead.isBodiless(status)
        let date = loop.date.current()
        let length = body.count
        coalescer.append {
            ResponseHead.write(
                status, headers, date: date, contentLength: isBodiless ? nil : length, isChunked: false, closes: closes,
                keepsAliveHTTP10: currentIsHTTP10 && !closes, into: &$0)
        }
        if !isBodiless, !responder.exchange.isHead { write(whole: body, length, responder) }
        finished(responder, closes: closes)
    }

    private func write(whole body: EdgeBody, _ length: Int, _ responder: EdgeResponder) {
        // A long answer is watched until it has left, so that its connection neither counts as idle nor stalls for ever.
        if length > limits.progressBytes {
            responder.addPending(length)
            leaving = responder
            switch body {
            case .empty: break
            case .bytes(let bytes): writePieces(ByteBuffer(bytes: bytes), responder)
            case .buffer(let bytes): writePieces(bytes, responder)
            case .buffers(let all): for bytes in all where bytes.readableBytes > 0 { writePieces(bytes, responder) }
            }
            return
        }
        switch body {
        case .empty: break
        case .bytes(let bytes):
            if bytes.count < OutboundCoalescer.recordBytes / 2 {
                coalescer.append { $0.writeBytes(bytes) }
            } else {
                writeOut(ByteBuffer(bytes: bytes), promise: nil)
            }
        case .buffer(let bytes): writeOut(bytes, promise: nil)
        case .buffers(let all): for bytes in all { writeOut(bytes, promise: nil) }
        }
    }

    func startStream(_ responder: EdgeResponder, status: Int, headers: [(String, String)]) {
        guard responder === current, responder.exchange.phase == .idle, context != nil else { return }
        responder.exchange.phase = .streaming
        responder.exchange.isChunked = !currentIsHTTP10
        if currentIsHTTP10 { responder.exchange.keepsAlive = false }
        let closes = closesAfter(responder, headers)
        let date = loop.date.current()
        coalescer.append {
            ResponseHead.write(
                status, headers, date: date, contentLength: nil, isChunked: responder.exchange.isChunked,
                closes: closes,
                keepsAliveHTTP10: false, into: &$0)
        }
        flushSoon()
    }

    func write(_ responder: EdgeResponder, _ chunk: ByteBuffer) {
        let count = chunk.readableBytes
        guard responder === current, responder.exchange.phase == .streaming, context != nil, !responder.exchange.isHead
        else {
            responder.sent(count)
            return
        }
        if responder.exchange.isChunked {
            coalescer.append {
                ResponseHead.writeHexadecimal(count, into: &$0)
                $0.writeStaticString("\r\n")
            }
            writePieces(chunk, responder)
            coalescer.append { $0.writeStaticString("\r\n") }
        } else {
            writePieces(chunk, responder)
        }
        flushSoon()
    }

    func end(_ responder: EdgeResponder) {
        guard responder === current, responder.exchange.phase == .streaming else { return }
        if responder.exchange.isChunked, !responder.exchange.isHead {
            coalescer.append { $0.writeStaticString("0\r\n\r\n") }
        }
        finished(responder, closes: isClosing && queue.isEmpty || !responder.exchange.keepsAlive)
    }

    func abort(_ responder: EdgeResponder) {
        guard responder === current else { return }
        closeNow()
    }

    /// Writes what was counted in the responder's `pendingBytes`.
    private func writePieces(_ bytes: ByteBuffer, _ responder: EdgeResponder) {
        var rest = bytes
        while rest.readableBytes > limits.progressBytes, let piece = rest.readSlice(length: limits.progressBytes) {
            writeOut(piece, promise: responder.promise(for: piece.readableBytes))
        }
        writeOut(rest, promise: responder.promise(for: rest.readableBytes))
    }

    /// Straight to the coalescer, which stands next towards the network.
    private func writeOut(_ bytes: ByteBuffer, promise: EventLoopPromise<Void>?) {
        guard let context else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        context.write(wrapOutboundOut(bytes), promise: promise)
    }

    private func closesAfter(_ responder: EdgeResponder, _ headers: [(String, String)]) -> Bool {
        (isClosing && queue.isEmpty && head == nil) || !responder.exchange.keepsAlive || loop.isShuttingDown
            || isUnread
    }

    /// The current request is answered before its body has come.
    private var isUnread: Bool { currentRequest?.stream.map { !$0.isOver } ?? false }

    private func finished(_ responder: EdgeResponder, closes: Bool) {
        current = nil
        let wasTooLarge = currentRequest?.isBodyTooLarge == true || isUnread
        let closes = closes || isUnread
        if isUnread {
            arriving?.cut()
            arriving = nil
        }
        currentRequest = nil
        responder.finish(early: false)
        if closes {
            isClosing = true
            queue.removeAll()
            flushNow()
            closeAfterwards(lingers: wasTooLarge)
            return
        }
        flushSoon()
        if queue.isEmpty { sendContinue() }
        dispatch()
    }

    /// A client that is still sending would lose the answer if the connection were reset under it: its bytes are read and thrown away for a
    /// moment.
    private func closeAfterwards(lingers: Bool) {
        guard let context else { return }
        if lingers {
            context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(500)) { self.closeNow() }
        } else {
            let promise = context.eventLoop.makePromise(of: Void.self)
            promise.futureResult.assumeIsolated().whenComplete { _ in self.closeNow() }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
        }
    }

    private func flushNow() {
        needsFlush = false
        context?.flush()
    }

    /// While bytes are being read the flush comes at their end; otherwise at the end of this turn of the event loop.
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

    // MARK: Errors and housekeeping

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let fault = error as? HTTPParserError, current == nil, queue.isEmpty, !isClosing else {
            if error is HTTPParserError, current != nil {
                // What came before the fault is still answered.
                isClosing = true
                head = nil
            } else {
                closeNow()
            }
            return
        }
        isClosing = true
        let status: Int =
            switch fault {
            case .headerOverflow: 431
            case .invalidVersion: 505
            default: 400
            }
        let text = "\(status) \(ResponseHead.reason(status))"
        let date = loop.date.current()
        coalescer.append {
            ResponseHead.write(
                status, [("content-type", "text/plain; charset=utf-8")], date: date, contentLength: text.utf8.count,
                isChunked: false,
                closes: true, keepsAliveHTTP10: false, into: &$0)
            $0.writeString(text)
        }
        context.flush()
        closeAfterwards(lingers: true)
    }

    func sweep() {
        if let sending = leaving ?? current {
            if sending.pendingBytes > 0 {
                sending.exchange.stalledSweeps += 1
                if sending.exchange.stalledSweeps > limits.sweeps(in: limits.stalledStreamTimeout) { closeNow() }
            } else {
                leaving = nil
                sending.waited(limits)
            }
            if let arriving, !arriving.isFull {
                arriving.idleSweeps += 1
                if arriving.idleSweeps > limits.sweeps(in: limits.requestTimeout) { closeNow() }
            }
            return
        }
        if head != nil {
            receivingSweeps += 1
            if receivingSweeps > limits.sweeps(in: limits.requestTimeout) { closeNow() }
            return
        }
        idleSweeps += 1
        if idleSweeps > limits.sweeps(in: limits.idleTimeout) { closeNow() }
    }

    func beginShutdown() {
        if current == nil, queue.isEmpty { closeNow() }
    }

    func closeNow() {
        isClosing = true
        context?.close(promise: nil)
    }

    // MARK: Upgrades

    func acceptWebSocket(
        _ responder: EdgeResponder, subprotocol: String?, headers: [(String, String)],
        _ ready: @escaping @Sendable (WebSocketStream?) -> Void
    ) {
        guard responder === current, responder.exchange.phase == .idle, let context, let request = currentRequest,
            request.upgrade?.isWebSocket == true, let key = request.headers["sec-websocket-key"]
        else { return ready(nil) }
        var answer = [
            ("upgrade", "websocket"), ("connection", "Upgrade"),
            ("sec-websocket-accept", WebSocketHandshake.accept(key)),
        ]
        if let subprotocol { answer.append(("sec-websocket-protocol", subprotocol)) }
        switchProtocols(responder, answer + headers, context)
        let stream = WebSocketStream(channel: context.channel, subprotocol: subprotocol, isClient: false)
        do {
            let pipeline = context.pipeline.syncOperations
            try WebSocketHandler.add(to: pipeline, stream: stream, messageBytesMax: limits.webSocketMessageBytesMax)
            leavePipeline(context)
            ready(stream)
        } catch {
            context.close(promise: nil)
            ready(nil)
        }
    }

    func acceptUpgrade(
        _ responder: EdgeResponder, proto: String, headers: [(String, String)],
        _ ready: @escaping @Sendable (RawStream?) -> Void
    ) {
        guard responder === current, responder.exchange.phase == .idle, let context, currentRequest?.upgrade != nil
        else { return ready(nil) }
        switchProtocols(responder, [("connection", "Upgrade"), ("upgrade", proto)] + headers, context)
        let stream = RawStream(channel: context.channel)
        do {
            try context.pipeline.syncOperations.addHandler(RawStreamHandler(stream))
            leavePipeline(context)
            ready(stream)
        } catch {
            context.close(promise: nil)
            ready(nil)
        }
    }

    private func switchProtocols(
        _ responder: EdgeResponder, _ headers: [(String, String)], _ context: ChannelHandlerContext
    ) {
        hasUpgraded = true
        let date = loop.date.current()
        coalescer.append {
            ResponseHead.write(
                101, headers, date: date, contentLength: nil, isChunked: false, closes: false, keepsAliveHTTP10: false,
                into: &$0)
        }
        context.flush()
        current = nil
        currentRequest = nil
        responder.finish(early: false)
    }

    /// The new handlers stand behind this one; the parser goes last and passes on the bytes that it holds.
    private func leavePipeline(_ context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        loop.remove(self)
        isClosed = true
        loop.add(UpgradedConnection(channel: context.channel, loop: loop))
        let decoder = try? pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        pipeline.removeHandler(context: context, promise: nil)
        if let decoder { pipeline.removeHandler(decoder, promise: nil) }
    }
}

/// A connection that speaks another protocol now: known to the server so that it can be closed at the end.
final class UpgradedConnection: ManagedConnection {
    private let channel: any Channel
    init(channel: any Channel, loop: LoopState) {
        self.channel = channel
        let box = NIOLoopBound(self, eventLoop: channel.eventLoop)
        channel.closeFuture.whenComplete { _ in loop.remove(box.value) }
    }
    func sweep() {}
    func beginShutdown() { channel.close(promise: nil) }
    func closeNow() { channel.close(promise: nil) }
}
