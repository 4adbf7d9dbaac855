import Records
import Synchronization

/// The newest segments are joined when they have become enough, so that an object's versions are found in few places however
/// long the log is. Each entry is written twice in all.
extension DiskLog {
    /// Joins the newest segments when there are enough. The writer's thread only.
    func joinSegments() throws(LogError) {
        let (segments, first) = shared.withLock { ($0.index.segments, $0.index.first) }
        let ends = segments.dropFirst() + [first]
        // What was joined before is longer than any that was not.
        let run = zip(segments, ends).reversed().prefix { $1 - $0 < UInt64(Limits.segmentEvents) * 3 }
        guard run.count >= Limits.segmentsJoined else { return }
        let joined = run.reversed().map(\.0)
        do throws(LogError) { try join(joined, last: first - 1) } catch {
            // Without space they stay apart: that costs time, no answer.
            if case .full = error { return }
            throw error
        }
        shared.withLock { shared in shared.index.segments.removeAll { joined.dropFirst().contains($0) } }
    }

    private func join(_ segments: [UInt64], last: UInt64) throws(LogError) {
        var whole = VersionIndex()
        whole.begin(at: segments[0])
        whole.note(revision: last)
        var doomed: (chunks: [[UInt8]], facts: [[UInt8]]) = ([], [])
        try environment.read { transaction throws(LogError) in
            for segment in segments {
                let prefix = bigEndian(segment)
                var cursor = try transaction.cursor(databases.segments)
                var more = try cursor.seek(prefix)
                while more, cursor.key.starts(with: prefix) {
                    let start = UInt64(bigEndian: cursor.key.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                    let value = cursor.value
                    try damage(segment, "the index") { () throws(RecordError) in
                        try VersionIndex.forEach(in: value, segment: segment, start: start) { whole.add($0, $1) }
                    }
                    doomed.chunks.append(Array(cursor.key))
                    more = try cursor.next()
                }
                guard let facts = databases.facts else { continue }
                cursor = try transaction.cursor(facts)
                more = try cursor.seek(prefix)
                while more, cursor.key.starts(with: prefix) {
                    let code = UInt64(bigEndian: cursor.key.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                    let value = cursor.value
                    try damage(segment, "the index of facts") { () throws(RecordError) in
                        try StoredFact(value, segment: segment, code: code).forEach {
                            whole.facts.add(code, $0)
                            return true
                        }
                    }
                    doomed.facts.append(Array(cursor.key))
                    more = try cursor.next()
                }
            }
        }
        let (chunks, facts) = (whole.chunks(), whole.facts.stored(first: whole.first, last: whole.last))
        let bytes = chunks.reduce(0) { $0 + $1.bytes.count + 64 } + facts.reduce(0) { $0 + $1.bytes.count + 64 }
        let growth = bytes * 2 + (doomed.chunks.count + Limits.commitPagesMax) * 4096 + facts.count * 64
        try environment.write(growth: growth) { transaction throws(LogError) in
            for key in doomed.chunks { try transaction.remove(databases.segments, key) }
            for (number, bytes) in chunks {
                let key = VersionIndex.chunkKey(segment: whole.first, number: number)
                try transaction.put(databases.segments, key, bytes)
            }
            guard let stored = databases.facts else { return }
            for key in doomed.facts { try transaction.remove(stored, key) }
            for (code, bytes) in facts {
                try transaction.put(stored, FactNotes.key(segment: whole.first, code: code), bytes)
            }
        }
    }
}
