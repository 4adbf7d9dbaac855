import Document
import Records
import Testing

/// A chain hash that is quick to write down: not for use.
private struct Folding: ByteHasher {
    var state = [UInt8](repeating: 7, count: 32)
    var at = 0
    init() {}
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            state[at] = (state[at] ^ byte) &* 31 &+ state[(at + 31) % 32]
            at = (at + 1) % 32
        }
    }
    mutating func finish() -> [UInt8] { state }
}

/// Names and objects as a log would keep them.
private final class Names: RecordNames {
    var names: [[UInt8]] = []
    var objects: [UInt64: ObjectIdentity] = [:]
    func name(_ number: UInt64) throws(RecordError) -> [UInt8] {
        guard number < UInt64(names.count) else { throw RecordError("no name \(number)") }
        return names[Int(number)]
    }
    func object(_ number: UInt64) throws(RecordError) -> ObjectIdentity {
        guard let object = objects[number] else { throw RecordError("no object \(number)") }
        return object
    }
}

@Suite struct RecordCodecTests {
    @Test(arguments: [UInt64(1), 2, 3]) func journalRecordsComeBack(seed: UInt64) throws {
        var records = RandomRecords(random: SeededGenerator(state: seed))
        let names = Names()
        var encoder = RecordEncoder(firstName: 0)
        var chain = HashChain.origin
        var bodies: [UInt64: (revision: UInt64, body: [UInt8])] = [:]
        var revision: UInt64 = 0
        var time = Timestamp(seconds: 1_800_000_000)
        for _ in 0..<60 {
            let first = revision + 1
            let start = time
            var originals: [EventRecord] = []
            var encoded: [[UInt8]] = []
            var before: [UInt64: [UInt8]] = [:]
            for _ in 0..<(1 + records.random.next() % 6) {
                revision += 1
                time = time.adding(microseconds: Int64(records.random.next() % 100_000))
                var record = records.record(.journal, revision: revision, time: time)
                var bases: [ChangeBase] = []
                for _ in 0..<(records.random.next() % 3) {
                    let number = 1 + records.random.next() % 20
                    if bases.contains(where: { $0.number == number }) { continue }
                    let body = Array(
                        #"{"metadata":{"resourceVersion":"\#(revision)"},"note":"\#(records.random.text(60))"}"#.utf8)
                    if let old = bodies[number] {
                        let object = names.objects[number]!
                        let kind: Change.Kind = records.random.chance(20) ? .deleted : .updated
                        record.changes.append(
                            Change(
                                kind: kind, key: object.key, uid: object.uid, previousRevision: old.revision, body: body
                            ))
                        bases.append(ChangeBase(number: number, body: records.random.chance(80) ? old.body : nil))
                    } else {
                        let key = ObjectKey(group: "apps", resource: "deployments", namespace: "ns", name: "d\(number)")
                        let uid = records.random.chance(70) ? records.random.uuid() : "odd"
                        names.objects[number] = ObjectIdentity(key: key, uid: uid)
                        record.changes.append(
                            Change(kind: .created, key: key, uid: uid, previousRevision: 0, body: body))
                        bases.append(ChangeBase(number: number, body: nil))
                    }
                    before[number &* 1_000_000 &+ revision] = bodies[number]?.body
                    bodies[number] = (revision, body)
                }
                if let key = record.changes.first?.key {
                    record.request.path = [
                        "/apis/apps/v1/namespaces/ns/deployments/\(key.name)/status",
                        "/apis/apps/v1/namespaces/ns/deployments",
                        "/apis/apps/v1/namespaces/ns/deployments/\(key.name)/", "/apis/apps/v1/deployments/\(key.name)",
                    ].randomElement(using: &records.random)!
                }
                originals.append(record)
                var out = ByteWriter()
                encoder.journal(record, bases: bases, after: start, into: &out)
                encoded.append(out.bytes)
            }
            let firstName = UInt64(names.names.count)
            let defined = encoder.interner.takeDefinitions()
            names.names += defined
            let previous = chain
            let block = JournalBlock.write(
                Folding.self, encoded, firstRevision: first, time: start, names: defined, firstName: firstName,
                chain: &chain)
            try block.withUnsafeBytesTyped { bytes throws(RecordError) in
                let read = try JournalBlock(bytes, firstRevision: first)
                let closing = try read.chain(Folding.self, after: previous, names: defined)
                #expect(closing == chain && closing.starts(with: read.chainTail))
                #expect(read.names == (defined.isEmpty ? 0..<0 : firstName..<firstName + UInt64(defined.count)))
                var decoder = try RecordDecoder(format: read.format, names: names)
                var back: [EventRecord] = []
                try read.forEach(from: first) { revision, bytes throws(RecordError) in
                    var (record, changes) = try decoder.journal(bytes, revision: revision, after: read.time)
                    for change in changes {
                        record.changes.append(
                            try change.change { () throws(RecordError) in
                                before[change.number &* 1_000_000 &+ revision] ?? []
                            })
                    }
                    back.append(record)
                    return true
                }
                #expect(back == originals)
                try forgetting(read, decoder, after: previous, defined, originals, &records.random)
            }
        }
    }

    /// Without some of its bodies a block has the same place in the chain, and everything else of it is there.
    private func forgetting(
        _ block: JournalBlock, _ decoder: RecordDecoder, after previous: [UInt8], _ names: [[UInt8]],
        _ originals: [EventRecord], _ random: inout SeededGenerator
    ) throws(RecordError) {
        let odd = random.next() % 2
        guard let less = try block.forgetting(Folding.self, { $0 % 3 != 0 && $1 % 2 == odd }) else { return }
        try less.withUnsafeBytesTyped { bytes throws(RecordError) in
            let read = try JournalBlock(bytes, firstRevision: block.firstRevision)
            let closing = try read.chain(Folding.self, after: previous, names: names)
            #expect(closing.starts(with: read.chainTail) && read.chainTail == block.chainTail)
            #expect(try read.forgetting(Folding.self) { $0 % 3 != 0 && $1 % 2 == odd } == nil)
            var decoder = decoder
            var place = 0
            try read.forEach(from: block.firstRevision) { revision, bytes throws(RecordError) in
                let (record, changes) = try decoder.journal(bytes, revision: revision, after: read.time)
                var original = originals[place]
                #expect(changes.map(\.object.key) == original.changes.map(\.key))
                #expect(changes.map(\.previousRevision) == original.changes.map(\.previousRevision))
                #expect(changes.allSatisfy { $0.isForgotten == (revision % 3 != 0 && $0.number % 2 == odd) })
                original.changes = []
                #expect(record == original)
                place += 1
                return true
            }
        }
    }

    @Test(arguments: [UInt64(4), 5]) func accessRecordsComeBack(seed: UInt64) throws {
        var records = RandomRecords(random: SeededGenerator(state: seed))
        let names = Names()
        var encoder = RecordEncoder(firstName: 0)
        var chain = HashChain.origin
        for round in 0..<50 {
            let start = Timestamp(microseconds: Int64(round) * 1_000_000)
            var (revision, time) = (UInt64(round), start)
            var content = ByteWriter()
            var originals: [EventRecord] = []
            for i in 0..<10 {
                var record = records.record(
                    .access, revision: records.random.next() % 100, time: start.adding(microseconds: Int64(i) * 7))
                record.ordinal = UInt64(round * 10 + i)
                encoder.access(record, after: revision, time, into: &content)
                (revision, time) = (record.revision, record.time)
                originals.append(record)
            }
            let defined = encoder.interner.takeDefinitions()
            let firstName = UInt64(names.names.count)
            names.names += defined
            let block = AccessBlock.write(
                Folding.self, content: content.bytes, count: 10, firstOrdinal: UInt64(round * 10), time: start,
                revision: UInt64(round),
                names: defined, firstName: firstName, chain: &chain)
            try block.withUnsafeBytesTyped { bytes throws(RecordError) in
                let read = try AccessBlock(bytes, firstOrdinal: UInt64(round * 10))
                var decoder = try RecordDecoder(format: read.format, names: names)
                #expect(try read.records(&decoder) == originals)
            }
            // Any flipped bit is seen.
            for _ in 0..<40 {
                var bad = block
                let at = Int(records.random.next() % UInt64(block.count - HashChain.tailBytes))
                bad[at] ^= 1 << UInt8(records.random.next() % 8)
                #expect(throws: RecordError.self) {
                    try bad.withUnsafeBytesTyped { bytes throws(RecordError) in
                        _ = try AccessBlock(bytes, firstOrdinal: UInt64(round * 10))
                    }
                }
            }
        }
    }

    /// A read like many before costs its time, its audit id, and a few numbers.
    @Test func aRepeatedReadIsSmall() {
        var random = SeededGenerator(state: 1)
        var encoder = RecordEncoder(firstName: 20_000)
        var time = Timestamp(seconds: 1_800_000_000)
        var last = 0
        for _ in 0..<20 {
            let next = time.adding(microseconds: 3000)
            let record = EventRecord(
                stream: .access, revision: 123_456, time: next,
                request: RequestFacts(
                    auditID: random.uuid(), verb: "get", path: "/api/v1/namespaces/default/pods/web-0",
                    query: "timeout=10s",
                    userAgent: "kubectl/v1.36.2 (linux/amd64) kubernetes/abcdef", source: "10.0.0.7:51234"),
                authentication: AuthenticationFacts(
                    authenticator: "x509", user: UserInfo(name: "admin", groups: ["system:masters"])),
                authorization: AuthorizationFacts(verdict: .allowed, authorizer: "privileged"),
                outcome: Outcome(code: 200))
            var out = ByteWriter()
            encoder.access(record, after: 123_456, time, into: &out)
            last = out.bytes.count
            time = next
        }
        #expect(last <= 30)
    }
}
