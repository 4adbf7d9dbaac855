/// One change of a journal record where it lies, for those who look for a single object's version or for bodies: nothing is
/// copied, no name is looked up. Valid as long as the record's memory.
package struct RawChange {
    package let kind: Change.Kind
    /// The object's number.
    package let number: UInt64
    /// 0 for a creation.
    package let previousRevision: UInt64
    package let isDelta: Bool
    /// Whether only the body's hash is left: see `ForgottenBody`.
    package let isForgotten: Bool
    /// The body, or the difference from the version before; the hash of either when it is forgotten.
    package let bytes: UnsafeRawBufferPointer
    /// Where in the record the change begins.
    let start: Int
    /// What stands in the record for the body: its length and its bytes, or the hash.
    let content: Range<Int>

    /// Calls `body` with each change of the journal record of `revision`, in order, until it returns false.
    package static func forEach(
        in record: UnsafeRawBufferPointer, revision: UInt64, _ body: (RawChange) throws(RecordError) -> Bool
    ) throws(RecordError) {
        var reader = ByteReader(record)
        let flags = try reader.varint()
        _ = try reader.zigzag()
        if flags & RecordFlag.cause != 0 { _ = try reader.zigzag() }
        for _ in 0..<(try reader.count()) {
            let start = reader.at
            let first = try reader.byte()
            guard let kind = Change.Kind(rawValue: first & 3) else { throw RecordError("an unknown kind of change") }
            let number = try reader.varint()
            var previous: UInt64 = 0
            if kind == .created {
                for _ in 0..<3 where try reader.varint() == 0 { _ = try reader.run() }
                _ = try reader.run()
                _ = first & ChangeFlag.uuid != 0 ? try reader.raw(16) : try reader.run()
            } else {
                previous = revision &- (try reader.varint())
                guard previous < revision else { throw RecordError("a change follows itself") }
            }
            let content = reader.at
            let isForgotten = first & ChangeFlag.forgotten != 0
            let bytes = isForgotten ? try reader.raw(ForgottenBody.hashBytes) : try reader.run()
            let change = RawChange(
                kind: kind, number: number, previousRevision: previous, isDelta: first & ChangeFlag.delta != 0,
                isForgotten: isForgotten, bytes: bytes, start: start, content: content..<reader.at)
            guard try body(change) else { return }
        }
    }

    /// The change of object `number` in the journal record of `revision`; nil when it changes others only.
    package static func of(_ number: UInt64, in record: UnsafeRawBufferPointer, revision: UInt64) throws(RecordError)
        -> RawChange?
    {
        var found: RawChange?
        try forEach(in: record, revision: revision) { change throws(RecordError) in
            if change.number == number { found = change }
            return found == nil
        }
        return found
    }
}
