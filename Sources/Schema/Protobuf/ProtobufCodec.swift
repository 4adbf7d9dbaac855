public import Document

/// Kubernetes' protobuf encoding of objects, by the table of fields: no generated code. Objects travel in an envelope,
/// `k8s\0` and a message that names their kind.
public enum ProtobufCodec {
    /// The bytes before every envelope.
    public static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]

    /// What an envelope holds: upstream's `runtime.Unknown`.
    public struct Envelope: Sendable {
        public var apiVersion: String
        public var kind: String
        public var raw: [UInt8]
        public init(apiVersion: String, kind: String, raw: [UInt8]) {
            self.apiVersion = apiVersion
            self.kind = kind
            self.raw = raw
        }
    }

    /// An object in its envelope. `apiVersion` and `kind` are read from the document.
    public static func encodeEnvelope(_ document: JSON, _ type: TypeSchema) -> [UInt8] {
        var meta: [UInt8] = []
        meta.appendProtobuf(1, text: document["apiVersion"]?.string ?? "")
        meta.appendProtobuf(2, text: document["kind"]?.string ?? "")
        var out = magic
        out.appendProtobuf(1, bytes: meta)
        out.appendProtobuf(2, bytes: encode(document, type))
        out.appendProtobuf(3, text: "")
        out.appendProtobuf(4, text: "")
        return out
    }

    /// Whether bytes begin as an envelope does.
    public static func isEnvelope(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

    /// Reads an envelope. Throws 400 for anything else.
    public static func openEnvelope(_ bytes: [UInt8]) throws(APIError) -> Envelope {
        guard isEnvelope(bytes) else {
            throw .badRequest("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
        }
        var envelope = Envelope(apiVersion: "", kind: "", raw: [])
        var reader = ProtobufReader(bytes[4...])
        while let (number, value) = try reader.next() {
            switch (number, value) {
            case (1, .bytes(let meta)):
                var inner = ProtobufReader(meta)
                while let (number, value) = try inner.next() {
                    guard case .bytes(let text) = value else { continue }
                    if number == 1 { envelope.apiVersion = String(decoding: text, as: UTF8.self) }
                    if number == 2 { envelope.kind = String(decoding: text, as: UTF8.self) }
                }
            case (2, .bytes(let raw)): envelope.raw = Array(raw)
            default: break
            }
        }
        return envelope
    }

    /// An object as a message, without its envelope. The document is conformed.
    public static func encode(_ document: JSON, _ type: TypeSchema) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(512)
        ProtobufEncoder.object(document.entries, type, into: &out)
        return out
    }

    /// A message as a document; `apiVersion` and `kind` are the envelope's matter. Zero values stand in it as they were sent:
    /// conform it. Throws 400 when the bytes are no such message.
    public static func decode(_ bytes: [UInt8], _ type: TypeSchema) throws(APIError) -> JSON {
        try ProtobufDecoder.object(bytes[...], type)
    }
}

extension [UInt8] {
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }
    mutating func appendProtobuf(_ number: Int, bytes: some Collection<UInt8>) {
        appendVarint(UInt64(number) << 3 | 2)
        appendVarint(UInt64(bytes.count))
        append(contentsOf: bytes)
    }
    mutating func appendProtobuf(_ number: Int, text: String) { appendProtobuf(number, bytes: text.utf8) }
    mutating func appendProtobuf(_ number: Int, varint: UInt64) {
        appendVarint(UInt64(number) << 3)
        appendVarint(varint)
    }
}

/// Reads the fields of one message.
struct ProtobufReader {
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(ArraySlice<UInt8>)
    }
    private let bytes: ArraySlice<UInt8>
    private var at: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        at = bytes.startIndex
    }

    static var malformed: APIError { .badRequest("the body is no well-formed protobuf message: unexpected EOF") }

    /// The next field's number and value; nil at the end.
    mutating func next() throws(APIError) -> (Int, Value)? {
        guard at < bytes.endIndex else { return nil }
        let tag = try varint()
        guard tag >> 3 > 0, tag >> 3 < 1 << 29 else { throw Self.malformed }
        let number = Int(tag >> 3)
        switch tag & 7 {
        case 0: return (number, .varint(try varint()))
        case 1: return (number, .fixed64(try fixed(8)))
        case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
        case 2:
            let length = try varint()
            guard length <= UInt64(bytes.endIndex - at) else { throw Self.malformed }
            let end = at + Int(length)
            defer { at = end }
            return (number, .bytes(bytes[at..<end]))
        default: throw Self.malformed
        }
    }

    var isAtEnd: Bool { at >= bytes.endIndex }

    mutating func varint() throws(APIError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while at < bytes.endIndex, shift < 64 {
            let b = bytes[at]
            at += 1
            value |= UInt64(b & 0x7F) << shift
            if b < 0x80 { return value }
            shift += 7
        }
        throw Self.malformed
    }

    private mutating func fixed(_ count: Int) throws(APIError) -> UInt64 {
        guard bytes.endIndex - at >= count else { throw Self.malformed }
        var value: UInt64 = 0
        for i in 0..<count { value |= UInt64(bytes[at + i]) << UInt64(8 * i) }
        at += count
        return value
    }
}
