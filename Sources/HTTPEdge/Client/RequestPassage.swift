import NIOCore

/// Brings a request's body on to another server as it arrives. A part counts as taken when it has left the process, so that the
/// client is read from as fast as that server reads. On the event loop of the connection to it.
final class RequestPassage: @unchecked Sendable {
    private let stream: EdgeRequestStream
    private let loop: any EventLoop
    private let write: (EdgeRequestStream.Part, EventLoopPromise<Void>?) -> Void
    /// The whole body was given to the connection.
    private(set) var isOver = false

    /// `write` puts a part on the wire; called on `loop`, and with `cut` when the request cannot be finished.
    init(
        _ stream: EdgeRequestStream, loop: any EventLoop,
        _ write: @escaping (EdgeRequestStream.Part, EventLoopPromise<Void>?) -> Void
    ) {
        self.stream = stream
        self.loop = loop
        self.write = write
    }

    func begin() {
        stream.receive { [self] part in
            if loop.inEventLoop { pass(part) } else { loop.execute { self.pass(part) } }
        }
    }

    private func pass(_ part: EdgeRequestStream.Part) {
        guard !isOver else { return }
        switch part {
        case .bytes(let bytes):
            let promise = loop.makePromise(of: Void.self)
            // A write that failed has freed its bytes, too; whoever waits for the answer hears of it by the connection's end.
            promise.futureResult.whenComplete { [stream] _ in stream.taken(bytes.readableBytes) }
            write(part, promise)
        case .end, .cut:
            isOver = true
            write(part, nil)
        }
    }
}
