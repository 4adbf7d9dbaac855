import ClusterState
import Records

extension DiskLog {
    /// The last revision, not after the moment, at which each object changed: one walk back through the segments for all of them.
    /// nil for those that did not change since the log's floor.
    func lastChanges(of numbers: [UInt64], _ past: PastSight) throws(LogError) -> [UInt64?] {
        var found = [UInt64?](repeating: nil, count: numbers.count)
        var missing = numbers.indices.map { (number: numbers[$0], place: $0) }.sorted { $0.number < $1.number }
        if past.revision >= past.tail.first {
            missing.removeAll { number, place in
                found[place] = past.tail.lastChange(of: number, notAfter: past.revision)
                return found[place] != nil
            }
        }
        let segments = past.tail.segments
        guard !missing.isEmpty, !segments.isEmpty else { return found }
        try read { transaction throws(LogError) in
            // Those that were joined since are other ones now, whatever they are called.
            let isSame = try transaction.cursor(databases.segments).begins(with: segments[segments.count - 1])
            for i in segments.indices.reversed() where segments[i] <= past.revision {
                if missing.isEmpty { break }
                if isSame, missing.count >= Limits.tableObjectsMin {
                    let end = i + 1 < segments.count ? segments[i + 1] : past.tail.first
                    let table = try table(SegmentTables.Name(first: segments[i], end: end), transaction)
                    var from = 0
                    missing.removeAll { number, place in
                        found[place] = table.lastChange(
                            of: number, notAfter: past.revision, after: past.base.revision, from: &from)
                        return found[place] != nil
                    }
                    continue
                }
                let changes = try lastChanges(of: missing.map(\.number), in: segments[i], past, transaction)
                guard !changes.isEmpty else { continue }
                var next = changes[...]
                missing.removeAll { number, place in
                    guard let first = next.first, first.number == number else { return false }
                    found[place] = first.revision
                    next.removeFirst()
                    return true
                }
            }
        }
        return found
    }

    private func table(_ name: SegmentTables.Name, _ transaction: Transaction) throws(LogError) -> SegmentTable {
        if let known = segmentTables.withLock({ $0.find(name) }) { return known }
        let table = try SegmentTable(name.first, transaction, databases)
        segmentTables.withLock { $0.keep(name, table) }
        return table
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
