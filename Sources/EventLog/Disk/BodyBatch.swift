import ClusterState
import Records

/// Reads the bodies of many versions together: goes back from difference to difference in rounds, each in the order of the journal,
/// so that a block is opened once for all that lie in it. Valid inside its transaction.
struct BodyBatch: ~Copyable {
    /// A version that is looked for. `known` and `framed`, in the keyframe, may have earlier ones at hand: the way back ends there.
    struct Wanted {
        let number: UInt64
        let key: ObjectKey
        let revision: UInt64
        let known: StoredObject?
        let framed: Keyframe.Place?
    }
    /// A difference, and which one of the same object was met before it: the one that comes after it.
    private struct Step {
        let bytes: UnsafeRawBufferPointer
        let next: Int?
    }

    private var journal: Cursor
    private let ground: BodyGround
    private let wanted: [Wanted]
    private let keyframe: Keyframe?
    private var steps: [Step] = []
    /// The step that each way back has come to.
    private var reached: [Int?]
    private var block: JournalBlock?
    private var places: [Int] = []

    init(_ transaction: Transaction, _ log: DiskLog, wanted: [Wanted], _ keyframe: Keyframe?) throws(LogError) {
        journal = try transaction.cursor(log.databases.journal)
        ground = BodyGround(log)
        self.wanted = wanted
        self.keyframe = keyframe
        reached = Array(repeating: nil, count: wanted.count)
    }

    /// The bodies in the order of what was wanted.
    mutating func bodies() throws(LogError) -> [[UInt8]] {
        var bodies = [[UInt8]](repeating: [], count: wanted.count)
        var open = wanted.indices.map { (revision: wanted[$0].revision, place: $0) }
        for _ in 0...Int(Limits.versionsPerWholeCopy) * 2 {
            var further: [(revision: UInt64, place: Int)] = []
            for (revision, place) in open {
                guard let earlier = try look(at: revision, place, &bodies[place]) else { continue }
                further.append((earlier, place))
            }
            if further.isEmpty { return bodies }
            open = further.sorted { $0.revision < $1.revision }
        }
        let (revision, place) = open[0]
        throw .damaged(revision: revision, "\(wanted[place].key.description) has no whole copy")
    }

    /// Makes the body when the version of `revision` is there in whole; else says which one it continues.
    private mutating func look(at revision: UInt64, _ place: Int, _ body: inout [UInt8]) throws(LogError) -> UInt64? {
        let wish = wanted[place]
        if let known = wish.known, known.revision == revision {
            body = try made(from: known, place)
            return nil
        }
        // A damaged one costs a longer way.
        if let framed = wish.framed, framed.revision == revision, let whole = keyframe?.body(framed) {
            body = reached[place] == nil ? whole : try made(from: whole, place)
            return nil
        }
        if revision <= ground.floor {
            body = try made(from: try ground.object(wish.key, at: revision), place)
            return nil
        }
        guard let change = try change(of: wish.number, at: revision) else {
            throw .damaged(revision: revision, "it does not change \(wish.key.description)")
        }
        if change.isForgotten { throw ground.forgotten(wish.key) }
        guard change.isDelta else {
            body = try made(from: change.bytes, place)
            return nil
        }
        steps.append(Step(bytes: change.bytes, next: reached[place]))
        reached[place] = steps.count - 1
        return change.previousRevision
    }

    private mutating func change(of number: UInt64, at revision: UInt64) throws(LogError) -> RawChange? {
        if let block, revision >= block.firstRevision, revision - block.firstRevision < block.count {
            return try damage(revision) { () throws(RecordError) in
                try RawChange.of(number, in: try block.record(revision, at: places), revision: revision)
            }
        }
        guard try journal.seekBack(revision) else { throw .damaged(revision: revision, "the record is missing") }
        let (start, value) = (journal.number, journal.value)
        // Taken out and put back, so that its memory is used again.
        var lying: [Int] = []
        swap(&lying, &places)
        let (opened, change) = try damage(revision) { () throws(RecordError) in
            let block = try JournalBlock(value, firstRevision: start)
            guard revision < start + UInt64(block.count) else { throw RecordError("the record is missing") }
            try block.locate(&lying)
            let record = try block.record(revision, at: lying)
            return (block, try RawChange.of(number, in: record, revision: revision))
        }
        (block, places) = (opened, lying)
        return change
    }

    private func made(from known: StoredObject, _ place: Int) throws(LogError) -> [UInt8] {
        if reached[place] == nil { return known.body }
        return try known.withBody { made(from: $0, place) }.get()
    }

    private func made(from whole: [UInt8], _ place: Int) throws(LogError) -> [UInt8] {
        try whole.withUnsafeBytes { made(from: $0, place) }.get()
    }

    private func made(from whole: UnsafeRawBufferPointer, _ place: Int) -> Result<[UInt8], LogError> {
        do throws(LogError) { return .success(try made(from: whole, place)) } catch { return .failure(error) }
    }

    private func made(from whole: UnsafeRawBufferPointer, _ place: Int) throws(LogError) -> [UInt8] {
        guard let first = reached[place] else { return Array(whole) }
        return try damage(wanted[place].revision) { () throws(RecordError) in
            var step = steps[first]
            var body = try BodyDelta.apply(step.bytes, to: whole, isChecked: step.next == nil)
            while let next = step.next {
                step = steps[next]
                body = try BodyDelta.apply(step.bytes, to: body, isChecked: step.next == nil)
            }
            return body
        }
    }
}
