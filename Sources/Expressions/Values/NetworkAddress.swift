/// An IP address of either family.
public struct NetworkAddress: Sendable, Hashable {
    /// 4 bytes or 16.
    let bytes: [UInt8]
    var isIPv6: Bool { bytes.count == 16 }

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Reads dotted or colon notation, without leading zeros in decimal parts and without a zone; nil when it is none, or an IPv6
    /// address that only wraps an IPv4 one.
    init?(_ text: String) {
        let raw = Array(text.utf8)
        if raw.contains(UInt8(ascii: ":")) {
            guard let parsed = NetworkAddress.parse6(raw) else { return nil }
            bytes = parsed
            if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF { return nil }
        } else {
            guard let parsed = NetworkAddress.parse4(raw[...]) else { return nil }
            bytes = parsed
        }
    }

    private static func parse4(_ raw: ArraySlice<UInt8>) -> [UInt8]? {
        let parts = raw.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var out: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ (48...57).contains($0) }),
                part.count == 1 || part.first != 48,
                let value = UInt8(String(decoding: part, as: UTF8.self))
            else { return nil }
            out.append(value)
        }
        return out
    }

    private static func parse6(_ raw: [UInt8]) -> [UInt8]? {
        let colon = UInt8(ascii: ":")
        // At most one `::`, which stands for as many zeros as are missing.
        var gap: Int?
        for i in raw.indices.dropLast() where raw[i] == colon && raw[i + 1] == colon {
            if gap != nil { return nil }
            gap = i
        }
        func groups(_ part: ArraySlice<UInt8>, isLast: Bool) -> [UInt8]? {
            if part.isEmpty { return [] }
            var out: [UInt8] = []
            let pieces = part.split(separator: colon, omittingEmptySubsequences: false)
            guard pieces.count <= 8 else { return nil }
            for (i, piece) in pieces.enumerated() {
                if isLast, i == pieces.count - 1, piece.contains(UInt8(ascii: ".")) {
                    guard let v4 = parse4(piece) else { return nil }
                    out += v4
                    continue
                }
                guard (1...4).contains(piece.count), !piece.contains(43), !piece.contains(45),
                    let value = UInt16(String(decoding: piece, as: UTF8.self), radix: 16)
                else { return nil }
                out += [UInt8(value >> 8), UInt8(value & 0xFF)]
            }
            return out
        }
        guard let gap else {
            guard let all = groups(raw[...], isLast: true), all.count == 16 else { return nil }
            return all
        }
        guard let head = groups(raw[..<gap], isLast: false), let tail = groups(raw[(gap + 2)...], isLast: true),
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    /// The canonical text: RFC 5952 for IPv6.
    public var text: String {
        if !isIPv6 { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = (0..<8).map { UInt16(bytes[$0 * 2]) << 8 | UInt16(bytes[$0 * 2 + 1]) }
        var best = 0..<0
        var i = 0
        while i < 8 {
            var end = i
            while end < 8, groups[end] == 0 { end += 1 }
            if end - i > best.count, end - i > 1 { best = i..<end }
            i = Swift.max(end, i + 1)
        }
        func hex(_ range: Range<Int>) -> String {
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        return best.isEmpty ? hex(0..<8) : hex(0..<best.lowerBound) + "::" + hex(best.upperBound..<8)
    }

    var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
    var isLoopback: Bool { isIPv6 ? bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1 : bytes[0] == 127 }
    var isMulticast: Bool { isIPv6 ? bytes[0] == 0xFF : bytes[0] & 0xF0 == 0xE0 }
    var isLinkLocalMulticast: Bool {
        isIPv6
            ? bytes[0] == 0xFF && bytes[1] & 0x0F == 2 : bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0
    }
    var isLinkLocalUnicast: Bool {
        isIPv6 ? bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 : bytes[0] == 169 && bytes[1] == 254
    }
    var isGlobalUnicast: Bool {
        if !isIPv6, bytes == [255, 255, 255, 255] { return false }
        return !isUnspecified && !isLoopback && !isMulticast && !isLinkLocalUnicast
    }

    /// The address with all bits after the first so many cleared.
    func masked(_ length: Int) -> NetworkAddress {
        var out = bytes
        for i in out.indices {
            let kept = Swift.max(0, Swift.min(8, length - i * 8))
            out[i] &= kept == 0 ? 0 : UInt8(truncatingIfNeeded: 0xFF << (8 - kept))
        }
        return NetworkAddress(bytes: out)
    }
}

/// A range of addresses: `10.0.0.0/8`.
public struct NetworkRange: Sendable, Hashable {
    let address: NetworkAddress
    let prefixLength: Int

    init(address: NetworkAddress, prefixLength: Int) {
        self.address = address
        self.prefixLength = prefixLength
    }

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = NetworkAddress(String(parts[0])), (1...3).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ (48...57).contains($0) }), parts[1] == "0" || !parts[1].hasPrefix("0"),
            let length = Int(parts[1]), length <= address.bytes.count * 8
        else { return nil }
        self.init(address: address, prefixLength: length)
    }

    public var text: String { "\(address.text)/\(prefixLength)" }

    func contains(_ other: NetworkAddress) -> Bool {
        other.isIPv6 == address.isIPv6 && other.masked(prefixLength) == address.masked(prefixLength)
    }
    func contains(_ other: NetworkRange) -> Bool {
        other.prefixLength >= prefixLength && contains(other.address)
    }
}
