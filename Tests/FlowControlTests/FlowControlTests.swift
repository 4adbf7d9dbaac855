import Access
import Document
import FlowControl
import Records
import Testing

/// Configurations as a cluster would have them.
private enum Shop {
    static func level(
        _ name: String, shares: Int64, lendable: Int64 = 0, queues: Int64 = 0, hand: Int64 = 2, length: Int64 = 4
    ) -> JSON {
        var response: JSON = ["type": queues == 0 ? "Reject" : "Queue"]
        if queues > 0 {
            response["queuing"] = ["queues": .int(queues), "handSize": .int(hand), "queueLengthLimit": .int(length)]
        }
        return [
            "metadata": ["name": .string(name), "uid": .string("uid-" + name)],
            "spec": [
                "type": "Limited",
                "limited": [
                    "nominalConcurrencyShares": .int(shares), "lendablePercent": .int(lendable),
                    "limitResponse": response,
                ],
            ],
        ]
    }
    static func schema(
        _ name: String, _ level: String, _ precedence: Int64, subjects: [JSON], resources: [String] = ["*"],
        verbs: [String] = ["*"], namespaces: [String] = ["*"], cluster: Bool = true, by: String = "ByUser"
    ) -> JSON {
        [
            "metadata": ["name": .string(name), "uid": .string("uid-" + name)],
            "spec": [
                "matchingPrecedence": .int(precedence), "priorityLevelConfiguration": ["name": .string(level)],
                "distinguisherMethod": ["type": .string(by)],
                "rules": [
                    [
                        "subjects": .array(subjects),
                        "resourceRules": [
                            [
                                "verbs": .array(verbs.map { .string($0) }), "apiGroups": ["*"],
                                "resources": .array(resources.map { .string($0) }),
                                "namespaces": .array(namespaces.map { .string($0) }), "clusterScope": .bool(cluster),
                            ]
                        ],
                        "nonResourceRules": [["verbs": ["get"], "nonResourceURLs": ["/healthz", "/apis/*"]]],
                    ]
                ],
            ],
        ]
    }
    static func user(_ name: String) -> JSON { ["kind": "User", "user": ["name": .string(name)]] }
    static func group(_ name: String) -> JSON { ["kind": "Group", "group": ["name": .string(name)]] }
    static func accounts(_ name: String, _ namespace: String) -> JSON {
        ["kind": "ServiceAccount", "serviceAccount": ["name": .string(name), "namespace": .string(namespace)]]
    }
    static func request(
        _ user: String, groups: [String] = ["system:authenticated"], verb: String = "get", resource: String = "pods",
        subresource: String = "", namespace: String = "shop"
    ) -> AccessAttributes {
        AccessAttributes(
            user: UserInfo(name: user, groups: groups), verb: verb, version: "v1", resource: resource,
            subresource: subresource, namespace: namespace)
    }
}

@Suite struct FlowClassificationTests {
    let configuration = FlowConfiguration(
        schemas: [
            Shop.schema("late", "b", 900, subjects: [Shop.group("system:authenticated")]),
            Shop.schema(
                "status", "a", 10, subjects: [Shop.user("*")], resources: ["pods/status"], namespaces: ["shop"],
                cluster: false),
            Shop.schema("robots", "a", 20, subjects: [Shop.accounts("*", "shop")], verbs: ["list", "watch"]),
            Shop.schema("robot", "b", 20, subjects: [Shop.accounts("one", "shop")]),
            Shop.schema("dangling", "missing", 5, subjects: [Shop.user("*")]),
            Shop.schema("nodes", "b", 30, subjects: [Shop.group("system:nodes")], resources: ["nodes"], cluster: true),
        ], levels: [Shop.level("b", shares: 10), Shop.level("a", shares: 30)], serverSeats: 100)

    private func schema(_ request: AccessAttributes) -> String {
        configuration.schemas[configuration.classify(request).schema].name
    }

    @Test func theFirstThatMatchesByPrecedenceAndName() {
        #expect(
            configuration.schemas.map(\.name) == ["exempt", "status", "robot", "robots", "nodes", "late", "catch-all"])
        #expect(schema(Shop.request("eve")) == "late")
        #expect(schema(Shop.request("eve", subresource: "status")) == "status")
        #expect(schema(Shop.request("eve", subresource: "status", namespace: "other")) == "late")
        #expect(schema(Shop.request("eve", subresource: "log")) == "late")
        #expect(schema(Shop.request("system:serviceaccount:shop:two", verb: "list")) == "robots")
        #expect(schema(Shop.request("system:serviceaccount:shop:two", verb: "get")) == "late")
        #expect(schema(Shop.request("system:serviceaccount:shop:one", verb: "list")) == "robot")
        #expect(schema(Shop.request("system:serviceaccount:shopping:two", verb: "list")) == "late")
        #expect(
            schema(Shop.request("n", groups: ["system:nodes"], resource: "nodes", namespace: "")) == "nodes")
        #expect(schema(Shop.request("n", groups: [], resource: "nodes", namespace: "")) == "catch-all")
        #expect(schema(Shop.request("root", groups: ["system:masters"])) == "exempt")
    }

    @Test func pathsMatchWholeOrByPrefix() {
        func path(_ path: String, _ verb: String = "get") -> String {
            schema(
                AccessAttributes(user: UserInfo(name: "eve", groups: ["system:authenticated"]), verb: verb, path: path))
        }
        #expect(path("/healthz") == "late" || path("/healthz") == "status")
        #expect(path("/healthz/ping") == "catch-all")
        #expect(path("/apis/apps") != "catch-all")
        #expect(path("/healthz", "post") == "catch-all")
    }

    @Test func levelsAreThoseOfTheirSchemas() {
        let found = configuration.classify(Shop.request("eve"))
        #expect(configuration.levels[found.level].name == "b")
        #expect(configuration.levels.map(\.name) == ["a", "b", "catch-all", "exempt"])
    }
}

@Suite struct RefusalPaceTests {
    /// However many ask, so many are told in a second, and everyone gets the same share.
    @Test func refusalsLeaveAtASteadyRate() {
        var pace = RefusalPace(perSecond: 1000, heldMax: 20_000, microsecondsMax: 15_000_000)
        // Clients that come again as soon as they are refused: two floods and one who asks now and then.
        var leaving: [(at: Int64, user: String)] = []
        for (user, clients) in [("a", 2000), ("b", 500)] {
            for _ in 0..<clients { leaving.append((pace.hold(user), user)) }
        }
        var told: [String: Int] = [:]
        var small: [Int64] = []
        for now in stride(from: Int64(0), to: 20_000_000, by: 10_000) {
            let due = leaving.filter { $0.at <= now }
            leaving.removeAll { $0.at <= now }
            for (_, user) in due {
                pace.release(user)
                told[user, default: 0] += 1
                leaving.append((now + pace.hold(user), user))
            }
            if now % 1_000_000 == 0 {
                small.append(pace.hold("small"))
                pace.release("small")
            }
        }
        #expect((told["a"] ?? 0) + (told["b"] ?? 0) <= 22_000)
        #expect((told["a"] ?? 0) >= 8_000 && (told["b"] ?? 0) >= 8_000, "\(told)")
        #expect(small.allSatisfy { $0 <= 5_000 })
        #expect(pace.held == 2500)
    }

    @Test func whatIsTooMuchIsToldAtOnce() {
        var pace = RefusalPace(perSecond: 10, heldMax: 100, microsecondsMax: 1_000_000)
        #expect((0..<100).map { _ in pace.hold("a") }.allSatisfy { $0 > 0 && $0 <= 1_000_000 })
        #expect(pace.hold("a") == 0)
        for _ in 0..<100 { pace.release("a") }
        #expect(pace.held == 0)
        pace.release("a")
        #expect(pace.held == 0)
    }
}

@Suite struct FlowDispatcherTests {
    private func dispatcher(_ levels: [JSON], _ schemas: [JSON], seats: Int) -> FlowDispatcher {
        FlowDispatcher(FlowConfiguration(schemas: schemas, levels: levels, serverSeats: seats))
    }
    private func arrive(
        _ dispatcher: inout FlowDispatcher, _ user: String, _ waiter: Int = 0, seats: Int = 1, now: Int64 = 0,
        groups: [String] = ["system:authenticated"]
    ) -> FlowArrival {
        let request = Shop.request(user, groups: groups)
        return dispatcher.arrive(request, dispatcher.configuration.classify(request), seats: seats, now: now, waiter)
    }
    private let everyone = Shop.schema("all", "shop", 100, subjects: [Shop.group("system:authenticated")])

    @Test func aLevelWithoutQueuesRefusesBeyondItsSeats() {
        // 40 seats by 15 + 5 shares: 30 for the shop.
        var dispatcher = dispatcher([Shop.level("shop", shares: 15)], [everyone], seats: 40)
        var tickets: [FlowTicket] = []
        for _ in 0..<30 {
            guard case .run(let ticket) = arrive(&dispatcher, "eve") else { Issue.record("refused"); return }
            tickets.append(ticket)
        }
        guard case .refuse(.concurrencyLimit) = arrive(&dispatcher, "eve") else { Issue.record("let in"); return }
        #expect(dispatcher.finish(tickets[0], now: 0).isEmpty)
        guard case .run = arrive(&dispatcher, "eve") else { Issue.record("refused"); return }
    }

    @Test func exemptAlwaysRuns() {
        var dispatcher = dispatcher([Shop.level("shop", shares: 1)], [everyone], seats: 1)
        for _ in 0..<1000 {
            guard case .run = arrive(&dispatcher, "root", groups: ["system:masters", "system:authenticated"]) else {
                Issue.record("an exempt request waited")
                return
            }
        }
    }

    @Test func aFloodOfOneFlowDoesNotKeepOutAnother() {
        let level = Shop.level("shop", shares: 95, queues: 64, hand: 4, length: 50)
        var dispatcher = dispatcher([level], [everyone], seats: 10)
        var running: [FlowTicket] = []
        var refused = 0
        for n in 0..<1000 {
            switch arrive(&dispatcher, "flood", n) {
            case .run(let ticket): running.append(ticket)
            case .wait: break
            case .refuse(let why):
                #expect(why == .queueFull)
                refused += 1
            }
        }
        #expect(running.count == 10)
        #expect(refused == 1000 - 10 - 4 * 50)
        guard case .wait = arrive(&dispatcher, "small", -1) else { Issue.record("the small flow was refused"); return }
        // The small flow's request stands at the head of a queue of its own: a few turns at most.
        var turns = 0
        while turns < 20 {
            let ready = dispatcher.finish(running.removeFirst(), now: 0)
            running += ready.map(\.ticket)
            turns += 1
            if ready.contains(where: { $0.waiter == -1 }) { break }
        }
        #expect(turns <= 6, "it took \(turns) turns")
        // Everything that waits runs at last, once.
        var ran = 0
        while !running.isEmpty {
            let ready = dispatcher.finish(running.removeFirst(), now: 0)
            running += ready.map(\.ticket)
            ran += ready.count
        }
        #expect(dispatcher.waiting == 0)
        #expect(dispatcher.report.levels.allSatisfy { $0.seatsInUse == 0 && $0.executing == 0 && $0.waiting == 0 })
    }

    @Test func seatsAreLentAndTakenBack() {
        let levels = [
            Shop.level("shop", shares: 50, queues: 8), Shop.level("idle", shares: 45, lendable: 40, queues: 8),
        ]
        let other = Shop.schema("other", "idle", 50, subjects: [Shop.user("owner")])
        var dispatcher = dispatcher(levels, [everyone, other], seats: 100)
        var running = 0
        var waited = false
        while !waited, running < 1000 {
            switch arrive(&dispatcher, "eve") {
            case .run: running += 1
            default: waited = true
            }
        }
        #expect(running == 50 + 18)
        for _ in 0..<45 {
            guard case .run = arrive(&dispatcher, "owner") else {
                Issue.record("the lender cannot use its own"); return
            }
        }
    }

    @Test func wideRequestsTakeMoreSeats() {
        var dispatcher = dispatcher([Shop.level("shop", shares: 15, queues: 4)], [everyone], seats: 40)
        var tickets: [FlowTicket] = []
        for _ in 0..<3 {
            guard case .run(let ticket) = arrive(&dispatcher, "eve", seats: 99) else { Issue.record("waits"); return }
            #expect(ticket.seats == 10)
            tickets.append(ticket)
        }
        guard case .wait = arrive(&dispatcher, "eve", 7) else { Issue.record("runs"); return }
        #expect(dispatcher.finish(tickets[0], now: 0).map(\.waiter) == [7])
    }

    @Test func whoWaitsTooLongIsTakenOut() {
        var dispatcher = dispatcher([Shop.level("shop", shares: 5, queues: 4)], [everyone], seats: 2)
        guard case .run(let ticket) = arrive(&dispatcher, "eve", now: 0) else { Issue.record("waits"); return }
        guard case .wait = arrive(&dispatcher, "eve", 1, now: 10) else { Issue.record("runs"); return }
        guard case .wait = arrive(&dispatcher, "eve", 2, now: 30) else { Issue.record("runs"); return }
        #expect(dispatcher.expire(before: 20) == [1])
        #expect(dispatcher.waiting == 1)
        #expect(dispatcher.finish(ticket, now: 40).map(\.waiter) == [2])
        let counts = dispatcher.report.schemas.first { $0.name == "all" }
        #expect(counts?.refused.first { $0.reason == .timeOut }?.count == 1)
        #expect(counts?.dispatched == 2)
    }

    @Test func whatWaitsSurvivesANewConfiguration() {
        var dispatcher = dispatcher([Shop.level("shop", shares: 5, queues: 4, length: 50)], [everyone], seats: 2)
        guard case .run(let first) = arrive(&dispatcher, "eve") else { Issue.record("waits"); return }
        for n in 0..<20 { _ = arrive(&dispatcher, "eve", n) }
        dispatcher.configure(
            FlowConfiguration(
                schemas: [everyone], levels: [Shop.level("shop", shares: 5, queues: 16, length: 1)], serverSeats: 2))
        #expect(dispatcher.waiting == 20)
        // The level itself goes: those that wait still get their turn.
        dispatcher.configure(FlowConfiguration(schemas: [], levels: [], serverSeats: 2))
        var running = dispatcher.finish(first, now: 0)
        var order: [Int] = []
        while let next = running.popLast() {
            order.append(next.waiter)
            running += dispatcher.finish(next.ticket, now: 0)
        }
        #expect(order.sorted() == Array(0..<20))
    }

    /// Random arrivals and ends: no seat is lost, no request runs twice, limits hold.
    @Test func randomHistories() {
        var seed: UInt64 = 20_261_123
        func next(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        let levels = [
            Shop.level("shop", shares: 50, lendable: 50, queues: 8),
            Shop.level("other", shares: 45, lendable: 90, queues: 3),
        ]
        let other = Shop.schema("other", "other", 50, subjects: [Shop.user("u0"), Shop.user("u1")])
        var dispatcher = dispatcher(levels, [everyone, other], seats: 20)
        var running: [(Int, FlowTicket)] = []
        var seen: Set<Int> = []
        var accepted = 0
        for n in 0..<20_000 {
            if next(2) == 0 || running.isEmpty {
                switch arrive(&dispatcher, "u\(next(6))", n, seats: 1 + next(3), now: Int64(n)) {
                case .run(let ticket):
                    running.append((n, ticket))
                    accepted += 1
                case .wait: accepted += 1
                case .refuse: break
                }
            } else {
                let (number, ticket) = running.remove(at: next(running.count))
                #expect(seen.insert(number).inserted)
                running += dispatcher.finish(ticket, now: Int64(n)).map { ($0.waiter, $0.ticket) }
            }
            let inUse = dispatcher.report.levels.reduce(0) { $0 + $1.seatsInUse }
            #expect(inUse == running.reduce(0) { $0 + $1.1.seats })
            #expect(inUse <= 40)
        }
        while let (n, ticket) = running.popLast() {
            #expect(seen.insert(n).inserted)
            running += dispatcher.finish(ticket, now: 0).map { ($0.waiter, $0.ticket) }
        }
        #expect(dispatcher.waiting == 0)
        #expect(seen.count == accepted)
    }
}
