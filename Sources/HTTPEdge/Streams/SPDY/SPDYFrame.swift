import NIOCore

/// The frames of SPDY/3.1 that Kubernetes' clients send, and the ones sent back.
enum SPDYFrame {
    case open(stream: UInt32, headers: [(name: String, value: String)], isLast: Bool)
    case data(stream: UInt32, ByteBuffer, isLast: Bool)
    case reset(stream: UInt32)
    case ping(UInt32)
    case goAway
    /// Understood, and without meaning here: settings, window updates, further headers.
    case other

    static let finFlag: UInt8 = 1
    /// The longest frame that is taken.
    static let bytesMax = 1 << 20

    struct Malformed: Error { let reason: String }

    /// The next whole frame; nil until it is there.
    static func read(_ buffer: inout ByteBuffer, _ inflater: inout Inflater) throws -> SPDYFrame? {
        guard let head = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self),
            let word = buffer.getInteger(at: buffer.readerIndex + 4, as: UInt32.self)
        else { return nil }
        let length = Int(word & 0xFF_FFFF)
        let isLast = UInt8(word >> 24) & finFlag != 0
        guard length <= bytesMax else { throw Malformed(reason: "a frame of \(length) bytes") }
        guard buffer.readableBytes >= 8 + length else { return nil }
        buffer.moveReaderIndex(forwardBy: 8)
        guard var body = buffer.readSlice(length: length) else { return nil }
        if head & 0x8000_0000 == 0 { return .data(stream: head, body, isLast: isLast) }
        guard head >> 16 & 0x7FFF == 3 else { throw Malformed(reason: "a version other than 3") }
        switch head & 0xFFFF {
        case 1:
            guard let stream = body.readInteger(as: UInt32.self), body.readableBytes >= 6 else {
                throw Malformed(reason: "a short SYN_STREAM")
            }
            body.moveReaderIndex(forwardBy: 6)
            return .open(stream: stream & 0x7FFF_FFFF, headers: try headers(body, &inflater), isLast: isLast)
        case 3:
            guard let stream = body.readInteger(as: UInt32.self) else { throw Malformed(reason: "a short RST_STREAM") }
            return .reset(stream: stream & 0x7FFF_FFFF)
        case 6:
            guard let id = body.readInteger(as: UInt32.self) else { throw Malformed(reason: "a short PING") }
            return .ping(id)
        case 7: return .goAway
        case 2, 8:
            // Nothing in it is wanted, but the compression goes on from it.
            guard body.readInteger(as: UInt32.self) != nil else { throw Malformed(reason: "a short header frame") }
            _ = try headers(body, &inflater)
            return .other
        default: return .other
        }
    }

    private static func headers(_ body: ByteBuffer, _ inflater: inout Inflater) throws -> [(
        name: String, value: String
    )] {
        var plain = ByteBuffer(bytes: try inflater.inflate(Array(body.readableBytesView), max: 65536))
        guard let count = plain.readInteger(as: UInt32.self), count <= 256 else {
            throw Malformed(reason: "too many headers")
        }
        var out: [(String, String)] = []
        for _ in 0..<count {
            guard let nameLength = plain.readInteger(as: UInt32.self),
                let name = plain.readString(length: Int(nameLength)),
                let valueLength = plain.readInteger(as: UInt32.self),
                let value = plain.readString(length: Int(valueLength))
            else { throw Malformed(reason: "a cut header block") }
            out.append((name.lowercased(), value))
        }
        return out
    }

    // MARK: Writing

    static func data(_ stream: UInt32, _ bytes: ByteBuffer, isLast: Bool) -> ByteBuffer {
        var out = ByteBuffer()
        out.reserveCapacity(8 + bytes.readableBytes)
        out.writeInteger(stream)
        out.writeInteger(UInt32(isLast ? finFlag : 0) << 24 | UInt32(bytes.readableBytes))
        out.writeImmutableBuffer(bytes)
        return out
    }
    /// A reply without headers. The compressed blocks of what is written here hold the bytes as they are, which every zlib reads.
    static func reply(_ stream: UInt32, isFirst: Bool) -> ByteBuffer { control(2, stream, block([], isFirst: isFirst)) }
    static func open(_ stream: UInt32, _ headers: [(name: String, value: String)], isFirst: Bool) -> ByteBuffer {
        control(1, stream, [0, 0, 0, 0, 0, 0] + block(headers, isFirst: isFirst))
    }

    private static func block(_ headers: [(name: String, value: String)], isFirst: Bool) -> [UInt8] {
        var plain = ByteBuffer(integer: UInt32(headers.count))
        for (name, value) in headers {
            plain.writeInteger(UInt32(name.utf8.count))
            plain.writeString(name)
            plain.writeInteger(UInt32(value.utf8.count))
            plain.writeString(value)
        }
        let count = UInt16(plain.readableBytes)
        var out = ByteBuffer(bytes: isFirst ? [0x78, 0x01] : [])
        // A stored block, and an empty one: the flush that makes the reader hand out what it has.
        out.writeInteger(UInt8(0))
        out.writeInteger(count, endianness: .little)
        out.writeInteger(~count, endianness: .little)
        out.writeImmutableBuffer(plain)
        out.writeBytes([0, 0, 0, 0xFF, 0xFF])
        return Array(out.readableBytesView)
    }
    static func reset(_ stream: UInt32, _ status: UInt32) -> ByteBuffer {
        control(3, stream, [0, 0, 0, UInt8(truncatingIfNeeded: status)])
    }
    static func ping(_ id: UInt32) -> ByteBuffer { control(6, id, []) }
    static func goAway(_ last: UInt32) -> ByteBuffer { control(7, last, [0, 0, 0, 0]) }

    private static func control(_ type: UInt32, _ first: UInt32, _ rest: [UInt8]) -> ByteBuffer {
        var out = ByteBuffer()
        out.writeInteger(0x8003_0000 | type)
        out.writeInteger(UInt32(4 + rest.count))
        out.writeInteger(first)
        out.writeBytes(rest)
        return out
    }
}
