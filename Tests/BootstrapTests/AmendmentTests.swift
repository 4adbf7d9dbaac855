import Admission
import ClusterState
import Document
import Records
import Requests
import Schema
import Testing

/// A cluster that keeps its journal and every state.
private struct RecordedCluster {
    var state: ClusterState
    var events: [EventRecord] = []
    var states: [UInt64: ClusterState] = [:]
    var random: SeededRandom

    private static let bootstrapped = Result { try SmallCluster.bootstrapped().state }

    init(seed: UInt64) throws {
        state = try Self.bootstrapped.get()
        states[state.revision] = state
        random = SeededRandom(seed)
    }

    var ground: DecisionGround {
        DecisionGround(state: state, catalog: .builtin, settings: ClusterSettings())
    }
    var now: Timestamp { Timestamp(seconds: 1_900_000_000 + Int64(state.revision)) }

    @discardableResult
    mutating func write(
        _ verb: WriteCommand.Verb, _ apiVersion: String, _ resource: String, _ object: JSON, _ namespace: String,
        _ name: String, cause: UInt64? = nil
    ) throws -> UInt64 {
        let type = Catalog.builtin.resource(apiVersion: apiVersion, resource)!
        var command = WriteCommand(
            verb: verb, type: type, namespace: namespace, name: verb == .create ? "" : name, body: object,
            manager: "test", user: SmallCluster.admin, now: now, seed: random.next())
        command.fieldValidation = .ignore
        return commit(try decide(command, on: ground), cause: cause)
    }

    @discardableResult
    mutating func commit(_ decision: Decision, cause: UInt64? = nil) -> UInt64 {
        guard !decision.changes.isEmpty else { return 0 }
        let event = EventRecord(
            stream: .journal, revision: state.revision + 1, time: now, cause: cause,
            request: RequestFacts(auditID: "id-\(state.revision + 1)", verb: "update", path: "/api"),
            authentication: AuthenticationFacts(authenticator: "internal", user: SmallCluster.admin),
            authorization: .notAsked, outcome: Outcome(code: decision.code), changes: decision.changes)
        #expect(state.problem(with: event) == nil)
        state.apply(event)
        events.append(event)
        states[state.revision] = state
        return state.revision
    }

    func undo(_ revision: UInt64, scope: Undo.Scope = .everything) -> Undo {
        var undo = Undo(of: revision, scope: scope)
        for event in events where event.revision >= revision { undo.take(event) }
        for (key, before) in undo.wanted {
            if let former = states[before]?.object(key) { undo.know(key, former.document) }
        }
        return undo
    }

    mutating func amend(_ plan: @escaping @Sendable (DecisionGround) throws(APIError) -> [Amendment.Write]) throws
        -> UInt64
    {
        let rights = Set(try plan(ground).map(Amendment.Right.init))
        let amendment = Amendment(
            rights: rights, user: SmallCluster.admin, manager: "undo", seed: random.next(), plan: plan)
        return commit(try amendment.decide(on: ground, now: now))
    }

    func data(_ name: String, _ namespace: String = "default") -> [String: String]? {
        guard let object = state.object(GroupResource(resource: "configmaps"), namespace, name) else { return nil }
        return Dictionary(
            uniqueKeysWithValues: (object.document["data"]?.entries ?? JSONObject()).stringPairs.map {
                ($0.key, $0.value)
            })
    }
}

struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

private func configMap(_ name: String, _ data: [String: String], namespace: String = "default") -> JSON {
    [
        "metadata": ["name": .string(name), "namespace": .string(namespace)],
        "data": .object(JSONObject(data.map { ($0.key, .string($0.value)) })),
    ]
}

@Suite struct AmendmentTests {
    private struct Step {
        var revision: UInt64
        var name: String
        var before: [String: String]?
        var after: [String: String]?
        var uid: String
    }

    /// Random histories of three objects; one request of them is undone, and a model of plain dictionaries says what must come of it.
    @Test(arguments: 1...150) func anUndoTakesBackItsOwnFieldsAndNoOthers(seed: Int) throws {
        var cluster = try RecordedCluster(seed: UInt64(seed))
        var steps: [Step] = []
        for _ in 0..<14 {
            let name = ["a", "b", "c"].randomElement(using: &cluster.random)!
            let before = cluster.data(name)
            var after = before ?? [:]
            for _ in 0..<Int.random(in: 1...3, using: &cluster.random) {
                let key = "k\(Int.random(in: 0..<5, using: &cluster.random))"
                let value: String? =
                    Bool.random(using: &cluster.random) ? "v\(Int.random(in: 0..<4, using: &cluster.random))" : nil
                after[key] = value
            }
            let key = ObjectKey(resource: "configmaps", namespace: "default", name: name)
            let uid = cluster.state.object(key)?.uid
            let revision: UInt64
            var result: [String: String]? = after
            if before == nil {
                revision = try cluster.write(.create, "v1", "configmaps", configMap(name, after), "default", name)
            } else if Int.random(in: 0..<5, using: &cluster.random) == 0 {
                revision = try cluster.write(.delete, "v1", "configmaps", .null, "default", name)
                result = nil
            } else {
                revision = try cluster.write(.update, "v1", "configmaps", configMap(name, after), "default", name)
            }
            if revision > 0 {
                steps.append(
                    Step(
                        revision: revision, name: name, before: before, after: result,
                        uid: uid ?? cluster.state.object(key)!.uid))
            }
        }
        let step = steps.randomElement(using: &cluster.random)!
        let key = ObjectKey(resource: "configmaps", namespace: "default", name: step.name)
        let present = cluster.data(step.name)
        let isSame = cluster.state.object(key)?.uid == step.uid
        let laterEdits = steps.contains { $0.revision > step.revision && $0.name == step.name }

        // What the model expects: nil for a conflict.
        var expected: [String: String]?? = .some(present)
        switch (step.before, step.after) {
        case (nil, _):
            if isSame { expected = laterEdits ? .none : .some(nil) }
        case (let before?, nil): expected = present == nil ? .some(before) : .none
        case (let before?, let after?):
            if !isSame {
                expected = .none
            } else {
                var result = present!
                for field in Set(before.keys).union(after.keys) where before[field] != after[field] {
                    if present![field] == after[field] {
                        result[field] = before[field]
                    } else if present![field] != before[field] {
                        expected = .none
                    }
                }
                if expected != nil { expected = .some(result) }
            }
        }

        let undo = cluster.undo(step.revision)
        let plan = UndoPlan(undo, on: cluster.state)
        let digestBefore = (["a", "b", "c"].map { cluster.data($0) }, cluster.state.revision)
        guard let wanted = expected else {
            let error = try #require(
                plan.error, "a conflict was passed over: \(step) now \(String(describing: present))")
            #expect(error.code == 409)
            #expect(throws: APIError.self) {
                try cluster.amend { _ throws(APIError) in
                    if let error = plan.error { throw error }
                    return plan.writes
                }
            }
            #expect(cluster.state.revision == digestBefore.1)
            #expect(["a", "b", "c"].map { cluster.data($0) } == digestBefore.0)
            return
        }
        #expect(plan.error == nil, "\(plan.error?.message ?? "")")
        _ = try cluster.amend { ground throws(APIError) in UndoPlan(undo, on: ground.state).writes }
        #expect((cluster.data(step.name) ?? [:]) == (wanted ?? [:]))
        #expect((cluster.data(step.name) == nil) == (wanted == nil))
        for other in ["a", "b", "c"] where other != step.name {
            let place = ["a", "b", "c"].firstIndex(of: other)!
            #expect(cluster.data(other) == digestBefore.0[place])
        }
    }

    /// A Service that comes back holds its address again, and the IPAddress object with it; nothing is made or taken away twice.
    @Test func theAddressOfAServiceGoesAndComesWithIt() throws {
        var cluster = try RecordedCluster(seed: 7)
        let addresses = GroupResource(group: "networking.k8s.io", resource: "ipaddresses")
        let service: JSON = [
            "metadata": ["name": "s", "namespace": "default"],
            "spec": ["clusterIP": "10.96.7.7", "ports": [["port": 80]]],
        ]
        let created = try cluster.write(.create, "v1", "services", service, "default", "s")
        #expect(cluster.state.object(addresses, "", "10.96.7.7")?.revision == created)
        let deleted = try cluster.write(.delete, "v1", "services", .null, "default", "s")
        #expect(cluster.state.object(addresses, "", "10.96.7.7") == nil)
        let undo = cluster.undo(deleted)
        _ = try cluster.amend { ground throws(APIError) in UndoPlan(undo, on: ground.state).writes }
        #expect(
            cluster.state.object(GroupResource(resource: "services"), "default", "s")?.document["spec", "clusterIP"]
                == "10.96.7.7")
        #expect(cluster.state.object(addresses, "", "10.96.7.7")?.revision == cluster.state.revision)
        #expect(cluster.events.last?.changes.count == 2)
    }

    /// One request that changed several objects is taken back in one event, or not at all.
    @Test func severalObjectsGoBackTogetherOrNotAtAll() throws {
        var cluster = try RecordedCluster(seed: 7)
        for name in ["a", "b", "c"] {
            try cluster.write(.create, "v1", "configmaps", configMap(name, ["x": "1"]), "default", name)
        }
        let revision = try cluster.write(.deletecollection, "v1", "configmaps", .null, "default", "")
        #expect(cluster.data("a") == nil && cluster.data("b") == nil)
        let undo = cluster.undo(revision)
        var other = cluster
        let back = try cluster.amend { ground throws(APIError) in UndoPlan(undo, on: ground.state).writes }
        #expect(back == revision + 1)
        for name in ["a", "b", "c"] {
            #expect(cluster.data(name) == ["x": "1"])
            let object = cluster.state.object(GroupResource(resource: "configmaps"), "default", name)!
            #expect(object.revision == back)
            #expect(object.document["metadata", "managedFields"]?.elements.map { $0["manager"] } == ["test"])
        }
        try other.write(.create, "v1", "configmaps", configMap("b", ["x": "2"]), "default", "b")
        let plan = UndoPlan(other.undo(revision), on: other.state)
        #expect(plan.error?.code == 409)
        #expect(plan.error?.message.contains("configmaps/default/b was created again") == true)
        #expect(other.data("a") == nil)
    }
    /// A deployment that went with its replica sets comes back with them, under new uids that fit together.
    @Test func whatCameBackKnowsItsOwners() throws {
        var cluster = try RecordedCluster(seed: 9)
        let template: JSON = [
            "metadata": ["labels": ["app": "web"]], "spec": ["containers": [["name": "main", "image": "nginx"]]],
        ]
        let spec: JSON = ["replicas": 2, "selector": ["matchLabels": ["app": "web"]], "template": template]
        try cluster.write(
            .create, "apps/v1", "deployments",
            ["metadata": ["name": "web", "namespace": "default"], "spec": spec], "default", "web")
        let deployments = GroupResource(group: "apps", resource: "deployments")
        let sets = GroupResource(group: "apps", resource: "replicasets")
        let former = cluster.state.object(deployments, "default", "web")!
        let owner: JSON = [
            "apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": .string(former.uid),
            "controller": true,
        ]
        try cluster.write(
            .create, "apps/v1", "replicasets",
            ["metadata": ["name": "web-1", "namespace": "default", "ownerReferences": [owner]], "spec": spec],
            "default",
            "web-1")
        let deletion = try cluster.write(.delete, "apps/v1", "deployments", .null, "default", "web")
        try cluster.write(.delete, "apps/v1", "replicasets", .null, "default", "web-1", cause: deletion)
        let undo = cluster.undo(deletion, scope: .deletions(of: former.key))
        _ = try cluster.amend { ground throws(APIError) in UndoPlan(undo, on: ground.state).writes }
        let made = try #require(cluster.state.object(deployments, "default", "web"))
        let set = try #require(cluster.state.object(sets, "default", "web-1"))
        #expect(made.uid != former.uid)
        #expect(set.ownerUIDs == [made.uid])
        #expect(made.revision == set.revision)
    }

    /// After a rewind a namespace holds what it held, others are untouched, and a second rewind finds nothing to do.
    @Test(arguments: 1...60) func aRewoundNamespaceHoldsWhatItHeld(seed: Int) throws {
        var cluster = try RecordedCluster(seed: UInt64(seed) &* 77)
        for name in ["x", "y"] {
            try cluster.write(.create, "v1", "namespaces", ["metadata": ["name": .string(name)]], "", name)
        }
        func contents(_ state: ClusterState, _ namespace: String) -> [String] {
            [GroupResource(resource: "configmaps"), GroupResource(group: "apps", resource: "deployments")].flatMap {
                store in
                state.objects(store, namespace: namespace).map { object in
                    var document = object.document
                    document["status"] = nil
                    let labels = document["metadata", "labels"] ?? .null
                    document["metadata"] = ["name": .string(object.key.name), "labels": labels]
                    return document.text
                }
            }
        }
        let start = cluster.state.revision
        for _ in 0..<25 {
            let (name, space) = (
                ["a", "b", "c"].randomElement(using: &cluster.random)!,
                ["x", "y"].randomElement(using: &cluster.random)!
            )
            let isDeployment = Bool.random(using: &cluster.random)
            let (apiVersion, resource) = isDeployment ? ("apps/v1", "deployments") : ("v1", "configmaps")
            let group = isDeployment ? "apps" : ""
            let exists = cluster.state.object(GroupResource(group: group, resource: resource), space, name) != nil
            if exists, Int.random(in: 0..<3, using: &cluster.random) == 0 {
                try cluster.write(.delete, apiVersion, resource, .null, space, name)
                continue
            }
            var object: JSON = ["metadata": ["name": .string(name), "namespace": .string(space)]]
            object["metadata", "labels"] = ["l": .string("\(Int.random(in: 0..<3, using: &cluster.random))")]
            if isDeployment {
                object["spec"] = [
                    "replicas": .int(Int64.random(in: 0..<4, using: &cluster.random)),
                    "selector": ["matchLabels": ["app": .string(name)]],
                    "template": [
                        "metadata": ["labels": ["app": .string(name)]],
                        "spec": ["containers": [["name": "main", "image": "nginx"]]],
                    ],
                ]
            } else {
                object["data"] = ["k": .string("\(Int.random(in: 0..<5, using: &cluster.random))")]
            }
            try cluster.write(exists ? .update : .create, apiVersion, resource, object, space, name)
        }
        let target = UInt64.random(in: start...cluster.state.revision, using: &cluster.random)
        let past = cluster.states[target]!
        let rewind = Rewind(to: past, namespace: "x")
        let untouched = contents(cluster.state, "y")
        let before = cluster.state.revision
        let writes = rewind.plan(on: cluster.state) { _ in true }.writes
        let revision = try cluster.amend { ground throws(APIError) in rewind.plan(on: ground.state) { _ in true }.writes
        }
        #expect(revision == (writes.isEmpty ? 0 : before + 1))
        #expect(contents(cluster.state, "x") == contents(past, "x"))
        #expect(contents(cluster.state, "y") == untouched)
        #expect(rewind.plan(on: cluster.state) { _ in true }.writes.isEmpty)
    }
}
