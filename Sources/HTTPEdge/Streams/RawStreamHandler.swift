import NIOCore

/// Carries an upgraded connection's bytes to its `RawStream`.
final class RawStreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let stream: RawStream
    init(_ stream: RawStream) { self.stream = stream }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { stream.deliver(unwrapInboundIn(data)) }
    func channelInactive(context: ChannelHandlerContext) {
        stream.ended()
        context.fireChannelInactive()
    }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
