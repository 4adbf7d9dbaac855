/// One change of a journal record where it lies, for those who look for a single object's version: nothing is copied, no name
/// is looked up. Valid as long as the record's memory.
package struct RawChange {
    package let kind: Change.Kind
    package let previousRevision: UInt64
    package let isDelta: Bool
    /// The body, or the difference from the version before.
    package let bytes: UnsafeRawBufferPointer

    /// The change of object `number` in the journal record of `revision`; nil when it changes others only.
    package static func of(_ number: UInt64, in record: UnsafeRawBufferPointer, revision: UInt64) throws(RecordError)
        -> RawChange?
    {
        var reader = ByteReader(record)
        let flags = try reader.varint()
        _ = try reader.zigzag()
        if flags & RecordFlag.cause != 0 { _ = try reader.zigzag() }
        for _ in 0..<(try reader.count()) {
            let first = try reader.byte()
            guard let kind = Change.Kind(rawValue: first & 3) else { throw RecordError("an unknown kind of change") }
            let found = try reader.varint()
            var previous: UInt64 = 0
            if kind == .created {
                for _ in 0..<3 where try reader.varint() == 0 { _ = try reader.run() }
                _ = try reader.run()
                _ = first & ChangeFlag.uuid != 0 ? try reader.raw(16) : try reader.run()
            } else {
                previous = revision &- (try reader.varint())
                guard previous < revision else { throw RecordError("a change follows itself") }
            }
            let bytes = try reader.run()
            if found == number {
                return RawChange(
                    kind: kind, previousRevision: previous, isDelta: first & ChangeFlag.delta != 0, bytes: bytes)
            }
        }
        return nil
    }
}
