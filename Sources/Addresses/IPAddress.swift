/// An IP address of either family, as its bytes.
public struct IPAddress: Hashable, Sendable {
    /// 4 bytes or 16.
    public let bytes: [UInt8]
    public var isIPv6: Bool { bytes.count == 16 }

    /// 4 bytes or 16 in network order.
    public init(bytes: [UInt8]) { self.bytes = bytes }
    /// The IPv4 address of that number: 0x0A60_0001 is 10.96.0.1.
    public init(ipv4 value: UInt32) { bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
    /// The number of an IPv4 address.
    public var ipv4: UInt32? { isIPv6 ? nil : bytes.reduce(0) { $0 << 8 | UInt32($1) } }

    /// Whether an IPv6 address only wraps an IPv4 one (`::ffff:1.2.3.4`).
    public var isMapped: Bool {
        isIPv6 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    }

    /// Reads dotted or colon notation; leading zeros of decimal parts are accepted and noted in `hadLeadingZeros`.
    public init?(_ text: String, hadLeadingZeros: inout Bool) {
        let raw = Array(text.utf8)
        if raw.contains(UInt8(ascii: ":")) {
            guard let v6 = IPAddress.parseIPv6(raw[...], &hadLeadingZeros) else { return nil }
            bytes = v6
        } else {
            guard let v4 = IPAddress.parseIPv4(raw[...], &hadLeadingZeros) else { return nil }
            bytes = v4
        }
    }
    /// The same, whatever the spelling.
    public init?(_ text: String) {
        var ignored = false
        self.init(text, hadLeadingZeros: &ignored)
    }

    private static func parseIPv4(_ raw: ArraySlice<UInt8>, _ zeros: inout Bool) -> [UInt8]? {
        let parts = raw.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var out: [UInt8] = []
        for part in parts {
            guard !part.isEmpty, part.count <= 10, part.allSatisfy(\.isDigit) else { return nil }
            if part.count > 1, part.first == 48 { zeros = true }
            let value = part.reduce(0) { $0 * 10 + Int($1 - 48) }
            guard value <= 255 else { return nil }
            out.append(UInt8(value))
        }
        return out
    }

    private static func parseIPv6(_ raw: ArraySlice<UInt8>, _ zeros: inout Bool) -> [UInt8]? {
        let parts = raw.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count >= 3, parts.count <= 9 else { return nil }
        var head: [UInt8] = []
        var tail: [UInt8] = []
        var elided = false
        var i = 0
        if parts[0].isEmpty {
            guard parts[1].isEmpty else { return nil }
            i = 1
        }
        while i < parts.count {
            let part = parts[i]
            if part.isEmpty {
                let isLast = i == parts.count - 1
                if isLast {
                    guard elided, parts[i - 1].isEmpty, tail.isEmpty else { return nil }
                    break
                }
                guard !elided else { return nil }
                elided = true
                i += 1
                continue
            }
            if part.contains(UInt8(ascii: ".")) {
                guard i == parts.count - 1, let v4 = parseIPv4(part, &zeros) else { return nil }
                if elided { tail += v4 } else { head += v4 }
            } else {
                guard part.count <= 4 else { return nil }
                var value = 0
                for b in part {
                    guard let digit = hexDigit(b) else { return nil }
                    value = value * 16 + digit
                }
                let pair = [UInt8(value >> 8), UInt8(value & 255)]
                if elided { tail += pair } else { head += pair }
            }
            i += 1
        }
        if elided {
            guard head.count + tail.count < 16 else { return nil }
            return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
        }
        return head.count == 16 ? head : nil
    }

    private static func hexDigit(_ b: UInt8) -> Int? {
        if b.isDigit { return Int(b) - 48 }
        let lower = b | 0x20
        return lower >= 97 && lower <= 102 ? Int(lower) - 87 : nil
    }

    /// The canonical form (RFC 5952); a mapped address is written as the IPv4 address it wraps.
    public var text: String {
        if isMapped { return IPAddress(bytes: Array(bytes[12...])).text }
        if !isIPv6 { return bytes.map { String($0) }.joined(separator: ".") }
        let words = stride(from: 0, to: 16, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, words[end] == 0 { end += 1 }
            if end - start > best.count, end - start > 1 { best = start..<end }
            start = max(end, start + 1)
        }
        func hex(_ range: Range<Int>) -> String { words[range].map { String($0, radix: 16) }.joined(separator: ":") }
        return best.isEmpty ? hex(0..<8) : hex(0..<best.lowerBound) + "::" + hex(best.upperBound..<8)
    }

    /// 0.0.0.0 or `::`.
    public var isUnspecified: Bool { isMapped ? bytes[12...].allSatisfy { $0 == 0 } : bytes.allSatisfy { $0 == 0 } }
    /// In 127.0.0.0/8, or `::1`.
    public var isLoopback: Bool {
        if isMapped { return bytes[12] == 127 }
        return isIPv6 ? bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1 : bytes[0] == 127
    }
    /// In 169.254.0.0/16 or fe80::/10.
    public var isLinkLocal: Bool {
        isIPv6 ? bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 : bytes[0] == 169 && bytes[1] == 254
    }
    /// In 224.0.0.0/24 or ff02::/10.
    public var isLinkLocalMulticast: Bool {
        isIPv6 ? bytes[0] == 0xFF && bytes[1] & 0x0F == 2 : bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0
    }
}

extension UInt8 {
    var isDigit: Bool { self >= 48 && self <= 57 }
}
