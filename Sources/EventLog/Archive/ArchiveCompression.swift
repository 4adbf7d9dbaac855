internal import CZlib
internal import Records

/// zlib around a batch, with the length before it.
enum ArchiveCompression {
    /// No batch is longer.
    private static let bytesMax = 256 << 20

    /// nil when it does not become shorter.
    static func compress(_ content: [UInt8]) -> [UInt8]? {
        guard content.count > 64 else { return nil }
        var out = ByteWriter()
        out.count(content.count)
        let start = out.bytes.count
        var length = compressBound(uLong(content.count))
        out.bytes += [UInt8](repeating: 0, count: Int(length))
        let code = out.bytes.withUnsafeMutableBufferPointer { target in
            content.withUnsafeBufferPointer { source in
                compress2(target.baseAddress! + start, &length, source.baseAddress!, uLong(content.count), 3)
            }
        }
        guard code == Z_OK, start + Int(length) < content.count else { return nil }
        out.bytes.removeLast(out.bytes.count - start - Int(length))
        return out.bytes
    }

    static func expand(_ content: [UInt8]) throws(RecordError) -> [UInt8] {
        let (length, start): (UInt64, Int)
        let read: Result<(UInt64, Int), RecordError> = content.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            do throws(RecordError) { return .success((try reader.varint(), reader.at)) } catch {
                return .failure(error)
            }
        }
        (length, start) = try read.get()
        guard length <= UInt64(bytesMax), start < content.count else { throw RecordError("it promises too much") }
        var out = [UInt8](repeating: 0, count: max(Int(length), 1))
        var filled = uLongf(length)
        let code = out.withUnsafeMutableBufferPointer { target in
            content.withUnsafeBufferPointer { source in
                uncompress(target.baseAddress!, &filled, source.baseAddress! + start, uLong(content.count - start))
            }
        }
        guard code == Z_OK, UInt64(filled) == length else { throw RecordError("it cannot be decompressed") }
        out.removeLast(out.count - Int(length))
        return out
    }
}
