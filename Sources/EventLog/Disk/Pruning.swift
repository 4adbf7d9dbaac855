public import Document
import Glibc
import Records
import Synchronization

/// Retention. Blocks go whole, so a little more than asked may stay.
extension DiskLog {
    public func prune(journalBefore revision: UInt64?, accessBefore time: Timestamp?) throws(LogError) {
        if environment.isReadOnly { throw .unusable("\(directory) was opened for reading") }
        if let time { try pruneAccess(before: time) }
        // What a fork goes on from must stay.
        if let revision { try pruneJournal(before: min(revision, forkBases().values.min() ?? revision)) }
    }

    /// The access stream loses its oldest blocks; the chain's value after the last of them is kept, so that the rest still closes.
    private func pruneAccess(before time: Timestamp) throws(LogError) {
        while true {
            let isDone = try change { transaction, end throws(LogError) in
                var doomed: [UInt64] = []
                var last = end
                var cursor = try transaction.cursor(databases.access)
                var more = try cursor.first()
                var chain = try accessChain(transaction, before: more ? cursor.number : 1)
                let names = LogNames(transaction, databases)
                while more, doomed.count < Limits.pruneBatch {
                    let first = cursor.number
                    let value = cursor.value
                    let isOld = try damage(nil, "access record \(first)") { () throws(RecordError) in
                        let block = try AccessBlock(value, firstOrdinal: first)
                        var decoder = try RecordDecoder(format: block.format, names: names)
                        guard let newest = try block.records(&decoder).last?.time, newest < time else { return false }
                        chain = HashChain.next(
                            SHA256Hasher.self, after: chain, names: try names.all(block.names), block: block.chained)
                        last.ordinal = first + UInt64(block.count) - 1
                        return true
                    }
                    guard isOld else { break }
                    doomed.append(first)
                    more = try cursor.next()
                }
                for ordinal in doomed { try transaction.remove(databases.access, ordinal) }
                if !doomed.isEmpty {
                    var out = ByteWriter()
                    out.varint(last.ordinal)
                    out.run(chain)
                    try transaction.put(databases.meta, Self.accessFloorKey, Checked.seal(out.bytes, seed: 0))
                }
                return doomed.count < Limits.pruneBatch
            }
            if isDone { return }
        }
    }

    /// The ordinal and the chain's value at which the access stream now begins.
    static let accessFloorKey = Array("access-floor".utf8)

    static func readAccessFloor(_ bytes: [UInt8]) throws(RecordError) -> (ordinal: UInt64, chain: [UInt8]) {
        try bytes.withUnsafeBytesTyped { bytes throws(RecordError) in
            guard let content = Checked.open(bytes, seed: 0) else {
                throw RecordError("the checksum of the access floor is wrong")
            }
            var reader = ByteReader(content)
            return (try reader.varint(), Array(try reader.run()))
        }
    }

    private func accessChain(_ transaction: Transaction, before first: UInt64) throws(LogError) -> [UInt8] {
        guard let bytes = try transaction.get(databases.meta, Self.accessFloorKey) else { return HashChain.origin }
        let floor = try damage(nil) { () throws(RecordError) in try Self.readAccessFloor(bytes) }
        guard floor.ordinal + 1 == first else {
            throw .damaged(revision: nil, "access records before \(first) are missing")
        }
        return floor.chain
    }

    /// The journal loses the blocks that end at or before `revision`, which becomes the floor: a checkpoint holds its state.
    private func pruneJournal(before revision: UInt64) throws(LogError) {
        let (head, floor) = shared.withLock { ($0.head.revision, $0.floor) }
        guard revision > floor else { return }
        guard revision <= head else { throw .beyondHead(head: head) }
        let state = try wholeState(at: revision)
        if !checkpointRevisions().contains(revision) {
            try CheckpointFile.write(state, to: checkpointPath(revision), in: directory)
        }
        try writeSegment()
        // From here on nobody reads below the new floor.
        _ = try change { transaction, _ throws(LogError) in
            try transaction.put(databases.meta, Self.floorKey, Array("\(revision)".utf8))
            try transaction.put(databases.meta, Self.floorTimeKey, Array("\(state.time.microseconds)".utf8))
        }
        shared.withLock {
            $0.floor = revision
            $0.floorTime = state.time
            $0.floorState = state
            $0.remembered.removeAll { $0.revision < revision }
            $0.recent.removeAll { $0.revision < revision }
        }
        for old in checkpointRevisions() where old < revision { unlink(checkpointPath(old)) }
        removeKeyframes(before: revision)
        while !(try removeBlocks(through: revision)) {}
        try removeIndex(through: revision)
    }

    private func removeBlocks(through revision: UInt64) throws(LogError) -> Bool {
        try change { transaction, _ throws(LogError) in
            var doomed: [UInt64] = []
            var cursor = try transaction.cursor(databases.journal)
            var more = try cursor.first()
            var anchor = Anchor.origin
            if more, cursor.number > 1 {
                let last = cursor.number - 1
                let stored = try transaction.get(databases.anchors, last) { bytes throws(LogError) in
                    try damage(last) { () throws(RecordError) in try Anchor(decoding: bytes, revision: last) }
                }
                guard let stored else { throw .damaged(revision: last, "the chain value is missing") }
                anchor = stored
            }
            let names = LogNames(transaction, databases)
            while more, doomed.count < Limits.pruneBatch {
                let first = cursor.number
                let value = cursor.value
                let isOld = try damage(first) { () throws(RecordError) in
                    let block = try JournalBlock(value, firstRevision: first)
                    let last = first + UInt64(block.count) - 1
                    guard last <= revision else { return false }
                    anchor.chain = try block.chain(
                        SHA256Hasher.self, after: anchor.chain, names: try names.all(block.names))
                    anchor.revision = last
                    return true
                }
                guard isOld else { break }
                doomed.append(first)
                more = try cursor.next()
            }
            for first in doomed { try transaction.remove(databases.journal, first) }
            if !doomed.isEmpty {
                // A value that was stored there anyway also holds the access stream's.
                if try transaction.get(databases.anchors, anchor.revision, { _ throws(LogError) in true }) == nil {
                    let nearest = try nearestAnchor(transaction, anchor.revision)
                    anchor.ordinal = nearest.ordinal
                    anchor.accessChain = nearest.accessChain
                    try transaction.put(databases.anchors, anchor.revision, anchor.encoded())
                }
            }
            return doomed.count < Limits.pruneBatch
        }
    }

    private func nearestAnchor(_ transaction: Transaction, _ revision: UInt64) throws(LogError) -> Anchor {
        var cursor = try transaction.cursor(databases.anchors)
        guard try cursor.seekBack(revision) else { return .origin }
        let found = cursor.number
        let value = cursor.value
        return try damage(found) { () throws(RecordError) in try Anchor(decoding: value, revision: found) }
    }

    /// Forgets the index of what is gone: segments that end before the floor, and objects that were deleted by then.
    private func removeIndex(through revision: UInt64) throws(LogError) {
        while try removeSegment(endingBy: revision) {}
        var start: [UInt8]? = []
        while let from = start {
            start = try change { transaction, _ throws(LogError) in
                var dead: [(key: [UInt8], number: UInt64)] = []
                var seen = 0
                var cursor = try transaction.cursor(databases.keys)
                var more = from.isEmpty ? try cursor.first() : try cursor.seek(from)
                while more, seen < Limits.pruneBatch * 4 {
                    seen += 1
                    let number = VersionIndex.number(ofLifeKey: cursor.key)
                    let value = cursor.value
                    let life = try damage(nil, "object \(number)") { () throws(RecordError) in
                        try VersionIndex.decode(value, number: number)
                    }
                    if life.deleted != 0, life.deleted <= revision { dead.append((Array(cursor.key), number)) }
                    more = try cursor.next()
                }
                let next = more ? Array(cursor.key) : nil
                for (key, number) in dead {
                    try transaction.remove(databases.keys, key)
                    try transaction.remove(databases.objects, number)
                }
                return next
            }
        }
    }

    /// Removes one segment that ends at or before the floor; false when there is none. Decided and done between two batches: the
    /// writer joins segments.
    private func removeSegment(endingBy revision: UInt64) throws(LogError) -> Bool {
        try change { transaction, _ throws(LogError) in
            let (segments, first) = shared.withLock { ($0.index.segments, $0.index.first) }
            let ends = segments.dropFirst() + [first]
            guard let segment = zip(segments, ends).first(where: { $1 <= revision + 1 })?.0 else { return false }
            for database in [databases.segments, databases.facts].compactMap({ $0 }) {
                var keys: [[UInt8]] = []
                var cursor = try transaction.cursor(database)
                var more = try cursor.seek(bigEndian(segment))
                while more, cursor.key.starts(with: bigEndian(segment)) {
                    keys.append(Array(cursor.key))
                    more = try cursor.next()
                }
                for key in keys { try transaction.remove(database, key) }
            }
            shared.withLock { shared in shared.index.segments.removeAll { $0 == segment } }
            return true
        }
    }

    /// One short transaction of the writer's, between two batches.
    func change<T: Sendable>(
        growth: Int = 0, _ body: (Transaction, Anchor) throws(LogError) -> T
    ) throws(LogError) -> T {
        let result: Result<T, LogError> = writer.withLock { writer in
            if let failure = writer.failure { return .failure(failure) }
            do throws(LogError) {
                return .success(
                    try environment.write(growth: growth) { transaction throws(LogError) in
                        try body(transaction, writer.end)
                    })
            } catch {
                if error.isFatal { writer.failure = error }
                return .failure(error)
            }
        }
        return try result.get()
    }
}
