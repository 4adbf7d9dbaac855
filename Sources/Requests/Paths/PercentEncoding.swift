/// `%41` escapes of URLs.
package enum PercentEncoding {
    /// A path with its escapes undone, most often itself; nil when an escape is broken.
    package static func decodePath(_ path: String) -> String? {
        path.utf8.contains(UInt8(ascii: "%")) ? decode(path.utf8, plusIsSpace: false) : path
    }

    /// The text with its escapes undone; nil when an escape is broken. Bytes that are no UTF-8 become U+FFFD.
    package static func decode(_ bytes: some Collection<UInt8>, plusIsSpace: Bool) -> String? {
        var plain = true
        for b in bytes where b == UInt8(ascii: "%") || (plusIsSpace && b == UInt8(ascii: "+")) {
            plain = false
            break
        }
        if plain { return String(decoding: bytes, as: UTF8.self) }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var i = bytes.startIndex
        while i != bytes.endIndex {
            let b = bytes[i]
            bytes.formIndex(after: &i)
            if b == UInt8(ascii: "%") {
                guard i != bytes.endIndex, let high = hex(bytes[i]) else { return nil }
                bytes.formIndex(after: &i)
                guard i != bytes.endIndex, let low = hex(bytes[i]) else { return nil }
                bytes.formIndex(after: &i)
                out.append(high << 4 | low)
            } else {
                out.append(plusIsSpace && b == UInt8(ascii: "+") ? UInt8(ascii: " ") : b)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func hex(_ b: UInt8) -> UInt8? {
        switch b {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): b - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): b - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): b - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
