/// What the chain covers of a journal record: its bytes, with each change's body replaced by the body's hash. A record whose
/// bodies are forgotten has the same outline as before.
enum RecordOutline {
    /// Appends the outline's length and the outline.
    static func write<Hasher: ByteHasher>(
        _ hasher: Hasher.Type, of record: UnsafeRawBufferPointer, revision: UInt64, into out: inout ByteWriter
    ) throws(RecordError) {
        var outline: [UInt8] = []
        outline.reserveCapacity(record.count)
        var taken = 0
        try RawChange.forEach(in: record, revision: revision) { change throws(RecordError) in
            outline.append(contentsOf: record[taken..<change.start])
            outline.append(record[change.start] & ~ChangeFlag.forgotten)
            outline.append(contentsOf: record[change.start + 1..<change.content.lowerBound])
            outline.append(contentsOf: hash(hasher, change))
            taken = change.content.upperBound
            return true
        }
        outline.append(contentsOf: record[taken...])
        out.run(outline)
    }

    /// The hash that stands for a change's body.
    static func hash<Hasher: ByteHasher>(_: Hasher.Type, _ change: RawChange) -> [UInt8] {
        if change.isForgotten { return Array(change.bytes) }
        var hasher = Hasher()
        hasher.update(change.bytes)
        return hasher.finish()
    }
}
