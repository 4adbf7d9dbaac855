import Records

/// The values of both chains at one place: after a journal record, and after the newest access record then.
struct Anchor: Equatable, Sendable {
    var revision: UInt64
    var chain: [UInt8]
    var ordinal: UInt64
    var accessChain: [UInt8]

    static let origin = Anchor(revision: 0, chain: HashChain.origin, ordinal: 0, accessChain: HashChain.origin)

    func encoded() -> [UInt8] {
        var out = ByteWriter()
        out.varint(ordinal)
        out.run(chain)
        out.run(accessChain)
        return Checked.seal(out.bytes, seed: revision)
    }

    init(revision: UInt64, chain: [UInt8], ordinal: UInt64, accessChain: [UInt8]) {
        self.revision = revision
        self.chain = chain
        self.ordinal = ordinal
        self.accessChain = accessChain
    }

    init(decoding bytes: UnsafeRawBufferPointer, revision: UInt64) throws(RecordError) {
        guard let content = Checked.open(bytes, seed: revision) else {
            throw RecordError("the checksum of a chain value is wrong")
        }
        var reader = ByteReader(content)
        self.revision = revision
        ordinal = try reader.varint()
        chain = Array(try reader.run())
        accessChain = Array(try reader.run())
    }
}
