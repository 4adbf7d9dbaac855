import NIOCore
import ServiceRouting

/// Answers questions that come as datagrams.
final class DatagramAnswerer: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>
    private let table: NameTable
    private let resolvers: Resolvers

    init(_ table: NameTable, _ resolvers: Resolvers) {
        self.table = table
        self.resolvers = resolvers
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let query = Array(envelope.data.readableBytesView)
        guard let question = DNSQuestion(query) else { return }
        let remote = envelope.remoteAddress
        let channel = context.channel
        let answer = table.answer(question)
        if answer == .notOurs {
            resolvers.ask(query, overStream: false, on: context.eventLoop).whenComplete { result in
                let bytes = (try? result.get()) ?? question.failure(2)
                channel.writeAndFlush(
                    AddressedEnvelope(remoteAddress: remote, data: ByteBuffer(bytes: bytes)), promise: nil)
            }
            return
        }
        let bytes = question.reply(answer, zone: table.zone, sizeMax: question.udpSizeMax)
        context.writeAndFlush(
            wrapOutboundOut(AddressedEnvelope(remoteAddress: remote, data: ByteBuffer(bytes: bytes))), promise: nil)
    }

    // A client that is gone must not close the socket of all the others.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// Answers questions that come over TCP, each behind its length.
final class StreamAnswerer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let table: NameTable
    private let resolvers: Resolvers

    init(_ table: NameTable, _ resolvers: Resolvers) {
        self.table = table
        self.resolvers = resolvers
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let query = Array(unwrapInboundIn(data).readableBytesView)
        guard let question = DNSQuestion(query) else {
            context.close(promise: nil)
            return
        }
        let channel = context.channel
        let answer = table.answer(question)
        if answer == .notOurs {
            resolvers.ask(query, overStream: true, on: context.eventLoop).whenComplete { result in
                channel.writeAndFlush(StreamAnswerer.framed((try? result.get()) ?? question.failure(2)), promise: nil)
            }
            return
        }
        context.writeAndFlush(
            wrapOutboundOut(StreamAnswerer.framed(question.reply(answer, zone: table.zone))), promise: nil)
    }

    private static func framed(_ bytes: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt16(bytes.count))
        buffer.writeBytes(bytes)
        return buffer
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Cuts a stream into messages by their two-byte lengths.
final class MessageLengths: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer
    func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt16.self),
            buffer.readableBytes >= 2 + Int(length)
        else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: 2)
        context.fireChannelRead(wrapInboundOut(buffer.readSlice(length: Int(length))!))
        return .continue
    }
}
