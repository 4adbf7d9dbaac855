import ClusterState
import Document
import Records
import Requests
import Schema

/// `doctor`: what is wrong with the cluster at a moment, the worst first.
enum DoctorQuestion {
    /// `at`, `namespace`, `only=loops` for what happens again and again, `window` (a time before `at`, 10m).
    static func answer(_ query: Query, _ ground: Ground) throws(APIError) -> JSON {
        let revision = try ground.revision(query, "at")
        let state = try ground.state(at: revision)
        let namespace = query["namespace"].flatMap { $0.isEmpty ? Optional.none : $0 }
        var window: Int64 = 600_000_000
        if let text = query["window"], !text.isEmpty {
            guard case .ago(let micros) = try ground.moment(text, "window") else {
                throw .badRequest("window takes a length of time, 10m")
            }
            window = micros
        }
        // The clock of the present goes on while nothing happens; the past is seen as of its revision.
        let now = query["at"] == nil ? ground.now : state.time
        var visibility = Visibility(ground)
        let isLoopsOnly = query["only"] == "loops"
        var findings: [Finding] = []
        if !isLoopsOnly {
            let examination = StateExamination(state, now: now, namespace: namespace, ground)
            findings = examination.findings(&visibility)
            if query["at"] == nil, namespace == nil { findings += examination.servingCertificate() }
        }
        let activity = try Activity(before: revision, since: now.adding(microseconds: -window), namespace, ground)
        findings += activity.findings(&visibility)
        findings.sort { ($0.rank, $0.title) < ($1.rank, $1.title) }
        var answer: JSON = [
            "kind": "Diagnosis", "apiVersion": "reckon.dev/v1", "revision": .int(Int64(revision)),
            "time": .string(state.time.rfc3339Micro), "findings": .array(findings.map(\.json)),
            "lookedAt": .int(Int64(activity.looked)),
            "changes": isLoopsOnly ? [] : .array(try activity.changesJustBefore(&visibility)),
        ]
        answer["unknown"] = ground.past.unknownKinds(at: revision)
        return answer
    }
}
