public import ClusterState
import Document
import Glibc
public import Records
import Synchronization

extension DiskLog {
    public func append(_ batch: [EventRecord], after state: ClusterState) throws(LogError) {
        guard !batch.isEmpty else { return }
        if environment.isReadOnly { throw .unusable("\(directory) was opened for reading") }
        if shared.withLock({ $0.isClosed }) { throw .closed }
        let result: Result<Void, LogError> = writer.withLock { writer in
            if let failure = writer.failure { return .failure(failure) }
            do throws(LogError) {
                try append(batch, after: state, &writer)
                return .success(())
            } catch {
                // The names numbered in this batch are gone with the transaction: none of them may be used again.
                writer.encoder = RecordEncoder(firstName: writer.encoder.interner.next)
                if error.isFatal { writer.failure = error }
                return .failure(error)
            }
        }
        try result.get()
    }

    private func append(_ batch: [EventRecord], after state: ClusterState, _ writer: inout Writer) throws(LogError) {
        var draft = BatchDraft(after: state, end: writer.end)
        let firstName = writer.encoder.interner.next
        for record in batch {
            switch record.stream {
            case .journal: try draft.journal(record, &writer.encoder)
            case .access: draft.access(record, &writer.encoder)
            }
        }
        let names = writer.encoder.interner.takeDefinitions()
        let blocks = draft.blocks(names: names, firstName: firstName)
        let isSegmentFull = draft.end.revision >= shared.withLock({ $0.index.first }) + UInt64(Limits.segmentEvents)
        var index = VersionIndex()
        if isSegmentFull {
            index = shared.withLock { $0.index }
            draft.note(in: &index)
        }
        let needsAnchor = isSegmentFull || draft.end.ordinal >= writer.anchoredOrdinal + Limits.accessAnchorRecords
        var growth =
            (blocks.journal + blocks.access).reduce(0) { $0 + $1.1.count + 4096 }
            + names.reduce(0) { $0 + $1.count + 64 }
        growth += draft.created.count * 512 + Limits.commitPagesMax * 4096 + (isSegmentFull ? index.pagesMax * 4096 : 0)
        try environment.write(growth: growth) { transaction throws(LogError) in
            for (i, name) in names.enumerated() {
                let number = firstName + UInt64(i)
                try transaction.append(databases.names, number, Checked.seal(name, seed: number))
            }
            for (number, identity) in draft.created {
                try transaction.append(databases.objects, number, Checked.seal(identity.encoded(), seed: number))
            }
            for (revision, block) in blocks.journal { try transaction.append(databases.journal, revision, block) }
            for (ordinal, block) in blocks.access { try transaction.append(databases.access, ordinal, block) }
            if needsAnchor { try transaction.put(databases.anchors, draft.end.revision, draft.end.encoded()) }
            if isSegmentFull { try write(index, transaction) }
        }
        writer.end = draft.end
        if needsAnchor { writer.anchoredOrdinal = draft.end.ordinal }
        let bytes = blocks.journal.reduce(0) { $0 + $1.1.count }
        shared.withLock { shared in
            shared.bytesSinceCheckpoint += UInt64(bytes)
            shared.head = LogHead(
                revision: draft.end.revision, ordinal: draft.end.ordinal, time: max(shared.head.time, draft.time),
                chain: draft.end.chain)
            if isSegmentFull { shared.index.wrote(through: draft.end.revision) } else { draft.note(in: &shared.index) }
            shared.remember(present: state)
        }
        if isSegmentFull { try joinSegments() }
    }

    /// Writes the index of a stretch as a segment.
    func write(_ index: VersionIndex, _ transaction: Transaction) throws(LogError) {
        for (number, bytes) in index.chunks() {
            try transaction.put(databases.segments, VersionIndex.chunkKey(segment: index.first, number: number), bytes)
        }
        var lives: [(key: [UInt8], value: [UInt8])] = []
        for (key, list) in index.created {
            for life in list {
                lives.append((VersionIndex.lifeKey(key, number: life.number), VersionIndex.encode(life)))
            }
        }
        // In the order of the keys, so that each page is touched once.
        lives.sort { a, b in
            let order = memcmp(a.key, b.key, min(a.key.count, b.key.count))
            return order != 0 ? order < 0 : a.key.count < b.key.count
        }
        if let facts = databases.facts {
            for (code, bytes) in index.facts.stored(first: index.first, last: index.last) {
                try transaction.put(facts, FactNotes.key(segment: index.first, code: code), bytes)
            }
            if index.factsFirst == nil {
                try transaction.put(databases.meta, Self.factsKey, Array("\(index.first)".utf8))
            }
        }
        for (key, value) in lives { try transaction.put(databases.keys, key, value) }
        for number in index.deleted.keys.sorted() {
            let (key, revision) = index.deleted[number]!
            let place = VersionIndex.lifeKey(key, number: number)
            var life = VersionIndex.Life(number: number, created: 0, deleted: revision)
            if let bytes = try transaction.get(databases.keys, place) {
                life.created = try damage(revision) { () throws(RecordError) in
                    try bytes.withUnsafeBytesTyped { bytes throws(RecordError) in
                        try VersionIndex.decode(bytes, number: number)
                    }
                }.created
            }
            try transaction.put(databases.keys, place, VersionIndex.encode(life))
        }
        try transaction.put(databases.meta, Self.indexedKey, Array("\(index.last)".utf8))
    }

    /// Writes what the index holds in memory, so that the next start has nothing to read again.
    func writeSegment() throws(LogError) {
        guard !environment.isReadOnly else { return }
        let result: Result<Void, LogError> = writer.withLock { writer in
            let index = shared.withLock { $0.index }
            guard index.count > 0, writer.failure == nil else { return .success(()) }
            do throws(LogError) {
                try environment.write(growth: (index.pagesMax + Limits.commitPagesMax) * 4096) {
                    transaction throws(LogError) in
                    try transaction.put(databases.anchors, writer.end.revision, writer.end.encoded())
                    try write(index, transaction)
                }
            } catch {
                if error.isFatal { writer.failure = error }
                return .failure(error)
            }
            writer.anchoredOrdinal = writer.end.ordinal
            shared.withLock { $0.index.wrote(through: index.last) }
            do throws(LogError) { try joinSegments() } catch {
                if error.isFatal { writer.failure = error }
                return .failure(error)
            }
            return .success(())
        }
        try result.get()
    }
}

extension VersionIndex {
    /// The stretch in memory became a segment.
    mutating func wrote(through last: UInt64) {
        segments.append(first)
        if factsFirst == nil { factsFirst = first }
        begin(at: last + 1)
    }
}

extension DiskLog.Shared {
    /// Keeps a state of the present now and then, so that the near past is near.
    mutating func remember(present state: ClusterState) {
        guard state.revision >= (recent.last?.revision ?? 0) + Limits.presentSpacing else { return }
        recent.append(state)
        if recent.count > Limits.rememberedStates { recent.removeFirst() }
    }
}
