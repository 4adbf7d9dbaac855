import NIOCore
import NIOHTTP1
import Synchronization

/// One HTTP/1.1 connection to a server; carries one exchange at a time.
final class HTTP1ClientConnection: ChannelInboundHandler, RemovableChannelHandler, @unchecked Sendable {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    let channel: any Channel
    private var context: ChannelHandlerContext?
    private var exchange: HTTPExchange?
    private var timeout: Scheduled<Void>?
    private var whenFree: ((HTTP1ClientConnection) -> Void)?
    private var keepsAlive = true
    private var upgradeAnswer: ((Result<HTTPClient.Response, any Error>) -> Void)?
    private var upgradeHead: HTTPResponseHead?
    private var upgradeBody = ByteBuffer()
    private let dead = Atomic<Bool>(false)

    /// The body of the request in flight, when it is sent as it arrives.
    private var passage: RequestPassage?
    private let decoder: AnswerDecoder

    init(channel: any Channel, decoder: AnswerDecoder) {
        self.channel = channel
        self.decoder = decoder
    }

    /// Whether a kept connection still stands.
    var isUsable: Bool { !dead.load(ordering: .acquiring) && channel.isActive }
    func close() { channel.close(promise: nil) }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Sends a request; `free` is called when the connection may carry another.
    func start(
        _ request: HTTPClient.Request, _ target: ClientURL, _ exchange: HTTPExchange,
        free: @escaping @Sendable (HTTP1ClientConnection) -> Void
    ) {
        channel.eventLoop.execute {
            guard exchange.begin({ self.close() }) else { return free(self) }
            guard self.context != nil else { return exchange.fail(HTTPClientError.closedEarly) }
            self.exchange = exchange
            self.whenFree = free
            self.keepsAlive = true
            self.timeout = self.channel.eventLoop.assumeIsolated().scheduleTask(in: request.timeout) {
                exchange.fail(HTTPClientError.timedOut)
                self.close()
            }
            self.write(request, target)
        }
    }

    /// Sends a request to switch protocols; on 101 the HTTP handlers leave, after `answered` has put its own in place.
    func upgrade(
        _ request: HTTPClient.Request, _ target: ClientURL,
        _ answered: @escaping @Sendable (Result<HTTPClient.Response, any Error>) -> Void
    ) {
        channel.eventLoop.execute {
            guard self.context != nil else { return answered(.failure(HTTPClientError.closedEarly)) }
            self.upgradeAnswer = answered
            self.timeout = self.channel.eventLoop.assumeIsolated().scheduleTask(in: request.timeout) {
                self.failUpgrade(HTTPClientError.timedOut)
            }
            self.write(request, target)
        }
    }

    private func write(_ request: HTTPClient.Request, _ target: ClientURL) {
        guard let context else { return }
        var headers = HTTPHeaders(request.headers)
        if !headers.contains(name: "host") { headers.add(name: "Host", value: target.authority) }
        let sendsBody = request.body.readableBytes > 0
        if let stream = request.stream {
            if let length = stream.length {
                headers.replaceOrAdd(name: "Content-Length", value: String(length))
            } else {
                headers.remove(name: "Content-Length")
                headers.replaceOrAdd(name: "Transfer-Encoding", value: "chunked")
            }
        } else if sendsBody || request.method == .POST || request.method == .PUT || request.method == .PATCH {
            headers.replaceOrAdd(name: "Content-Length", value: String(request.body.readableBytes))
        }
        let head = HTTPRequestHead(version: .http1_1, method: request.method, uri: target.target, headers: headers)
        decoder.willSend(head)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if let stream = request.stream {
            context.flush()
            let passage = RequestPassage(stream, loop: channel.eventLoop) { [weak self] in self?.pass($0, $1) }
            self.passage = passage
            passage.begin()
            return
        }
        if sendsBody { context.write(wrapOutboundOut(.body(.byteBuffer(request.body))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func pass(_ part: EdgeRequestStream.Part, _ promise: EventLoopPromise<Void>?) {
        guard let context, exchange != nil else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch part {
        case .bytes(let bytes): context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: promise)
        case .end: context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
        case .cut: close()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if upgradeAnswer != nil { return upgradeRead(part, context) }
        switch part {
        case .head(let head):
            keepsAlive = head.isKeepAlive
            // A stream may last as long as it likes once it has begun.
            timeout?.cancel()
            exchange?.head(Int(head.status.code), EdgeHeaders(head.headers))
        case .body(let bytes): exchange?.piece(bytes)
        case .end:
            let done = exchange
            let free = whenFree
            exchange = nil
            whenFree = nil
            // A server that answers before it has read everything cannot be asked anything else here.
            if passage?.isOver == false { keepsAlive = false }
            passage = nil
            if keepsAlive { free?(self) } else { context.close(promise: nil) }
            done?.succeed()
        }
    }

    private func upgradeRead(_ part: HTTPClientResponsePart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head): upgradeHead = head
        case .body(var bytes): if upgradeBody.readableBytes < 65536 { upgradeBody.writeBuffer(&bytes) }
        case .end:
            guard let head = upgradeHead, let answered = upgradeAnswer else { return }
            timeout?.cancel()
            guard head.status == .switchingProtocols else {
                failUpgrade(HTTPClientError.refused(status: Int(head.status.code), body: String(buffer: upgradeBody)))
                return
            }
            upgradeAnswer = nil
            dead.store(true, ordering: .releasing)
            let answer = HTTPClient.Response(status: 101, headers: EdgeHeaders(head.headers), body: ByteBuffer())
            let pipeline = context.pipeline.syncOperations
            let decoder = try? pipeline.handler(type: ByteToMessageHandler<AnswerDecoder>.self)
            let encoder = try? pipeline.handler(type: HTTPRequestEncoder.self)
            pipeline.removeHandler(context: context, promise: nil)
            if let encoder { pipeline.removeHandler(encoder, promise: nil) }
            answered(.success(answer))
            if let decoder { pipeline.removeHandler(decoder, promise: nil) }
        }
    }

    private func failUpgrade(_ error: any Error) {
        guard let answered = upgradeAnswer else { return }
        upgradeAnswer = nil
        timeout?.cancel()
        answered(.failure(error))
        close()
    }

    func channelInactive(context: ChannelHandlerContext) {
        dead.store(true, ordering: .releasing)
        timeout?.cancel()
        failUpgrade(HTTPClientError.closedEarly)
        let open = exchange
        exchange = nil
        open?.fail(HTTPClientError.closedEarly)
        context.fireChannelInactive()
    }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let open = exchange
        exchange = nil
        open?.fail(error is HTTPParserError ? HTTPClientError.malformedAnswer(String(describing: error)) : error)
        failUpgrade(error)
        context.close(promise: nil)
    }
}

/// NIO's decoder of answers. That one listens to everything that is written, to know which answers have no body, and would trip over the bytes of
/// another protocol while it leaves after an upgrade; this one is told.
final class AnswerDecoder: ByteToMessageDecoder {
    typealias InboundOut = HTTPClientResponsePart
    private let inner = HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes)

    func willSend(_ head: HTTPRequestHead) { inner.write(data: .head(head)) }
    func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        try inner.decode(context: context, buffer: &buffer)
    }
    func decodeLast(context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool) throws -> DecodingState {
        try inner.decodeLast(context: context, buffer: &buffer, seenEOF: seenEOF)
    }
    func decoderAdded(context: ChannelHandlerContext) { inner.decoderAdded(context: context) }
    func decoderRemoved(context: ChannelHandlerContext) { inner.decoderRemoved(context: context) }
}
