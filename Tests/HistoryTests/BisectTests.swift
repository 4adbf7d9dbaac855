import Document
import History
import Records
import Schema
import Testing

@Suite struct BisectTests {
    private static func log2Up(_ n: Int) -> Int { n <= 1 ? 0 : Int.bitWidth - (n - 1).leadingZeroBitCount }

    @Test func findsThePlantedRevisionInFewProbes() {
        var random = SystemRandomNumberGenerator()
        for n in [1, 2, 3, 7, 8, 9, 1000, 8000] {
            for _ in 0..<20 {
                let planted = UInt64.random(in: 101...UInt64(100 + n), using: &random)
                var search = Bisection(good: 100, bad: UInt64(100 + n))!
                var probes = 0
                while let revision = search.next() {
                    probes += 1
                    search.answer(revision >= planted ? .bad : .good)
                }
                #expect(search.result == .found(planted), "\(n)")
                #expect(probes <= Self.log2Up(n))
            }
        }
        #expect(Bisection(good: 5, bad: 5) == nil && Bisection(candidates: []) == nil)
    }

    @Test func skippedMomentsNarrowDownAsFarAsTheyCan() {
        for planted in UInt64(1)...60 {
            // Every third cannot be told.
            var search = Bisection(good: 0, bad: 60)!
            while let revision = search.next() {
                search.answer(revision % 3 == 0 && revision != 60 ? .skip : revision >= planted ? .bad : .good)
            }
            switch search.result {
            case .found(let revision): #expect(revision == planted)
            case .oneOf(let revisions):
                #expect(revisions.contains(planted) && revisions.count <= 3, "\(planted) \(revisions)")
            }
        }
        var all = Bisection(good: 0, bad: 4)!
        while all.next() != nil { all.answer(.skip) }
        #expect(all.result == .oneOf([1, 2, 3, 4]))
    }

    @Test func anExpressionFindsTheEvent() throws {
        let past = Past()
        let web = ObjectKey(group: "apps", resource: "deployments", namespace: "shop", name: "web")
        past.write("ann", configMap("other"), ["data": [:]])
        for ready in Int64(0)...3 {
            past.write("c", web, ["spec": ["replicas": 3], "status": ["readyReplicas": .int(ready)]])
        }
        for i in 0..<20 { past.write("noise", configMap("n\(i)"), ["data": [:]]) }
        let good = past.newest
        past.write(
            "c", web, ["spec": ["replicas": 3], "status": ["readyReplicas": 3], "metadata": ["labels": ["a": "b"]]])
        let planted = past.write("eve", web, ["spec": ["replicas": 9], "status": ["readyReplicas": 3]])
        past.write("c", web, ["spec": ["replicas": 9], "status": ["readyReplicas": 4]])
        func bisect(_ when: String, good: UInt64 = good) throws -> JSON {
            try past.ask("bisect", [("when", when), ("namespace", "shop"), ("good", "\(good)")])
        }
        let answer = try bisect(
            "deploy/web cel: object.spec.replicas > object.status.readyReplicas && object.spec.replicas < 100")
        #expect(answer["revision"] == .int(Int64(planted)), "\(answer.text)")
        #expect(answer["event", "chain"]?[0]?["user"] == "eve")
        // Missing objects are null.
        past.write("eve", web, nil)
        #expect(try bisect("deploy/web cel: object == null")["revision"] == .int(Int64(past.newest)))
        for wrong in [
            "deploy/web cel: object.", "deploy/web cel: 1 + 1", "cel: true", "deploy/web cel: object.spec.nothing > 1",
        ] {
            #expect(throws: APIError.self, "\(wrong)") { try bisect(wrong) }
        }
    }

    @Test func conditionsFindTheEventAndItsCause() throws {
        let past = Past()
        let web = ObjectKey(group: "apps", resource: "deployments", namespace: "shop", name: "web")
        func body(_ replicas: Int64, _ ready: Int64) -> JSON {
            var status: JSON = [:]
            if ready > 0 { status["readyReplicas"] = .int(ready) }
            return ["spec": ["replicas": .int(replicas)], "status": status]
        }
        past.write("ann", web, body(3, 0))
        past.write("c", web, body(3, 3))
        for i in 0..<40 { past.write("noise", configMap("n\(i)"), ["data": [:]]) }
        let cause = past.write("eve", web, body(2, 3))
        for i in 0..<20 { past.write("noise", configMap("m\(i)"), ["data": [:]]) }
        let planted = past.write("c", web, body(2, 2), cause: cause)
        past.write("c", web, body(2, 1))
        let answer = try past.ask(
            "bisect", [("when", "deploy/web status.readyReplicas<3"), ("namespace", "shop"), ("good", "2")])
        #expect(answer["revision"] == .int(Int64(planted)))
        #expect(answer["candidates"] == 3)
        #expect((answer["probes"]?.int ?? 99) <= 3)
        #expect(answer["event"]?["chain"]?.elements.last?["user"] == "eve")

        func revision(_ when: String, _ more: [(String, String)] = []) throws -> Int64? {
            try past.ask("bisect", [("when", when), ("namespace", "shop")] + more)["revision"]?.int
        }
        #expect(try revision("count cm >= 30") == 32)
        #expect(try revision("cm/m3 exists") == 47)
        #expect(try revision("deployment/web spec.replicas == 2 and cm/m0 exists") == 44)
        #expect(try revision("cm/shop/m3 metadata.uid") == 47)
        for bad in [
            "", "deploy/web", "deploy/web a..b", "deploy/web x <", "nothing/x exists", "cm/m3 missing",
            "deploy/web spec.replicas == 2 and", "'open",
        ] {
            #expect(throws: (any Error).self, "\(bad)") { try revision(bad) }
        }
        // Bad from the start.
        #expect(throws: (any Error).self) { try revision("deploy/web exists", [("good", "5")]) }
    }
}
