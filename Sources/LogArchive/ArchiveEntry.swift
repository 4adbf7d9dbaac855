package import Records

/// One thing of a log on its way. The blocks are the log's own bytes, so that the hash chain is the same wherever they are.
package enum ArchiveEntry: Equatable, Sendable {
    /// Where the log begins, when it does not begin at revision 1.
    case floor(ArchiveFloor)
    /// The next bytes of the checkpoint of the floor.
    case stateBytes([UInt8])
    /// A name that records refer to, by its number.
    case name(UInt64, [UInt8])
    /// An object's identity, by its number.
    case object(UInt64, [UInt8])
    /// A block of the journal, by its first revision.
    case journal(UInt64, [UInt8])
    /// A block of the access stream, by its first ordinal.
    case access(UInt64, [UInt8])
    /// The values of both chains after a revision.
    case anchor(UInt64, [UInt8])
    /// A file that belongs to the cluster (`pki/ca.key`), whole; a later one replaces it.
    case file(name: String, bytes: [UInt8])

    package func write(into out: inout ByteWriter) {
        switch self {
        case .floor(let floor):
            out.bytes.append(1)
            floor.write(into: &out)
        case .stateBytes(let bytes):
            out.bytes.append(2)
            out.run(bytes)
        case .name(let number, let bytes): Self.numbered(3, number, bytes, &out)
        case .object(let number, let bytes): Self.numbered(4, number, bytes, &out)
        case .journal(let revision, let bytes): Self.numbered(5, revision, bytes, &out)
        case .access(let ordinal, let bytes): Self.numbered(6, ordinal, bytes, &out)
        case .anchor(let revision, let bytes): Self.numbered(7, revision, bytes, &out)
        case .file(let name, let bytes):
            out.bytes.append(8)
            out.text(name)
            out.run(bytes)
        }
    }

    private static func numbered(_ kind: UInt8, _ number: UInt64, _ bytes: [UInt8], _ out: inout ByteWriter) {
        out.bytes.append(kind)
        out.varint(number)
        out.run(bytes)
    }

    package init(_ reader: inout ByteReader) throws(RecordError) {
        switch try reader.byte() {
        case 1: self = .floor(try ArchiveFloor(&reader))
        case 2: self = .stateBytes(Array(try reader.run()))
        case 3: self = .name(try reader.varint(), Array(try reader.run()))
        case 4: self = .object(try reader.varint(), Array(try reader.run()))
        case 5: self = .journal(try reader.varint(), Array(try reader.run()))
        case 6: self = .access(try reader.varint(), Array(try reader.run()))
        case 7: self = .anchor(try reader.varint(), Array(try reader.run()))
        case 8: self = .file(name: try reader.text(), bytes: Array(try reader.run()))
        case let kind: throw RecordError("an entry is of the unknown kind \(kind)")
        }
    }

    /// About how many bytes it takes.
    package var size: Int {
        switch self {
        case .floor: 128
        case .stateBytes(let bytes): bytes.count + 8
        case .name(_, let bytes), .object(_, let bytes), .journal(_, let bytes), .access(_, let bytes),
            .anchor(_, let bytes):
            bytes.count + 16
        case .file(let name, let bytes): name.utf8.count + bytes.count + 16
        }
    }
}

/// Where a log begins of which the oldest part is gone.
package struct ArchiveFloor: Equatable, Sendable {
    package var revision: UInt64
    /// When that revision was made, in microseconds.
    package var microseconds: Int64
    /// The access stream's last forgotten ordinal and the value of its chain there.
    package var ordinal: UInt64
    package var accessChain: [UInt8]
    package init(revision: UInt64, microseconds: Int64, ordinal: UInt64, accessChain: [UInt8]) {
        self.revision = revision
        self.microseconds = microseconds
        self.ordinal = ordinal
        self.accessChain = accessChain
    }
    func write(into out: inout ByteWriter) {
        out.varint(revision)
        out.zigzag(microseconds)
        out.varint(ordinal)
        out.run(accessChain)
    }
    init(_ reader: inout ByteReader) throws(RecordError) {
        revision = try reader.varint()
        microseconds = try reader.zigzag()
        ordinal = try reader.varint()
        accessChain = Array(try reader.run())
    }
}
