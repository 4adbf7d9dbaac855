import ClusterState
import Records

extension DiskLog {
    /// The last revision, not after the moment, at which each object changed: one walk back through the segments for all of them.
    /// Those that did not change since the log's floor are left out.
    func lastChanges(of numbers: [UInt64], _ past: PastSight) throws(LogError) -> [UInt64: UInt64] {
        var found: [UInt64: UInt64] = [:]
        found.reserveCapacity(numbers.count)
        var missing = numbers.sorted()
        if past.revision >= past.tail.first {
            missing.removeAll { number in
                guard let change = past.tail.lastChange(of: number, notAfter: past.revision) else { return false }
                found[number] = change
                return true
            }
        }
        try read { transaction throws(LogError) in
            for segment in past.tail.segments.reversed() where segment <= past.revision && !missing.isEmpty {
                let changes = try lastChanges(of: missing, in: segment, past, transaction)
                guard !changes.isEmpty else { continue }
                for (number, revision) in changes { found[number] = revision }
                missing.removeAll { found[$0] != nil }
            }
        }
        return found
    }

    /// The same in one segment, for numbers in order: each chunk that may hold one of them is read once.
    private func lastChanges(
        of numbers: [UInt64], in segment: UInt64, _ past: PastSight, _ transaction: Transaction
    ) throws(LogError) -> [(number: UInt64, revision: UInt64)] {
        var found: [(UInt64, UInt64)] = []
        var cursor = try transaction.cursor(databases.segments)
        var i = 0
        while i < numbers.count {
            let wanted = VersionIndex.chunkKey(segment: segment, number: numbers[i])
            var more = try cursor.seek(wanted)
            if !more {
                more = try cursor.last()
            } else if !cursor.key.elementsEqual(wanted) {
                more = try cursor.previous()
            }
            guard more, cursor.key.count == 16 else { return found }
            if UInt64(bigEndian: cursor.key.loadUnaligned(as: UInt64.self)) != segment {
                // It is before the segment's first chunk.
                guard try cursor.next(), UInt64(bigEndian: cursor.key.loadUnaligned(as: UInt64.self)) == segment else {
                    return found
                }
                let start = UInt64(bigEndian: cursor.key.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                while i < numbers.count, numbers[i] < start { i += 1 }
                continue
            }
            let start = UInt64(bigEndian: cursor.key.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            let value = cursor.value
            try damage(segment, "the index") { () throws(RecordError) in
                try VersionIndex.lastChanges(
                    of: numbers, from: &i, notAfter: past.revision, after: past.base.revision, in: value,
                    segment: segment, start: start, &found)
            }
        }
        return found
    }
}

extension VersionIndex {
    /// Looks for `numbers`, from index `i` on, in one chunk; `i` ends behind the last one that the chunk could hold.
    static func lastChanges(
        of numbers: [UInt64], from i: inout Int, notAfter limit: UInt64, after floor: UInt64,
        in chunk: UnsafeRawBufferPointer, segment: UInt64, start: UInt64, _ found: inout [(UInt64, UInt64)]
    ) throws(RecordError) {
        guard let content = Checked.open(chunk, seed: segment ^ start) else {
            throw RecordError("the checksum of an index is wrong")
        }
        var reader = ByteReader(content)
        var current = start
        let began = i
        while reader.left > 0 {
            current += try reader.varint()
            let count = try reader.count()
            while i < numbers.count, numbers[i] < current { i += 1 }
            guard i < numbers.count else { return }
            guard numbers[i] == current else {
                for _ in 0..<count { _ = try reader.varint() }
                continue
            }
            var (revision, last) = (segment, UInt64(0))
            for _ in 0..<count {
                revision += try reader.varint()
                if revision <= limit, revision > floor { last = revision }
            }
            if last > 0 { found.append((current, last)) }
            i += 1
        }
        // No chunk begins between this one's last number and the one that was looked for: it is not in the segment.
        if i == began { i += 1 }
    }
}
