import Foundation
import NIOCore
import NIOPosix

/// The node's own resolvers, asked for names that are not the cluster's.
struct Resolvers: Sendable {
    let addresses: [String]
    static let patience = TimeAmount.seconds(3)

    static func read(without own: [String]) -> Resolvers {
        let text = (try? String(contentsOfFile: "/etc/resolv.conf", encoding: .utf8)) ?? ""
        let found = text.split(separator: "\n").compactMap { line -> String? in
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            return words.count > 1 && words[0] == "nameserver" ? String(words[1]) : nil
        }
        return Resolvers(addresses: found.filter { !own.contains($0) })
    }

    /// Passes a query on and hands back the answer as it came; fails when nobody answers in time.
    func ask(_ query: [UInt8], overStream: Bool, on loop: any EventLoop) -> EventLoopFuture<[UInt8]> {
        let promise = loop.makePromise(of: [UInt8].self)
        attempt(0, query, overStream, loop, promise)
        return promise.futureResult
    }

    private func attempt(
        _ place: Int, _ query: [UInt8], _ overStream: Bool, _ loop: any EventLoop, _ promise: EventLoopPromise<[UInt8]>
    ) {
        guard place < addresses.count else {
            promise.fail(ChannelError.connectTimeout(Resolvers.patience))
            return
        }
        let one = loop.makePromise(of: [UInt8].self)
        one.futureResult.whenComplete { result in
            switch result {
            case .success(let answer): promise.succeed(answer)
            case .failure: attempt(place + 1, query, overStream, loop, promise)
            }
        }
        loop.scheduleTask(in: Resolvers.patience) { one.fail(ChannelError.connectTimeout(Resolvers.patience)) }
        let channel: EventLoopFuture<any Channel>
        if overStream {
            channel = ClientBootstrap(group: loop).connectTimeout(Resolvers.patience).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        ByteToMessageHandler(MessageLengths()), AnswerTaker(one))
                }
            }.connect(host: addresses[place], port: 53)
        } else {
            channel = DatagramBootstrap(group: loop).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(DatagramBytes(), AnswerTaker(one))
                }
            }.connect(host: addresses[place], port: 53)
        }
        channel.whenFailure { one.fail($0) }
        channel.whenSuccess { channel in
            one.futureResult.whenComplete { _ in channel.close(promise: nil) }
            var buffer = channel.allocator.buffer(capacity: query.count + 2)
            if overStream { buffer.writeInteger(UInt16(query.count)) }
            buffer.writeBytes(query)
            if overStream {
                channel.writeAndFlush(buffer, promise: nil)
            } else if let remote = channel.remoteAddress {
                channel.writeAndFlush(AddressedEnvelope(remoteAddress: remote, data: buffer), promise: nil)
            }
        }
    }
}

/// A datagram's bytes.
private final class DatagramBytes: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias InboundOut = ByteBuffer
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(wrapInboundOut(unwrapInboundIn(data).data))
    }
}

/// Hands on the first answer.
private final class AnswerTaker: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let promise: EventLoopPromise<[UInt8]>
    init(_ promise: EventLoopPromise<[UInt8]>) { self.promise = promise }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        promise.succeed(Array(unwrapInboundIn(data).readableBytesView))
    }
    func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }
}
