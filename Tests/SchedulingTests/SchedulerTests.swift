import ClusterState
import Controllers
import Document
import Records
import Scheduling
import Schema
import Testing

/// A log of its own, with the scheduler's bindings applied to it.
private struct World {
    var state = ClusterState()
    var scheduler: Scheduler
    var now = Timestamp(seconds: 1_790_000_000)
    var intents: [Intent] = []
    private var serial = 0

    init() { scheduler = Scheduler(state: state, now: now) }

    mutating func put(_ object: JSON, _ resource: String, _ kind: Change.Kind = .created) {
        var object = object
        serial += 1
        let metadata = object["metadata"] ?? .null
        let key = ObjectKey(
            resource: resource, namespace: metadata["namespace"]?.string ?? "", name: metadata["name"]?.string ?? "")
        if metadata["uid"] == nil { object["metadata", "uid"] = .string("u\(serial)") }
        object["metadata", "resourceVersion"] = .string("\(state.revision + 1)")
        let event = EventRecord(
            stream: .journal, revision: state.revision + 1, time: now, request: RequestFacts(verb: "x", path: "/"),
            authentication: AuthenticationFacts(authenticator: "t", user: UserInfo(name: "t")),
            authorization: .notAsked,
            outcome: Outcome(code: 200),
            changes: [
                Change(
                    kind: kind, key: key, uid: object["metadata"]?["uid"]?.string ?? "",
                    previousRevision: state.object(key)?.revision ?? 0,
                    body: object.encoded())
            ])
        state.apply(event)
        scheduler.observe([event], state: state, now: now)
    }
    mutating func node(_ name: String, cpu: String = "4", zone: String = "z1", taints: JSON? = nil) {
        var node: JSON = [
            "apiVersion": "v1", "kind": "Node",
            "metadata": [
                "name": .string(name), "labels": ["kubernetes.io/hostname": .string(name), "zone": .string(zone)],
            ],
            "status": ["allocatable": ["cpu": .string(cpu), "memory": "8Gi", "pods": "110"]],
        ]
        if let taints { node["spec"] = ["taints": taints] }
        put(node, "nodes")
    }
    mutating func pod(_ name: String, cpu: String = "100m", spec: JSON = .null, labels: JSON = .object(JSONObject())) {
        var all: JSON = [
            "schedulerName": "default-scheduler",
            "containers": [["name": "c", "resources": ["requests": ["cpu": .string(cpu)]]]],
        ]
        for (key, value) in spec.entries { all[key] = value }
        put(
            [
                "apiVersion": "v1", "kind": "Pod",
                "metadata": ["name": .string(name), "namespace": "ns", "labels": labels], "spec": all,
                "status": ["phase": "Pending"],
            ], "pods")
    }
    /// Schedules until nothing happens; bindings and deletions take effect.
    mutating func run() {
        while let batch = scheduler.nextBatch(now: now) {
            intents += batch.intents
            scheduler.answered(batch, batch.intents.map { _ in .success(.null) }, now: now)
            for intent in batch.intents {
                let key = ObjectKey(resource: intent.resource, namespace: intent.namespace, name: intent.name)
                if intent.subresource == "binding", case .create(let binding) = intent.action,
                    var pod = state.object(key)?.document
                {
                    pod["spec", "nodeName"] = binding["target"]?["name"]
                    put(pod, "pods", .updated)
                } else if case .delete = intent.action, let pod = state.object(key)?.document {
                    put(pod, "pods", .deleted)
                }
            }
        }
    }
    func node(of pod: String) -> String? {
        state.object(ObjectKey(resource: "pods", namespace: "ns", name: pod))?.document["spec"]?["nodeName"]?.string
    }
    func message(_ pod: String) -> String? {
        intents.last { $0.name == pod && $0.subresource == "status" }.flatMap { intent in
            if case .patch(_, let patch) = intent.action {
                patch["status"]?["conditions"]?[0]?["message"]?.string
            } else {
                nil
            }
        }
    }
}

@Suite struct SchedulerTests {
    private func world() -> World {
        var world = World()
        for (name, zone) in [("n1", "z1"), ("n2", "z1"), ("n3", "z2")] { world.node(name, zone: zone) }
        return world
    }

    @Test func tellsWhyNoNodeFits() {
        var world = world()
        world.pod("p", cpu: "100")
        world.run()
        #expect(
            world.message("p")
                == "0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: "
                + "3 Preemption is not helpful for scheduling.")
    }

    @Test func fillsNodesAndNoMore() {
        var world = world()
        for i in 0..<13 { world.pod("p\(i)", cpu: "1") }
        world.run()
        let placed = (0..<13).compactMap { world.node(of: "p\($0)") }
        #expect(placed.count == 12)
        for name in ["n1", "n2", "n3"] { #expect(placed.filter { $0 == name }.count == 4) }
    }

    @Test func antiAffinityKeepsPodsApart() {
        var world = world()
        let spec: JSON = [
            "affinity": [
                "podAntiAffinity": [
                    "requiredDuringSchedulingIgnoredDuringExecution": [
                        ["labelSelector": ["matchLabels": ["app": "x"]], "topologyKey": "kubernetes.io/hostname"]
                    ]
                ]
            ]
        ]
        for i in 0..<4 { world.pod("p\(i)", spec: spec, labels: ["app": "x"]) }
        world.run()
        #expect(Set((0..<3).compactMap { world.node(of: "p\($0)") }).count == 3)
        #expect(world.node(of: "p3") == nil)
        #expect(world.message("p3")?.contains("3 node(s) didn't match pod anti-affinity rules") == true)
    }

    @Test func spreadsOverZones() {
        var world = world()
        let spec: JSON = [
            "topologySpreadConstraints": [
                [
                    "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": ["matchLabels": ["app": "x"]],
                ]
            ]
        ]
        for i in 0..<4 { world.pod("p\(i)", spec: spec, labels: ["app": "x"]) }
        world.run()
        #expect((0..<4).filter { world.node(of: "p\($0)") == "n3" }.count == 2)
    }

    @Test func preemptsTheLeastImportant() {
        var world = world()
        for (i, priority) in [50, 10, 50].enumerated() {
            world.pod(
                "v\(i + 1)", cpu: "3",
                spec: [
                    "priority": .int(Int64(priority)), "nodeSelector": ["kubernetes.io/hostname": .string("n\(i + 1)")],
                ])
        }
        world.run()
        world.pod("boss", cpu: "3", spec: ["priority": 100])
        world.run()
        #expect(world.message("boss") == "0/3 nodes are available: 3 Insufficient cpu.")
        world.now = world.now.adding(seconds: 2)
        world.run()
        #expect(world.node(of: "boss") == "n2")
        #expect(world.node(of: "v2") == nil)
        #expect(world.node(of: "v1") == "n1")
    }

    @Test func waitsForRoom() {
        var world = World()
        world.node("n1")
        world.pod("a", cpu: "3")
        world.run()
        world.pod("b", cpu: "3")
        world.run()
        #expect(world.node(of: "b") == nil)
        let old = world.state.object(ObjectKey(resource: "pods", namespace: "ns", name: "a"))!.document
        world.put(old, "pods", .deleted)
        world.run()
        world.now = world.now.adding(seconds: 2)
        world.run()
        #expect(world.node(of: "b") == "n1")
    }
}
