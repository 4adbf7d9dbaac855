import Document
import History
import Records
import Testing

/// What is told of a change whose body is no longer kept.
@Suite struct ForgottenChangeTests {
    @Test(arguments: [Change.Kind.created, .updated, .deleted]) func thatItWasIsTold(kind: Change.Kind) {
        let key = ObjectKey(resource: "events", namespace: "a", name: "e")
        let record = EventRecord(
            stream: .journal, revision: 7, time: Timestamp(seconds: 1_800_000_000),
            request: RequestFacts(verb: "patch", path: "/api/v1/namespaces/a/events/e"),
            authentication: AuthenticationFacts(authenticator: "x509", user: UserInfo(name: "ada")),
            authorization: AuthorizationFacts(verdict: .allowed), outcome: Outcome(code: 200),
            changes: [Change(kind: kind, key: key, uid: "u", previousRevision: kind == .created ? 0 : 3, body: [])])
        var isAsked = false
        let previous: (Change) -> [UInt8]? = { _ in
            isAsked = true
            return Array(#"{"metadata":{"name":"e"}}"#.utf8)
        }
        let lines = RecordRendering.show(record, previous: previous).split(separator: "\n")
        #expect(lines.last == "  what it was is no longer kept")
        let change = EventFields.json(record, previous: previous)["changes"]?.elements.first
        #expect(change?["isForgotten"] == true && change?["name"] == "e" && change?["fields"] == nil)
        #expect(!isAsked)
    }
}
