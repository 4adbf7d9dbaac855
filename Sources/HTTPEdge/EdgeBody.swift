public import NIOCore

/// The body of an answer that is known whole.
public enum EdgeBody: Sendable {
    case empty
    case buffer(ByteBuffer)
    case bytes([UInt8])
    /// Written one after the other with one flush: a list from stored encodings.
    case buffers([ByteBuffer])

    /// The length in bytes.
    public var count: Int {
        switch self {
        case .empty: 0
        case .buffer(let b): b.readableBytes
        case .bytes(let b): b.count
        case .buffers(let all): all.reduce(0) { $0 + $1.readableBytes }
        }
    }
    /// A text's bytes.
    public static func text(_ text: String) -> EdgeBody { .buffer(ByteBuffer(string: text)) }
}
