import ClusterState
import Document
import Engine
import EventLog
import Requests

/// `/reckon/v1/status` and `/reckon/v1/digest`: how far the log goes, and one hash over what it says.
extension APIServer {
    func logStatus(_ exchange: Exchange, _ snapshot: Snapshot) {
        var answer: JSON = [
            "kind": "LogStatus", "apiVersion": "reckon.dev/v1", "revision": .int(Int64(snapshot.revision)),
            "floor": .int(Int64(engine.floor)), "time": .string(snapshot.state.time.rfc3339Micro),
        ]
        if let time = engine.floorTime { answer["floorTime"] = .string(time.rfc3339Micro) }
        for (name, report) in reports.all() { answer[name] = report.document }
        note(exchange, code: 200)
        exchange.answer(200, answer.encoded())
    }

    /// One hash over every object: two servers that agree on it agree on everything.
    func stateDigest(_ exchange: Exchange, _ snapshot: Snapshot) {
        note(exchange, code: 200)
        inPast {
            let digest = snapshot.state.digest(SHA256Hasher.self).map { byte in
                let digits = String(byte, radix: 16)
                return digits.utf8.count == 1 ? "0" + digits : digits
            }
            let answer: JSON = [
                "kind": "StateDigest", "apiVersion": "reckon.dev/v1", "revision": .int(Int64(snapshot.revision)),
                "digest": .string(digest.joined()),
            ]
            exchange.answer(200, answer.encoded())
        }
    }
}
