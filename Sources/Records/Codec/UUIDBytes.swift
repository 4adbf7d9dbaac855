/// A UUID's sixteen bytes, for identifiers that are written as 36 characters in lower case.
enum UUIDBytes {
    private static let dashes: [Int] = [8, 13, 18, 23]

    /// nil when the text is not exactly such an identifier.
    static func parse(_ text: String) -> [UInt8]? {
        guard text.utf8.count == 36 else { return nil }
        var text = text
        return text.withUTF8 { text in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(16)
            var i = 0
            while i < 36 {
                if i == 8 || i == 13 || i == 18 || i == 23 {
                    guard text[i] == UInt8(ascii: "-") else { return nil }
                    i += 1
                    continue
                }
                guard let high = digit(text[i]), let low = digit(text[i + 1]) else { return nil }
                bytes.append(high << 4 | low)
                i += 2
            }
            return bytes
        }
    }
    @inline(__always) private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 97...102: byte - 87
        default: nil
        }
    }

    static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(unsafeUninitializedCapacity: 36) { out in
            var at = 0
            for byte in bytes {
                if dashes.contains(at) {
                    out[at] = UInt8(ascii: "-")
                    at += 1
                }
                for digit in [byte >> 4, byte & 15] {
                    out[at] = digit < 10 ? 48 + digit : 87 + digit
                    at += 1
                }
            }
            return at
        }
    }
}
