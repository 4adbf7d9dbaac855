import Dispatch
import Document
import Engine
import HTTPEdge
import History
import NIOCore
import Records
import Requests
import Schema

/// `/reckon/v1/history?…&follow=true`: the changes as they happen, a JSON document a line, until somebody leaves.
extension APIServer {
    func followHistory(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let following = try HistoryFollowing(exchange.info.query, ground(of: exchange, snapshot))
        let responder = exchange.responder
        // One after the other, off the publisher's thread: the version before is read from the log.
        let line = DispatchQueue(label: "reckon-history")
        note(exchange, code: 200)
        responder.startStream(200, exchange.headers("application/json;stream=watch"))
        let (_, handle) = engine.follow { events, _ in
            line.async {
                guard !responder.isClosed else { return }
                guard responder.pendingBytes < Limits.watchBacklogBytesMax else { return responder.abort() }
                for event in events {
                    do throws(APIError) {
                        for entry in try following.entries(event) {
                            responder.write(ByteBuffer(bytes: entry.encoded() + [UInt8(ascii: "\n")]))
                        }
                    } catch {
                        responder.write(ByteBuffer(bytes: error.document.encoded() + [UInt8(ascii: "\n")]))
                        return responder.end()
                    }
                }
            }
        }
        responder.onClose { handle.cancel() }
    }
}
