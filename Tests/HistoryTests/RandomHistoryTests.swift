import ClusterState
import Document
import EventLog
import History
import Patching
import Records
import Schema
import Testing

/// Random histories, and every answer compared with one computed the slow and obvious way from the list of all states.
@Suite struct RandomHistoryTests {
    /// What was written, in plain words: the whole cluster after each revision.
    private struct Model {
        var states: [[ObjectKey: (uid: String, body: JSON)]] = [[:]]
        var events: [(user: String, key: ObjectKey, cause: UInt64?)] = [("", configMap(""), nil)]
    }

    private static func randomBody(_ random: inout some RandomNumberGenerator, _ old: JSON?) -> JSON {
        var body = old ?? ["metadata": ["labels": ["n": "0"]], "data": [:], "spec": [:]]
        for _ in 0...Int.random(in: 0...2, using: &random) {
            let number = Int64.random(in: 0...3, using: &random)
            let name = "k\(Int.random(in: 0...3, using: &random))"
            switch Int.random(in: 0...7, using: &random) {
            case 0: body["data", name] = .string("\(number)")
            case 1: body["data", name] = Optional.none
            case 2: body["spec", "replicas"] = .int(number)
            case 3: body["spec", "words"] = .array((0...number).map { .string("w\($0)") }.shuffled(using: &random))
            case 4:
                body["spec", "containers"] = .array(
                    (0...number).shuffled(using: &random).map {
                        ["name": .string("c\($0)"), "image": .string("i\(number)")]
                    })
            case 5: body["spec", "deep", name] = ["a": .int(number), "b": [.int(1), .int(number)]]
            case 6: body["metadata", "labels", "a.b/c"] = .string("\(number)")
            default: body["spec", "words"] = Optional.none
            }
        }
        return body
    }

    private func random(_ seed: UInt64, events: Int) -> (past: Past, model: Model) {
        var random = Numbers(state: seed)
        let past = Past()
        var model = Model()
        let keys = (0..<4).map { configMap("c\($0)") } + [configMap("c0", "other"), pod("p")]
        for _ in 0..<events {
            let key = keys.randomElement(using: &random)!
            let user = "u\(Int.random(in: 0...2, using: &random))"
            let old = past.state.object(key)
            let deletes = old != nil && Int.random(in: 0...7, using: &random) == 0
            let cause: UInt64? =
                past.newest > 0 && Bool.random(using: &random) ? .random(in: 1...past.newest, using: &random) : nil
            let body = deletes ? Optional.none : Self.randomBody(&random, old?.document)
            past.write(user, key, body, cause: cause, uid: old == nil ? "uid-\(past.newest + 1)" : nil)
            var next = model.states[model.states.count - 1]
            next[key] = deletes ? nil : (past.state.object(key)!.uid, past.state.object(key)!.document)
            model.states.append(next)
            model.events.append((user, key, cause))
        }
        return (past, model)
    }

    @Test(arguments: 1...12) func answersAreThoseOfTheModel(seed: UInt64) throws {
        let (past, model) = random(seed &* 7919, events: 120)
        var random = Numbers(state: seed)
        for _ in 0..<12 {
            let a = UInt64.random(in: 0...past.newest, using: &random)
            let b = UInt64.random(in: 0...past.newest, using: &random)
            try checkDiff(past, model, a, b)
            for key in [configMap("c1"), pod("p")] { try checkObject(past, model, key, at: a) }
        }
        for revision in 1...past.newest { try checkWhy(past, model, revision) }
        try checkBisect(past, model, &random)
    }

    private func checkDiff(_ past: Past, _ model: Model, _ a: UInt64, _ b: UInt64) throws {
        let answer = try past.ask("diff", [("from", "\(a)"), ("to", "\(b)"), ("all", "true")])
        var expected: Set<String> = []
        let (before, after) = (model.states[Int(a)], model.states[Int(b)])
        for key in Set(before.keys).union(after.keys) {
            switch (before[key], after[key]) {
            case (nil, _?): expected.insert("created \(key.description)")
            case (_?, nil): expected.insert("deleted \(key.description)")
            case (let x?, let y?) where x.uid != y.uid: expected.insert("recreated \(key.description)")
            case (let x?, let y?) where x.body != y.body: expected.insert("updated \(key.description)")
            default: break
            }
        }
        var found: Set<String> = []
        for item in answer["items"]?.elements ?? [] {
            let o = item["object"] ?? .null
            let key = ObjectKey(
                resource: o["resource"]!.string!, namespace: o["namespace"]?.string ?? "", name: o["name"]!.string!)
            found.insert("\(item["change"]!.string!) \(key.description)")
            // The patch makes one into the other, and the fields say all that differs.
            guard let x = before[key], let y = after[key] else { continue }
            let patched = try JSONPatch.apply(
                item["patch"]!, to: x.body, kind: GroupVersionKind(group: "", version: "v1", kind: "X"), name: key.name)
            #expect(patched == y.body)
            #expect(!(item["fields"]?.elements.isEmpty ?? true))
            for field in item["fields"]?.elements ?? [] {
                guard let text = field["path"]?.string, !text.hasSuffix("[]"), let path = FieldPath(text) else {
                    continue
                }
                #expect(path.value(in: x.body) == field["old"], "\(text)")
                #expect(path.value(in: y.body) == field["new"], "\(text)")
            }
        }
        #expect(found == expected)
    }

    private func checkObject(_ past: Past, _ model: Model, _ key: ObjectKey, at: UInt64) throws {
        let name = [("resource", key.resource), ("name", key.name), ("namespace", key.namespace), ("at", "\(at)")]
        guard let object = model.states[Int(at)][key] else {
            #expect(throws: APIError.self) { try past.ask("blame", name) }
            return
        }
        #expect(try past.ask("show", name)["body"] == object.body)
        // Blame: for each leaf the newest revision, since the object was made, in which it was not what it is.
        let answer = try past.ask("blame", name + [("all", "true")])
        var lines: [String: Int64] = [:]
        for line in answer["fields"]?.elements ?? [] { lines[line["path"]!.string!] = line["revision"]!.int! }
        func leaves(_ body: JSON) -> [String: JSON] {
            var out: [String: JSON] = [:]
            for leaf in Difference.leaves(body) where !["apiVersion", "kind"].contains(leaf.path) {
                out[leaf.path.hasSuffix("[]") ? leaf.path + leaf.after!.text : leaf.path] = leaf.after
            }
            return out
        }
        let now = leaves(object.body)
        #expect(Set(lines.keys) == Set(now.keys))
        for (path, value) in now {
            var revision = Int(at)
            while let older = model.states[revision - 1][key], older.uid == object.uid,
                leaves(older.body)[path] == value
            {
                revision -= 1
            }
            #expect(lines[path] == Int64(revision), "\(path) at \(at)")
        }
        // History: every revision up to then that was about this key.
        let history = try past.ask("history", name.dropLast() + [("until", "\(at)")])
        let revisions = history["lives"]?.elements.flatMap { $0["entries"]?.elements ?? [] }.compactMap {
            $0["revision"]?.int
        }
        #expect(revisions == (1...at).filter { model.events[Int($0)].key == key }.map { Int64($0) })
        for life in history["lives"]?.elements ?? [] {
            let first = life["entries"]![0]!
            #expect(first["kind"] == "created")
            #expect(life["entries"]!.elements.allSatisfy { $0["uid"] == life["uid"] })
        }
    }

    private func checkWhy(_ past: Past, _ model: Model, _ revision: UInt64) throws {
        var expected: [Int64] = []
        var next: UInt64? = revision
        while let current = next {
            expected.append(Int64(current))
            next = model.events[Int(current)].cause
        }
        let chain = try past.ask("event", [("revision", "\(revision)")])["chain"]?.elements ?? []
        #expect(chain.compactMap { $0["revision"]?.int } == expected)
        #expect(chain.compactMap { $0["user"]?.string } == expected.map { model.events[Int($0)].user })
    }

    /// Whatever the history, what is found is bad and what is before it is not.
    private func checkBisect(_ past: Past, _ model: Model, _ random: inout some RandomNumberGenerator) throws {
        func replicas(_ revision: Int) -> Int64? {
            model.states[revision][configMap("c2")].map { $0.body["spec", "replicas"]?.int ?? 0 }
        }
        for wanted in Int64(0)...3 {
            let bad = Int.random(in: 60...Int(past.newest), using: &random)
            guard replicas(bad) == wanted, replicas(10) != wanted else { continue }
            let answer = try past.ask(
                "bisect",
                [
                    ("when", "cm/c2 spec.replicas == \(wanted)"), ("namespace", "shop"), ("good", "10"),
                    ("bad", "\(bad)"),
                ])
            let found = Int(answer["revision"]!.int!)
            #expect(replicas(found) == wanted && replicas(found - 1) != wanted)
            let n = answer["candidates"]!.int!
            #expect(answer["probes"]!.int! <= Int64(Int.bitWidth - Int(n - 1).leadingZeroBitCount) + 1)
        }
    }
}

/// Numbers that are the same in every run.
private struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
