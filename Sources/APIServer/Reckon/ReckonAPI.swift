import Access
import ClusterState
import Document
import Engine
import EventLog
import HTTPEdge
import Records
import Requests
import Schema

/// `/reckon/v1/…`: the log as JSON, for the command line and the page. An endpoint is a file of this folder.
extension APIServer {
    func reckonAPI(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let parts = exchange.info.path.split(separator: "/").dropFirst(2).map(String.init)
        switch parts.first {
        case "digest": stateDigest(exchange, snapshot)
        case "status": logStatus(exchange, snapshot)
        case let name? where parts.count == 1 && pastQuestion(name, exchange, snapshot): break
        default:
            throw APIError(
                code: 404, reason: "NotFound",
                message:
                    "nothing is served at \(exchange.info.path): try /reckon/v1/status, history, diff, blame or why")
        }
    }
}
