import NIOCore

/// Gathers small writes into buffers of one TLS record's size: frame headers, frames and answers of one flush leave in as few
/// records and system calls as can be.
final class OutboundCoalescer: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The most a TLS record holds.
    static let recordBytes = 16384

    private let loop: LoopState
    private var buffer = ByteBuffer()
    private var hasScratch = false
    private var promise: EventLoopPromise<Void>?
    private var context: ChannelHandlerContext?

    init(loop: LoopState) { self.loop = loop }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        promise?.fail(ChannelError.ioOnClosedChannel)
        promise = nil
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        if bytes.readableBytes > Self.recordBytes || buffer.readableBytes + bytes.readableBytes > Self.recordBytes {
            emit(context)
        }
        if bytes.readableBytes >= Self.recordBytes {
            context.write(wrapOutboundOut(bytes), promise: promise)
            return
        }
        takeScratch()
        buffer.writeImmutableBuffer(bytes)
        add(promise)
    }

    /// Lets the connection write its bytes straight into the gathering buffer; at most some kilobytes at a time.
    func append(_ body: (inout ByteBuffer) -> Void) {
        if buffer.readableBytes > Self.recordBytes - 4096, let context { emit(context) }
        takeScratch()
        body(&buffer)
    }

    func flush(context: ChannelHandlerContext) {
        emit(context)
        context.flush()
        returnScratch()
    }

    private func add(_ promise: EventLoopPromise<Void>?) {
        guard let promise else { return }
        if let first = self.promise { first.futureResult.cascade(to: promise) } else { self.promise = promise }
    }

    private func emit(_ context: ChannelHandlerContext) {
        guard buffer.readableBytes > 0 || promise != nil else { return }
        let promise = self.promise
        self.promise = nil
        context.write(wrapOutboundOut(buffer), promise: promise)
        buffer.clear()
    }

    // One buffer for each event loop is lent to the connection that writes, so that a thousand idle ones hold none.
    private func takeScratch() {
        guard !hasScratch else { return }
        hasScratch = true
        swap(&buffer, &loop.scratch)
        buffer.clear()
        buffer.reserveCapacity(4096)
    }
    private func returnScratch() {
        guard hasScratch, buffer.readableBytes == 0 else { return }
        hasScratch = false
        loop.scratch = ByteBuffer()
        swap(&buffer, &loop.scratch)
    }
}
