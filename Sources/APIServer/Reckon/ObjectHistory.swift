import ClusterState
import Document
import Engine
import EventLog
import History
import Records
import Requests
import Schema

/// `/reckon/v1/history?resource=deployments&group=apps&namespace=shop&name=web`: every version, by whom, by which request, what changed.
extension APIServer {
    func objectHistory(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let (type, key) = try askedObject(exchange, snapshot)
        inPast { [self] in
            do throws(APIError) {
                let timeline = try timeline(of: key)
                guard !timeline.lives.isEmpty else { throw APIError.notFound(type.groupResource, key.name) }
                var answer = timeline.json
                answer["kind"] = "ObjectHistory"
                answer["apiVersion"] = "reckon.dev/v1"
                answer["text"] = .string(timeline.text())
                note(exchange, code: 200)
                exchange.answer(200, answer.encoded())
            } catch {
                fail(exchange, error)
            }
        }
    }

    /// Everything that ever happened to a key, oldest first.
    func timeline(of key: ObjectKey) throws(APIError) -> Timeline {
        try engine.reading { log throws(LogError) in
            let versions = try log.versions(of: key)
            var events: [EventRecord] = []
            for version in versions { events += try log.events(from: version.revision, limit: 1) }
            var before: JSON?
            if let first = versions.first, first.kind != .created, first.revision > log.floor {
                before = try log.object(key, at: first.revision - 1)?.document
            }
            return Timeline(of: key, in: events, before: before)
        }
    }
}
