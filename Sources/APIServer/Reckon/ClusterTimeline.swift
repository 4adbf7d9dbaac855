import Access
import Document
import Engine
import EventLog
import History
import Records
import Requests
import Schema

/// `/reckon/v1/timeline?from=WHEN&to=WHEN&buckets=N[&namespace&group&resource]`: how much happened when, by kind, and how often somebody
/// was refused; of a shown log also what of the range was not observed (`gaps`) and, when it does not go on, when it ended (`ends`). The
/// work of a request is bounded: of a long range the counts by kind come from stretches, and `approximate` says so.
extension APIServer {
    static let timelineBucketsMax = 1000

    func clusterTimeline(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let query = exchange.info.query
        let buckets = try number(exchange, "buckets", default: 120, in: 1...Self.timelineBucketsMax)
        let namespace = query["namespace"].flatMap { $0.isEmpty ? nil : $0 }
        let wanted = query["resource"].flatMap { $0.isEmpty ? nil : $0 }
        let store = try wanted.map { word throws(APIError) -> GroupResource in
            let group = query["group"] ?? ""
            guard let type = snapshot.catalog.resources.first(where: { Self.names($0, word, group) }) else {
                throw .badRequest("no kind of resource is called \"\(word)\"")
            }
            return type.store
        }
        inPast { [self] in
            do throws(APIError) {
                var sight = ObjectSight(self, exchange.authentication.user, snapshot)
                let (begins, from, to) = try range(exchange)
                let bounds = (0...buckets).map { i in
                    from.adding(microseconds: Int64(Double(to.since(from)) * Double(i) / Double(buckets)))
                }
                let revisions = try revisions(at: bounds)
                let tallies = try activity.tallies(revisions)
                let seesDenials =
                    allows(
                        AccessAttributes(user: exchange.authentication.user, verb: "get", path: "/reckon/v1/audit")
                    ).verdict == .allowed && namespace == nil && store == nil
                let seesAll = sight.mayListEverything
                let denials = seesDenials ? try activity.denials(bounds) : ([], true)
                var isExact = denials.1
                var out: [JSON] = []
                for i in 0..<buckets {
                    let sum = Self.sum(tallies[i], namespace: namespace, store: store, &sight)
                    let all = revisions[i + 1] - revisions[i]
                    let isWhole = seesAll && namespace == nil && store == nil
                    if !tallies[i].isExact { isExact = false }
                    var bucket: JSON = ["from": .string(bounds[i].rfc3339Micro)]
                    bucket["to"] = .string(bounds[i + 1].rfc3339Micro)
                    bucket["firstRevision"] = .int(Int64(all > 0 ? revisions[i] + 1 : revisions[i]))
                    bucket["lastRevision"] = .int(Int64(revisions[i + 1]))
                    bucket["writes"] = .int(isWhole ? Int64(all) : Int64(sum.events.rounded()))
                    bucket["byResource"] = sum.byResource
                    if seesDenials { bucket["denials"] = .int(Int64(denials.0[i])) }
                    out.append(bucket)
                }
                var answer: JSON = [
                    "kind": "Timeline", "apiVersion": "reckon.dev/v1", "from": .string(from.rfc3339Micro),
                    "to": .string(to.rfc3339Micro), "begins": .string(begins.rfc3339Micro),
                    "floor": .int(Int64(engine.floor)), "now": .string(engine.now.rfc3339Micro),
                    "revision": .int(Int64(snapshot.revision)), "approximate": .bool(!isExact),
                    "denialsVisible": .bool(seesDenials), "buckets": .array(out),
                ]
                if let shown {
                    let gaps = Self.visible(shown.gaps(snapshot.state), from: from, to: to, &sight)
                    answer["gaps"] = .array(gaps.map(\.json))
                }
                if let end = shownEnd(snapshot.state) { answer["ends"] = .string(end.rfc3339Micro) }
                note(exchange, code: 200)
                exchange.answer(200, answer.encoded())
                if !isExact { activity.fill { [self] work in inPast(work) } }
            } catch {
                fail(exchange, error)
            }
        }
    }

    /// The whole log, unless the query says from when and to when.
    private func range(_ exchange: Exchange) throws(APIError) -> (
        begins: Timestamp, from: Timestamp, to: Timestamp
    ) {
        let oldest = try engine.reading { log throws(LogError) in try log.time(of: log.floor + 1) } ?? engine.now
        let to = try moment(exchange, "to") ?? engine.now
        let from = try moment(exchange, "from") ?? min(oldest, to.adding(seconds: -1))
        guard from < to else { throw .badRequest("from must lie before to") }
        return (oldest, from, to)
    }

    /// The gaps of the range, as far as they are of kinds that the caller may list somewhere.
    private static func visible(
        _ gaps: [ObservationGap], from: Timestamp, to: Timestamp, _ sight: inout ObjectSight
    ) -> [ObservationGap] {
        gaps.compactMap { gap in
            guard gap.from < to, gap.to.map({ $0 > from }) ?? true else { return nil }
            var gap = gap
            gap.resources = gap.resources.filter { sight.mayListSomewhere($0) }
            return gap.resources.isEmpty ? nil : gap
        }
    }

    /// The newest revision before each bound; at the last one, of that moment.
    private func revisions(at bounds: [Timestamp]) throws(APIError) -> [UInt64] {
        try engine.reading { log throws(LogError) in
            var revisions: [UInt64] = []
            for (i, bound) in bounds.enumerated() {
                let moment = i == bounds.count - 1 ? bound : bound.adding(microseconds: -1)
                if let last = revisions.last, last == log.head.revision {
                    revisions.append(last)
                } else {
                    revisions.append(max(try log.revision(at: moment), revisions.last ?? 0))
                }
            }
            return revisions
        }
    }

    /// What of a tally the caller sees and wants.
    private static func sum(
        _ tally: JournalActivity.Tally, namespace: String?, store: GroupResource?, _ sight: inout ObjectSight
    ) -> (events: Double, byResource: JSON) {
        var events = 0.0
        var byResource: [String: Double] = [:]
        for (place, count) in tally.counts {
            guard sight.mayList(place.group, place.resource, in: place.namespace) else { continue }
            let kind = GroupResource(group: place.group, resource: place.resource)
            if let namespace, place.namespace != namespace { continue }
            if let store, kind != store { continue }
            events += count.events
            byResource[kind.description, default: 0] += count.changes
        }
        let members = byResource.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.compactMap {
            name -> (String, JSON)? in
            let count = Int64((byResource[name] ?? 0).rounded())
            return count > 0 ? (name, .int(count)) : nil
        }
        return (events, .object(JSONObject(members)))
    }
}
