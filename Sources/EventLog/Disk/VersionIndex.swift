import ClusterState
import Records
import Schema

/// Which revisions changed which objects, for the newest stretch of the journal, until it is written as a segment.
struct VersionIndex: Sendable {
    /// When an object came and went; `deleted` is 0 while it lives.
    struct Life: Equatable, Sendable {
        var number: UInt64
        var created: UInt64
        var deleted: UInt64
    }
    /// The first revision that is not in a segment yet.
    private(set) var first: UInt64 = 1
    /// The last revision noted.
    private(set) var last: UInt64 = 0
    /// The first revisions of the segments written, in order.
    var segments: [UInt64] = []
    private(set) var revisions: [UInt64: [UInt64]] = [:]
    private(set) var created: [ObjectKey: [Life]] = [:]
    /// Objects that were there before this stretch and were deleted in it.
    private(set) var deleted: [UInt64: (key: ObjectKey, revision: UInt64)] = [:]
    /// Which objects gained and lost what lists ask for.
    var facts = FactNotes()
    /// The first revision that the stored facts cover; nil while nothing was written.
    var factsFirst: UInt64?

    var count: Int { Int(last + 1 - first) }

    /// Pages that writing this as a segment may take.
    var pagesMax: Int {
        64 + created.count + deleted.count + revisions.count / 100 + facts.notes.count / 40 + facts.count / 300
    }

    mutating func begin(at revision: UInt64) {
        first = revision
        last = revision - 1
        revisions.removeAll(keepingCapacity: true)
        created.removeAll(keepingCapacity: true)
        deleted.removeAll(keepingCapacity: true)
        facts.removeAll()
    }

    mutating func note(revision: UInt64) { last = revision }

    /// Notes a change; `old` and `new` are the object's versions before and after it, nil where it was not there.
    mutating func note(
        _ kind: Change.Kind, _ key: ObjectKey, number: UInt64, revision: UInt64, from old: StoredObject?,
        to new: StoredObject?
    ) {
        facts.note(from: old, to: new, number: number, revision: revision)
        note(kind, key, number: number, revision: revision)
    }

    private mutating func note(_ kind: Change.Kind, _ key: ObjectKey, number: UInt64, revision: UInt64) {
        revisions[number, default: []].append(revision)
        switch kind {
        case .created: created[key, default: []].append(Life(number: number, created: revision, deleted: 0))
        case .updated: break
        case .deleted:
            if let i = created[key]?.lastIndex(where: { $0.number == number }) {
                created[key]![i].deleted = revision
            } else {
                deleted[number] = (key, revision)
            }
        }
    }

    /// Takes in what a segment says of one object.
    mutating func add(_ number: UInt64, _ list: [UInt64]) { revisions[number, default: []] += list }

    /// The last revision not after `limit` at which an object of this stretch changed.
    func lastChange(of number: UInt64, notAfter limit: UInt64) -> UInt64? { revisions[number]?.last { $0 <= limit } }

    /// The stretch as chunks of a segment: the first object number of each and its bytes.
    func chunks() -> [(number: UInt64, bytes: [UInt8])] {
        var chunks: [(UInt64, [UInt8])] = []
        var out = ByteWriter()
        var start: UInt64 = 0
        var previous: UInt64 = 0
        for number in revisions.keys.sorted() {
            if out.bytes.isEmpty {
                start = number
                previous = number
            }
            let list = revisions[number]!
            out.varint(number - previous)
            out.count(list.count)
            var last = first
            for revision in list {
                out.varint(revision - last)
                last = revision
            }
            previous = number
            if out.bytes.count > Limits.inlineBlockBytesMax - 300 {
                chunks.append((start, Checked.seal(out.bytes, seed: first ^ start)))
                out = ByteWriter()
            }
        }
        if !out.bytes.isEmpty { chunks.append((start, Checked.seal(out.bytes, seed: first ^ start))) }
        return chunks
    }

    /// The revisions of one object in a chunk.
    static func revisions(of number: UInt64, in chunk: UnsafeRawBufferPointer, segment: UInt64, start: UInt64)
        throws(RecordError) -> [UInt64]
    {
        var found: [UInt64] = []
        try forEach(in: chunk, segment: segment, start: start) { if $0 == number { found = $1 } }
        return found
    }

    /// Calls `body` with each object of a chunk and the revisions at which it changed.
    static func forEach(
        in chunk: UnsafeRawBufferPointer, segment: UInt64, start: UInt64, _ body: (UInt64, [UInt64]) -> Void
    ) throws(RecordError) {
        guard let content = Checked.open(chunk, seed: segment ^ start) else {
            throw RecordError("the checksum of an index is wrong")
        }
        var reader = ByteReader(content)
        var current = start
        var revisions: [UInt64] = []
        while reader.left > 0 {
            current += try reader.varint()
            var revision = segment
            revisions.removeAll(keepingCapacity: true)
            for _ in 0..<(try reader.count()) {
                revision += try reader.varint()
                revisions.append(revision)
            }
            body(current, revisions)
        }
    }

    static func chunkKey(segment: UInt64, number: UInt64) -> [UInt8] { bigEndian(segment) + bigEndian(number) }

    /// The key under which an object's life is kept. Very long keys are cut; the object's own key is compared anyway.
    static func lifeKey(_ key: ObjectKey, number: UInt64) -> [UInt8] { lifePrefix(key) + bigEndian(number) }
    static func lifePrefix(_ key: ObjectKey) -> [UInt8] {
        var bytes: [UInt8] = []
        for text in [key.group, key.resource, key.namespace, key.name] {
            bytes.append(contentsOf: text.utf8)
            bytes.append(0)
        }
        guard bytes.count > 480 else { return bytes }
        var out = ByteWriter()
        out.bytes = Array(bytes[..<lifeKeyBytesCut])
        out.word(Checksum.of(bytes))
        out.word(Checksum.of(bytes, seed: 1))
        return out.bytes
    }
    /// Where a very long key is cut. Two that are the same up to there do not stand in the order of lists.
    static let lifeKeyBytesCut = 460
    /// What the keys of all lives of a store, or of one of its namespaces, begin with.
    static func storePrefix(_ store: GroupResource, namespace: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for text in [store.group, store.resource] + (namespace.isEmpty ? [] : [namespace]) {
            bytes.append(contentsOf: text.utf8)
            bytes.append(0)
        }
        return bytes
    }
    static func number(ofLifeKey key: UnsafeRawBufferPointer) -> UInt64 {
        UInt64(bigEndian: key.loadUnaligned(fromByteOffset: key.count - 8, as: UInt64.self))
    }

    static func encode(_ life: Life) -> [UInt8] {
        var out = ByteWriter()
        out.varint(life.created)
        out.varint(life.deleted)
        return Checked.seal(out.bytes, seed: life.number)
    }
    static func decode(_ bytes: UnsafeRawBufferPointer, number: UInt64) throws(RecordError) -> Life {
        guard let content = Checked.open(bytes, seed: number) else {
            throw RecordError("the checksum of an object's life is wrong")
        }
        var reader = ByteReader(content)
        return Life(number: number, created: try reader.varint(), deleted: try reader.varint())
    }
}

func bigEndian(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
