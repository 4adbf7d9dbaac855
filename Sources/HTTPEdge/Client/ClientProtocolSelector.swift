import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOTLS

/// A connection that is ready for requests.
enum ClientConnection: Sendable {
    case http1(HTTP1ClientConnection)
    case http2(HTTP2ClientConnection)
}

/// Waits for the handshake and puts the handlers for what the server chose in its own place.
final class ClientProtocolSelector: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    private let isTLS: Bool
    private let answerBytesMax: Int
    private let ready: EventLoopPromise<ClientConnection>
    private var isDone = false

    init(isTLS: Bool, answerBytesMax: Int, ready: EventLoopPromise<ClientConnection>) {
        self.isTLS = isTLS
        self.answerBytesMax = answerBytesMax
        self.ready = ready
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        if !isTLS { select(http2: false, context) }
    }
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let proto)? = event as? TLSUserEvent {
            select(http2: proto == "h2", context)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func select(http2: Bool, _ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        do {
            let pipeline = context.pipeline.syncOperations
            let connection: ClientConnection
            if http2 {
                let watch = GoAwayWatch()
                let made = HTTP2ClientConnection(channel: context.channel, watch: watch)
                try pipeline.addHandlers([HTTP2ClientConnection.codec(watch), made])
                connection = .http2(made)
            } else {
                let decoder = AnswerDecoder()
                let made = HTTP1ClientConnection(channel: context.channel, decoder: decoder)
                try pipeline.addHandlers([
                    HTTPRequestEncoder(), ByteToMessageHandler(decoder), made,
                ])
                connection = .http1(made)
            }
            pipeline.removeHandler(context: context, promise: nil)
            ready.succeed(connection)
        } catch {
            ready.fail(error)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(HTTPClientError.closedEarly)
        context.fireChannelInactive()
    }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(
            HTTPClientError.connect(
                context.channel.remoteAddress?.description ?? "the server", String(describing: error)))
        context.close(promise: nil)
    }
    private func fail(_ error: any Error) {
        guard !isDone else { return }
        isDone = true
        ready.fail(error)
    }
}
