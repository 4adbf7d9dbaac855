/// Standard base64 with padding (RFC 4648 §4), read as Go's `base64.StdEncoding` reads it: line breaks are passed over.
public enum Base64 {
    /// The place, in bytes, at which a text stops being base64.
    public struct Corrupt: Error, Equatable, Sendable {
        public let offset: Int
        public init(offset: Int) { self.offset = offset }
        /// Go's own words.
        public var message: String { "illegal base64 data at input byte \(offset)" }
    }

    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    @inline(__always) private static func digit(_ b: UInt8) -> UInt8? {
        switch b {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): b - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): b - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): b + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        let digits = alphabet.utf8Start
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var held: UInt32 = 0
        var count = 0
        for b in bytes {
            held = held << 8 | UInt32(b)
            count += 1
            if count == 3 {
                out.append(digits[Int(held >> 18 & 63)])
                out.append(digits[Int(held >> 12 & 63)])
                out.append(digits[Int(held >> 6 & 63)])
                out.append(digits[Int(held & 63)])
                held = 0
                count = 0
            }
        }
        if count == 1 {
            out.append(digits[Int(held >> 2 & 63)])
            out.append(digits[Int(held << 4 & 63)])
            out.append(UInt8(ascii: "="))
            out.append(UInt8(ascii: "="))
        } else if count == 2 {
            out.append(digits[Int(held >> 10 & 63)])
            out.append(digits[Int(held >> 4 & 63)])
            out.append(digits[Int(held << 2 & 63)])
            out.append(UInt8(ascii: "="))
        }
        return String(decoding: out, as: UTF8.self)
    }

    public static func decode(_ text: String) throws(Corrupt) -> [UInt8] {
        var text = text
        let result = text.withUTF8 { decode($0) }
        return try result.get()
    }

    private static func decode(_ b: UnsafeBufferPointer<UInt8>) -> Result<[UInt8], Corrupt> {
        var out: [UInt8] = []
        out.reserveCapacity(b.count / 4 * 3)
        var held: UInt32 = 0
        var count = 0
        var i = 0
        func isBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
        while i < b.count {
            if isBreak(b[i]) {
                i += 1
                continue
            }
            if let value = digit(b[i]) {
                held = held << 6 | UInt32(value)
                count += 1
                i += 1
                if count == 4 {
                    out.append(UInt8(truncatingIfNeeded: held >> 16))
                    out.append(UInt8(truncatingIfNeeded: held >> 8))
                    out.append(UInt8(truncatingIfNeeded: held))
                    held = 0
                    count = 0
                }
                continue
            }
            guard b[i] == UInt8(ascii: "="), count >= 2 else { return .failure(Corrupt(offset: i)) }
            i += 1
            if count == 2 {
                while i < b.count, isBreak(b[i]) { i += 1 }
                guard i < b.count else { return .failure(Corrupt(offset: b.count)) }
                guard b[i] == UInt8(ascii: "=") else { return .failure(Corrupt(offset: i)) }
                i += 1
                out.append(UInt8(truncatingIfNeeded: held >> 4))
            } else {
                out.append(UInt8(truncatingIfNeeded: held >> 10))
                out.append(UInt8(truncatingIfNeeded: held >> 2))
            }
            while i < b.count, isBreak(b[i]) { i += 1 }
            return i < b.count ? .failure(Corrupt(offset: i)) : .success(out)
        }
        return count == 0 ? .success(out) : .failure(Corrupt(offset: b.count - count))
    }

    /// The one text for the bytes that `text` stands for: without line breaks and stray bits.
    public static func canonical(_ text: String) throws(Corrupt) -> String {
        var copy = text
        let isCanonical = copy.withUTF8 { b -> Bool in
            guard b.count % 4 == 0 else { return false }
            guard b.count > 0 else { return true }
            for i in 0..<b.count - 4 where digit(b[i]) == nil { return false }
            let end = b.count - 4
            guard digit(b[end]) != nil, let second = digit(b[end + 1]) else { return false }
            if b[end + 2] == UInt8(ascii: "=") { return b[end + 3] == UInt8(ascii: "=") && second & 15 == 0 }
            guard let third = digit(b[end + 2]) else { return false }
            return b[end + 3] == UInt8(ascii: "=") ? third & 3 == 0 : digit(b[end + 3]) != nil
        }
        return isCanonical ? text : encode(try decode(text))
    }
}
