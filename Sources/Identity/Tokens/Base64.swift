/// Base64 in both alphabets.
enum Base64 {
    private static let standardLetters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlLetters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let urlValues: [UInt8] = {
        var out = [UInt8](repeating: 255, count: 256)
        for (i, letter) in urlLetters.enumerated() { out[Int(letter)] = UInt8(i) }
        return out
    }()

    /// With padding.
    static func standard(_ bytes: [UInt8]) -> String { encode(bytes, standardLetters, pads: true) }
    /// URL-safe, without padding.
    static func url(_ bytes: [UInt8]) -> String { encode(bytes, urlLetters, pads: false) }

    private static func encode(_ bytes: [UInt8], _ letters: [UInt8], pads: Bool) -> String {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var i = 0
        while i + 2 < bytes.count {
            let word = Int(bytes[i]) << 16 | Int(bytes[i + 1]) << 8 | Int(bytes[i + 2])
            for shift in [18, 12, 6, 0] { out.append(letters[word >> shift & 63]) }
            i += 3
        }
        let left = bytes.count - i
        if left > 0 {
            let word = Int(bytes[i]) << 16 | (left > 1 ? Int(bytes[i + 1]) << 8 : 0)
            out.append(letters[word >> 18 & 63])
            out.append(letters[word >> 12 & 63])
            if left > 1 { out.append(letters[word >> 6 & 63]) }
            if pads { for _ in 0..<(3 - left) { out.append(UInt8(ascii: "=")) } }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// nil unless the text is URL-safe base64 without padding, with no stray bits at its end: each value has one spelling.
    static func decodeURL(_ text: Substring.UTF8View) -> [UInt8]? {
        var out: [UInt8] = []
        out.reserveCapacity(text.count * 3 / 4)
        var word = 0
        var bits = 0
        for letter in text {
            let value = urlValues[Int(letter)]
            if value == 255 { return nil }
            word = (word << 6 | Int(value)) & 0xFFFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: word >> bits))
            }
        }
        if bits >= 6 || word & ((1 << bits) - 1) != 0 { return nil }
        return out
    }
}
