import ClusterState
import Document
import Records
import Schema
import Testing

@Suite struct ModelTests {
    /// Every question has the answer of the slow model, on random histories, and past states stay what they were.
    @Test(arguments: [UInt64(1), 2, 3, 4]) func agreesWithTheReferenceModel(seed: UInt64) {
        var history = RandomHistory(seed: seed)
        var state = ClusterState()
        var kept: [(ClusterState, ReferenceModel)] = []
        for step in 1...1500 {
            let event = history.next()
            #expect(state.problem(with: event) == nil)
            state.apply(event)
            if step % 100 == 0 {
                compare(state, history.model)
                kept.append((state, history.model))
            }
            if step % 250 == 0 {
                // As a checkpoint brings it back: the trees are made in one go, and changed from there on.
                state = ClusterState(
                    restoring: state.storesInUse.flatMap { state.objects($0) }, revision: state.revision,
                    time: state.time, creations: state.creations)
                compare(state, history.model)
            }
        }
        for (state, model) in kept { compare(state, model) }
    }

    private func compare(_ state: ClusterState, _ model: ReferenceModel) {
        #expect(state.objectCount == model.objects.count)
        for store in RandomHistory.stores {
            for namespace in [nil, "", "a", "a-b", "b", "default", "none"] {
                let expected = model.list(store, namespace: namespace)
                #expect(state.objects(store, namespace: namespace).map(plain) == expected)
                #expect(state.count(store, namespace: namespace) == expected.count)
                if expected.count > 2 {
                    let after = expected[expected.count / 2].key
                    let page = state.objects(
                        store, namespace: namespace, after: (after.namespace, after.name), limit: 3)
                    #expect(page.map(plain) == Array(expected[(expected.count / 2 + 1)...].prefix(3)))
                }
                for value in ["v0", "v3", "absent"] {
                    #expect(
                        state.objects(store, namespace: namespace, label: ("app", value)).map(plain)
                            == model.list(store, namespace: namespace) {
                                $0["metadata", "labels", "app"]?.string == value
                            })
                }
                #expect(
                    state.dependents(store, ofUID: "owner-1", namespace: namespace).map(plain)
                        == model.list(store, namespace: namespace) {
                            $0["metadata", "ownerReferences"]?.elements.contains { $0["uid"] == "owner-1" } ?? false
                        })
            }
        }
        #expect(
            state.pods(onNode: "n2").map(plain)
                == model.list(RandomHistory.stores[0], namespace: nil) { $0["spec", "nodeName"] == "n2" })
        for (key, object) in model.objects { #expect(state.object(key).map(plain) == object) }
        #expect(state.object(ObjectKey(resource: "pods", namespace: "a", name: "o")) == nil)
    }

    private func plain(_ object: StoredObject) -> ReferenceModel.Object {
        ReferenceModel.Object(key: object.key, uid: object.uid, revision: object.revision, body: object.body)
    }

    @Test func aLargeStoreGrowsAndShrinksInAnyOrder() {
        var random = SeededGenerator(state: 9)
        let names = (0..<3000).map { "pod-\($0)" }
        var state = ClusterState()
        var revision: UInt64 = 0
        func event(_ change: Change) -> EventRecord {
            revision += 1
            return EventRecord(
                stream: .journal, revision: revision, time: Timestamp(seconds: 1),
                request: RequestFacts(verb: "create", path: "/"),
                authentication: AuthenticationFacts(authenticator: "", user: .anonymous), authorization: .notAsked,
                outcome: Outcome(code: 200), changes: [change])
        }
        func key(_ name: String) -> ObjectKey { ObjectKey(resource: "pods", namespace: "x", name: name) }
        let body = Array(#"{"metadata":{"labels":{"all":"same"}}}"#.utf8)
        for name in names.shuffled(using: &random) {
            state.apply(event(Change(kind: .created, key: key(name), uid: name, previousRevision: 0, body: body)))
        }
        let full = state
        let order = names.sorted()
        #expect(state.objects(GroupResource(resource: "pods")).map(\.key.name) == order)
        #expect(state.count(GroupResource(resource: "pods"), label: ("all", "same")) == 3000)
        for (i, name) in names.shuffled(using: &random).enumerated() {
            let old = state.object(key(name))!
            state.apply(
                event(Change(kind: .deleted, key: key(name), uid: name, previousRevision: old.revision, body: body)))
            if i % 500 == 0 { #expect(state.objects(GroupResource(resource: "pods")).count == 3000 - i - 1) }
        }
        #expect(state.storesInUse.isEmpty)
        #expect(full.objects(GroupResource(resource: "pods"), label: ("all", "same")).map(\.key.name) == order)
    }

    @Test func aDamagedEventIsNamed() {
        let key = ObjectKey(resource: "pods", namespace: "x", name: "p")
        func event(_ revision: UInt64, _ change: Change) -> EventRecord {
            EventRecord(
                stream: .journal, revision: revision, time: Timestamp(seconds: 5),
                request: RequestFacts(verb: "create", path: "/"),
                authentication: AuthenticationFacts(authenticator: "", user: .anonymous), authorization: .notAsked,
                outcome: Outcome(code: 200), changes: [change])
        }
        var state = ClusterState()
        let create = event(1, Change(kind: .created, key: key, uid: "u", previousRevision: 0, body: Array("{}".utf8)))
        state.apply(create)
        #expect(state.problem(with: create) == "revision 1 follows 1")
        #expect(state.problem(with: event(2, create.changes[0])) == "pods/x/p is created but exists")
        let stale = Change(kind: .deleted, key: key, uid: "u", previousRevision: 9, body: [])
        #expect(state.problem(with: event(2, stale)) == "pods/x/p is at revision 1, the event says 9")
    }
}
