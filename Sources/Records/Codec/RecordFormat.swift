/// The version of the log's bytes. Every block names the one that it was written in. A newer version of the program keeps the
/// decoder of each older one; where the meaning of a field changed, an upcaster turns what was decoded into today's record.
///
/// | format | |
/// | --- | --- |
/// | 1 | the chain covers a journal block's bytes |
/// | 2 | it covers its outline, so that bodies can be forgotten (`RecordOutline`) |
package enum RecordFormat {
    package static let current: UInt8 = 2
    /// The first format whose chain covers outlines.
    static let outlined: UInt8 = 2

    /// Applied in order to a record that was decoded from a block of format `format`, up to the current one.
    private static let upcasters: [UInt8: @Sendable (inout EventRecord) -> Void] = [:]

    /// Whether blocks of this format can be read.
    package static func isKnown(_ format: UInt8) -> Bool { format >= 1 && format <= current }

    package static func upcast(_ record: inout EventRecord, from format: UInt8) {
        guard format < current else { return }
        for step in format..<current { upcasters[step]?(&record) }
    }
}
