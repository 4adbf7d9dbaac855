import CZlib
import NIOCore

/// One gzip stream being written. Used by one thread at a time.
final class Gzip {
    private let stream: UnsafeMutablePointer<z_stream>

    /// Upstream's level: the fastest.
    init?(level: Int32 = 1) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard gzip_begin(stream, level) == Z_OK else {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// What can be sent of the stream after those bytes; with `ends` the rest of it, too.
    func deflated(_ bytes: [UInt8], ends: Bool) -> ByteBuffer {
        var out = ByteBuffer()
        out.reserveCapacity(max(1024, bytes.count / 4))
        bytes.withUnsafeBufferPointer { input in
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = UInt32(input.count)
            var isFull = true
            while isFull {
                out.writeWithUnsafeMutableBytes(minimumWritableBytes: 32 * 1024) { room in
                    stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    stream.pointee.avail_out = UInt32(room.count)
                    _ = CZlib.deflate(stream, ends ? Z_FINISH : Z_NO_FLUSH)
                    isFull = stream.pointee.avail_out == 0
                    return room.count - Int(stream.pointee.avail_out)
                }
            }
            stream.pointee.next_in = nil
        }
        return out
    }

    /// Whether the client takes gzip, by its Accept-Encoding as upstream reads it: the name alone counts, not its weight.
    static func isAccepted(_ header: String?) -> Bool {
        guard let header else { return false }
        var rest = header.utf8[...]
        while !rest.isEmpty {
            let part = rest.prefix { $0 != UInt8(ascii: ",") }
            rest = rest[part.endIndex...].dropFirst()
            let name = part.drop { $0 == 0x20 }.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 }
            if name.elementsEqual("gzip".utf8) { return true }
        }
        return false
    }
}
