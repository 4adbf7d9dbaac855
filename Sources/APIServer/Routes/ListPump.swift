import ClusterState
import Engine
import EventLog
import HTTPEdge
import NIOCore
import Requests
import Schema

/// The objects of a list of the past, some at a time.
final class PastPieces {
    private let engine: Engine
    private var listing: PastListing

    init(_ engine: Engine, _ listing: PastListing) {
        self.engine = engine
        self.listing = listing
    }

    /// Blocks: not for event loops.
    func next(_ most: Int) throws(APIError) -> [StoredObject] {
        try engine.reading { _ throws(LogError) in try listing.next(most) }
    }
}

/// Feeds one list to one client at the client's pace: on the responder's event loop, or, compressing or reading the past, on a
/// thread of its own.
final class ListPump: @unchecked Sendable {
    /// Kept to its end, for the seat that it holds.
    private let exchange: Exchange
    private var responder: EdgeResponder { exchange.responder }
    private let contentType: String
    private var chunks: ListChunks
    private var bytes: [UInt8] = []
    private var gzip: Gzip?
    /// What the list goes on with.
    private let pieces: PastPieces?
    /// Where pieces are made that the event loop should not make.
    private var elsewhere: ((@escaping @Sendable () -> Void) -> Void)?

    init(
        _ exchange: Exchange, _ chunks: ListChunks, _ contentType: String, pieces: PastPieces? = nil,
        elsewhere: ((@escaping @Sendable () -> Void) -> Void)? = nil
    ) {
        self.exchange = exchange
        self.chunks = chunks
        self.contentType = contentType
        self.pieces = pieces
        self.elsewhere = elsewhere
    }

    func start() {
        if exchange.acceptsGzip, let gzip = Gzip() {
            self.gzip = gzip
            if elsewhere == nil { elsewhere = { Exchange.compressors.run($0) } }
        }
        responder.startStream(200, exchange.headers(contentType) + (gzip == nil ? [] : Exchange.gzipHeaders))
        goOn()
    }

    private func goOn() {
        if let elsewhere { elsewhere { [self] in next() } } else { next() }
    }

    private func next() {
        while !responder.isClosed {
            if chunks.wantsMore, let pieces {
                do throws(APIError) {
                    chunks.follow(with: try pieces.next(Limits.pastPieceObjects))
                } catch {
                    // The head is sent: a list that does not end is not taken for a whole one.
                    responder.abort()
                    exchange.count(Int(error.code))
                    return
                }
            }
            guard chunks.fill(&bytes) else {
                if let gzip { responder.write(gzip.deflated([], ends: true)) }
                exchange.count(200)
                responder.end()
                return
            }
            responder.write(gzip?.deflated(bytes, ends: false) ?? ByteBuffer(bytes: bytes))
            if !responder.isWritable {
                responder.onDrain { [self] in goOn() }
                return
            }
        }
    }
}
