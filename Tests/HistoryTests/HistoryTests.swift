import Document
import History
import Records
import Testing

@Suite struct HistoryTests {
    private let key = ObjectKey(group: "apps", resource: "deployments", namespace: "shop", name: "web")

    private func event(
        _ revision: UInt64, _ user: String, _ kind: Change.Kind, _ body: JSON, uid: String = "u1", cause: UInt64? = nil,
        key: ObjectKey? = nil
    )
        -> EventRecord
    {
        EventRecord(
            stream: .journal, revision: revision, time: Timestamp(seconds: Int64(1_800_000_000 + revision)),
            cause: cause,
            request: RequestFacts(
                auditID: "audit-\(revision)", verb: kind == .created ? "create" : "update",
                path: "/apis/apps/v1/namespaces/shop/deployments", userAgent: "kubectl/v1.36.2"),
            authentication: AuthenticationFacts(authenticator: "x509", user: UserInfo(name: user)),
            authorization: .notAsked,
            outcome: Outcome(code: 200),
            changes: [Change(kind: kind, key: key ?? self.key, uid: uid, previousRevision: 0, body: body.encoded())])
    }

    @Test func differencesReadLikePaths() {
        let before: JSON = [
            "metadata": ["resourceVersion": "1", "labels": ["app": "web", "a.b/c": "1"], "finalizers": ["x", "y"]],
            "spec": [
                "replicas": 2,
                "template": [
                    "spec": [
                        "containers": [
                            ["name": "web", "image": "web:1", "args": ["-v"]], ["name": "log", "image": "log:1"],
                        ]
                    ]
                ],
            ],
        ]
        var after = before
        after["metadata", "resourceVersion"] = "2"
        after["metadata", "labels"] = ["app": "web", "a.b/c": "2"]
        after["metadata", "finalizers"] = ["y"]
        after["spec", "replicas"] = 3
        after["spec", "template", "spec", "containers"] = [
            ["name": "new", "image": "new:1"], ["name": "web", "image": "web:2", "args": ["-v"]],
        ]
        let changes = Difference.between(before, after)
        #expect(
            changes.map(\.text) == [
                #"- metadata.finalizers[]: "x""#, #"metadata.labels["a.b/c"]: "1" → "2""#, "spec.replicas: 2 → 3",
                #"- spec.template.spec.containers[name=log].image: "log:1""#,
                #"- spec.template.spec.containers[name=log].name: "log""#,
                #"+ spec.template.spec.containers[name=new].image: "new:1""#,
                #"+ spec.template.spec.containers[name=new].name: "new""#,
                #"spec.template.spec.containers[name=web].image: "web:1" → "web:2""#,
            ])
        #expect(Difference.between(before, before).isEmpty)
    }

    @Test func timelinesTellNamesakesApart() {
        let events = [
            event(3, "ann", .created, ["spec": ["replicas": 1]]),
            event(5, "bob", .updated, ["spec": ["replicas": 2]], cause: 3),
            event(8, "ann", .deleted, ["spec": ["replicas": 2]]),
            event(
                9, "eve", .created, ["spec": ["replicas": 1]],
                key: ObjectKey(resource: "pods", namespace: "shop", name: "web")),
            event(12, "cat", .created, ["spec": ["replicas": 7]], uid: "u2"),
        ]
        let timeline = Timeline(of: key, in: events)
        #expect(timeline.lives.map(\.uid) == ["u1", "u2"])
        #expect(timeline.lives[0].entries.map(\.revision) == [3, 5, 8])
        #expect(timeline.lives[0].entries[1].changes.map(\.text) == ["spec.replicas: 1 → 2"])
        #expect(timeline.lives[0].entries[1].cause == 3)
        #expect(Blame(of: key, in: events).lines.map { "\($0.path) \($0.entry!.user)" } == ["spec.replicas cat"])
    }

    @Test func blameNamesTheLastSetterOfEachField() {
        let events = [
            event(1, "ann", .created, ["spec": ["a": 1, "b": 1, "list": ["x"]]]),
            event(2, "bob", .updated, ["spec": ["a": 2, "b": 1, "list": ["x", "y"]]]),
            event(3, "cat", .updated, ["spec": ["a": 2, "c": ["d": 1], "list": ["x", "y"]]]),
        ]
        let blame = Blame(of: key, in: events)
        #expect(
            blame.lines.map { "\($0.path)=\($0.value.text) \($0.entry!.user)" } == [
                "spec.a=2 bob", "spec.c.d=1 cat", #"spec.list[]"x"="x" ann"#, #"spec.list[]"y"="y" bob"#,
            ])
        #expect(blame.lines(at: "spec.c").map(\.path) == ["spec.c.d"])
    }

    @Test func causesLeadBackToTheFirstRequest() {
        let records = [
            1: event(1, "ann", .updated, [:]), 4: event(4, "deployment-controller", .created, [:], cause: 1),
            9: event(9, "scheduler", .updated, [:], cause: 4),
        ]
        let causes = Causes(of: 9) { records[Int($0)] }
        #expect(causes.chain.map(\.revision) == [9, 4, 1])
    }

    @Test func secretsStayHidden() {
        let secret = ObjectKey(resource: "secrets", namespace: "shop", name: "s")
        let events = [
            event(1, "ann", .created, ["data": ["password": "aHVudGVyMg=="]], key: secret),
            event(2, "ann", .updated, ["data": ["password": "c3dvcmRmaXNo"]], key: secret),
        ]
        let timeline = Timeline(of: secret, in: events)
        let shown =
            timeline.lives.flatMap(\.entries).map(\.json.text).joined() + "\(Blame(of: secret, in: events))"
            + RecordRendering.json(events[0], withBodies: true).text
            + RecordRendering.show(events[1]) { _ in events[0].changes[0].body }
        #expect(!shown.contains("aHVudGVyMg") && !shown.contains("c3dvcmRmaXNo"))
        #expect(timeline.lives[0].entries[1].changes.count == 1)
    }

    @Test func filtersAndListings() {
        var filter = RecordFilter()
        filter.resource = "deployments"
        filter.namespace = "shop"
        let write = event(4, "ann", .created, [:])
        #expect(filter.holds(write))
        var read = write
        read.changes = []
        read.stream = .access
        read.ordinal = 7
        read.request.path = "/apis/apps/v1/namespaces/shop/deployments/web"
        #expect(filter.holds(read))
        read.request.path = "/apis/apps/v1/namespaces/other/deployments/web"
        #expect(!filter.holds(read))
        filter = RecordFilter()
        filter.code = 400
        read.outcome = Outcome(code: 404, reason: "NotFound")
        #expect(filter.holds(read) && !filter.holds(write))
        #expect(RecordRendering.list([write, read]).split(separator: "\n").count == 3)
        #expect(RecordRendering.cells(read)[0] == "4+7" && RecordRendering.cells(read)[5] == "404 NotFound")
    }
}
