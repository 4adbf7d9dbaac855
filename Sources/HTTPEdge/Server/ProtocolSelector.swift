import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL
import NIOTLS

/// Waits for what a new connection speaks and puts the handlers for it in its own place: over TLS the handshake tells (ALPN), in plain text
/// the first bytes do (HTTP/2's preface, or HTTP/1.1).
final class ProtocolSelector: ChannelInboundHandler, RemovableChannelHandler, ManagedConnection {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    private let loop: LoopState
    private let isTLS: Bool
    private var context: ChannelHandlerContext?
    private var held = ByteBuffer()
    private var timeout: Scheduled<Void>?
    private var isDone = false

    init(loop: LoopState, isTLS: Bool) {
        self.loop = loop
        self.isTLS = isTLS
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        let wait = isTLS ? loop.core.limits.handshakeTimeout : loop.core.limits.requestTimeout
        timeout = context.eventLoop.assumeIsolated().scheduleTask(in: wait) { self.closeNow() }
    }
    func handlerRemoved(context: ChannelHandlerContext) { leave() }
    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }
    private func leave() {
        guard context != nil else { return }
        context = nil
        timeout?.cancel()
        loop.remove(self)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let proto)? = event as? TLSUserEvent {
            let certificate = (try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self))?
                .peerCertificate
            select(proto == "h2" ? .http2 : .http1, certificate: certificate.flatMap { try? $0.toDERBytes() }, context)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard !isTLS else { return context.fireChannelRead(data) }
        held.writeBuffer(&bytes)
        let preface = "PRI * HTTP/2.0\r\n".utf8
        if held.readableBytesView.starts(with: preface) {
            select(.http2, certificate: nil, context)
        } else if held.readableBytes >= preface.count || !preface.starts(with: held.readableBytesView) {
            select(.http1, certificate: nil, context)
        }
    }

    private func select(_ version: EdgeHTTPVersion, certificate: [UInt8]?, _ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        let channel = context.channel
        let info = EdgeConnection(
            eventLoop: context.eventLoop, remoteAddress: Self.text(channel.remoteAddress),
            localAddress: Self.text(channel.localAddress),
            peerCertificate: certificate, version: version, isTLS: isTLS)
        let coalescer = OutboundCoalescer(loop: loop)
        let limits = loop.core.limits
        do {
            let pipeline = context.pipeline.syncOperations
            switch version {
            case .http1:
                var sizes = NIOHTTPDecoderLimitConfiguration()
                sizes.maxHeaderFieldSize = limits.headBytesMax
                sizes.maxHeaderListSize = limits.headBytesMax
                sizes.maxHeaderFieldCount = 4096
                let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: sizes)
                try pipeline.addHandlers([
                    coalescer, ByteToMessageHandler(decoder),
                    HTTP1Connection(loop: loop, info: info, coalescer: coalescer),
                ])
            case .http2:
                let watch = GoAwayWatch()
                try pipeline.addHandlers([
                    coalescer, HTTP2Connection.codec(limits, watch),
                    HTTP2Connection(loop: loop, info: info, watchdog: watch),
                ])
            }
            if held.readableBytes > 0 {
                context.fireChannelRead(wrapInboundOut(held))
                held = ByteBuffer()
            }
            pipeline.removeHandler(context: context, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }

    /// `10.0.0.7:51234`, `[::1]:40000`.
    static func text(_ address: SocketAddress?) -> String {
        guard let address, let ip = address.ipAddress, let port = address.port else { return "" }
        return ip.utf8.contains(UInt8(ascii: ":")) ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    func sweep() {}
    func beginShutdown() { closeNow() }
    func closeNow() { context?.close(promise: nil) }
}
