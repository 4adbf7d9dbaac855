import Document
import EventLog
import Glibc
import Records

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func chance(_ percent: UInt64) -> Bool { next() % 100 < percent }
}

/// Random events of a small cluster, the same for the same seed.
struct RandomCluster {
    var random: SeededGenerator
    private var live: [ObjectKey: (uid: String, revision: UInt64, body: JSON)] = [:]
    private(set) var revision: UInt64 = 0
    private(set) var time = Timestamp(seconds: 1_700_000_000)
    /// Fewer names make longer histories of each object.
    var names: UInt64 = 30
    /// Every other name is that of an Event instead of a pod.
    var hasEvents = false

    init(seed: UInt64) { random = SeededGenerator(state: seed) }

    mutating func batch(_ most: UInt64) -> [EventRecord] { (0...(random.next() % most)).map { _ in event() } }

    mutating func event() -> EventRecord {
        time = time.adding(microseconds: Int64(random.next() % 3000))
        let agent = ["kubectl/v1.36.2", "kubelet/v1.36.2", "kube-scheduler/v1.36.2"].randomElement(using: &random)!
        var record = EventRecord(
            stream: .access, revision: revision, time: time,
            request: RequestFacts(
                auditID: uuid(), verb: "get", path: "/api/v1/namespaces/a/pods/o\(random.next() % 5)", userAgent: agent,
                source: "10.0.0.\(random.next() % 3):4000"),
            authentication: AuthenticationFacts(
                authenticator: "x509", user: UserInfo(name: "user-\(random.next() % 4)", groups: ["g"])),
            authorization: AuthorizationFacts(verdict: .allowed, authorizer: "RBAC", reason: "because"),
            outcome: Outcome(code: 200))
        guard random.chance(70) else { return record }
        revision += 1
        record.stream = .journal
        record.revision = revision
        record.cause = random.chance(30) ? random.next() % revision : nil
        for _ in 0..<(random.chance(10) ? 3 : 1) {
            if let change = change(except: record.changes) { record.changes.append(change) }
        }
        guard let first = record.changes.first?.key else { return record }
        record.request.verb = "update"
        record.request.path = "/api/v1/namespaces/\(first.namespace)/pods/\(first.name)"
        return record
    }

    private mutating func change(except taken: [Change]) -> Change? {
        let (namespace, name) = (["a", "b"].randomElement(using: &random)!, random.next() % names)
        let key = ObjectKey(
            resource: hasEvents && name % 2 == 1 ? "events" : "pods", namespace: namespace, name: "o\(name)")
        guard !taken.contains(where: { $0.key == key }) else { return nil }
        guard var old = live[key] else {
            let uid = uuid()
            var body: JSON = [
                "apiVersion": "v1", "kind": "Pod",
                "metadata": [
                    "name": .string(key.name), "namespace": .string(key.namespace), "uid": .string(uid),
                    "labels": ["app": .string("a\(random.next() % 3)")],
                ],
            ]
            for i in 0..<(random.next() % 30) { body["spec", "field\(i)"] = .string("value \(random.next())") }
            body["metadata", "resourceVersion"] = .string("\(revision)")
            live[key] = (uid, revision, body)
            return Change(kind: .created, key: key, uid: uid, previousRevision: 0, body: body.encoded())
        }
        let previous = old.revision
        old.body["metadata", "resourceVersion"] = .string("\(revision)")
        if random.chance(8) {
            live[key] = nil
            return Change(kind: .deleted, key: key, uid: old.uid, previousRevision: previous, body: old.body.encoded())
        }
        if random.chance(15) { old.body["metadata", "labels", "app"] = .string("a\(random.next() % 3)") }
        if random.chance(10) { old.body["metadata", "labels", "tier"] = random.chance(50) ? "front" : nil }
        if random.chance(15) { old.body["spec", "nodeName"] = .string("n\(random.next() % 3)") }
        old.body["status", "field\(random.next() % 6)"] = .string("state \(random.next() % 1000)")
        if random.chance(30) { old.body["spec", "field\(random.next() % 30)"] = nil }
        old.revision = revision
        live[key] = old
        return Change(kind: .updated, key: key, uid: old.uid, previousRevision: previous, body: old.body.encoded())
    }

    private mutating func uuid() -> String {
        let digits = (0..<32).map { _ in String(random.next() % 16, radix: 16) }.joined()
        var text = ""
        for (i, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(i) { text += "-" }
            text.append(digit)
        }
        return text
    }
}

/// A directory that is gone after the test.
final class TemporaryDirectory {
    let path: String
    init() {
        var template = Array("/tmp/reckon-log-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }
    deinit {
        for file in files { unlink(path + "/" + file) }
        rmdir(path)
    }
    var files: [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var found: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { found.append(name) }
        }
        return found.sorted()
    }
}
