import Document
import Schema

/// An IP address of either family, as its bytes.
struct IPAddress: Hashable, Sendable {
    /// 4 bytes or 16.
    let bytes: [UInt8]
    var isIPv6: Bool { bytes.count == 16 }

    init(bytes: [UInt8]) { self.bytes = bytes }
    init(ipv4 value: UInt32) { bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
    /// The number of an IPv4 address.
    var ipv4: UInt32? { isIPv6 ? nil : bytes.reduce(0) { $0 << 8 | UInt32($1) } }

    /// Whether an IPv6 address only wraps an IPv4 one (`::ffff:1.2.3.4`).
    var isMapped: Bool { isIPv6 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF }

    /// Reads dotted or colon notation; leading zeros of decimal parts are accepted and noted in `hadLeadingZeros`.
    init?(_ text: String, hadLeadingZeros: inout Bool) {
        let raw = Array(text.utf8)
        if raw.contains(UInt8(ascii: ":")) {
            guard let v6 = IPAddress.parseIPv6(raw[...], &hadLeadingZeros) else { return nil }
            bytes = v6
        } else {
            guard let v4 = IPAddress.parseIPv4(raw[...], &hadLeadingZeros) else { return nil }
            bytes = v4
        }
    }
    init?(_ text: String) {
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
    var text: String {
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

    var isUnspecified: Bool { isMapped ? bytes[12...].allSatisfy { $0 == 0 } : bytes.allSatisfy { $0 == 0 } }
    var isLoopback: Bool {
        if isMapped { return bytes[12] == 127 }
        return isIPv6 ? bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1 : bytes[0] == 127
    }
    var isLinkLocal: Bool { isIPv6 ? bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 : bytes[0] == 169 && bytes[1] == 254 }
    var isLinkLocalMulticast: Bool {
        isIPv6 ? bytes[0] == 0xFF && bytes[1] & 0x0F == 2 : bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0
    }
}

/// An address range in CIDR notation.
struct AddressRange: Sendable {
    /// The address as it was written, host bits included.
    let address: IPAddress
    let prefixLength: Int

    init?(_ text: String, hadLeadingZeros: inout Bool) {
        guard let slash = text.lastIndex(of: "/") else { return nil }
        guard let address = IPAddress(String(text[..<slash]), hadLeadingZeros: &hadLeadingZeros) else { return nil }
        let digits = text[text.index(after: slash)...].utf8
        guard !digits.isEmpty, digits.count <= 4, digits.allSatisfy(\.isDigit) else { return nil }
        if digits.count > 1, digits.first == 48 { hadLeadingZeros = true }
        let length = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
        guard length <= address.bytes.count * 8 else { return nil }
        self.address = address
        prefixLength = length
    }
    init?(_ text: String) {
        var ignored = false
        self.init(text, hadLeadingZeros: &ignored)
    }

    /// The first address of the range.
    var base: IPAddress {
        IPAddress(
            bytes: address.bytes.enumerated().map { i, b in
                let kept = min(8, max(0, prefixLength - i * 8))
                return kept == 0 ? 0 : b & UInt8(truncatingIfNeeded: 0xFF << (8 - kept))
            })
    }
    var text: String { "\(base.text)/\(prefixLength)" }

    func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        for i in other.bytes.indices {
            let kept = min(8, max(0, prefixLength - i * 8))
            if kept == 0 { break }
            let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - kept))
            if other.bytes[i] & mask != address.bytes[i] & mask { return false }
        }
        return true
    }
}

/// Rules for addresses in fields.
enum AddressRules {
    /// An address in a field that has always been checked: any spelling but those that programs read differently.
    static func validateIP(_ value: String, path: @autoclosure () -> String) -> [FieldError] {
        complaints(aboutIP: value).map { .invalid(path(), .string(value), $0) }
    }

    private static func complaints(aboutIP value: String) -> [String] {
        var zeros = false
        guard let address = IPAddress(value, hadLeadingZeros: &zeros) else {
            return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]
        }
        var wrong: [String] = []
        if zeros { wrong.append("must not have leading 0s") }
        if address.isMapped { wrong.append("must not be an IPv4-mapped IPv6 address") }
        return wrong
    }

    /// What keeps a text from being an address in its canonical form.
    static func complaints(aboutCanonicalIP value: String) -> [String] {
        let wrong = complaints(aboutIP: value)
        guard wrong.isEmpty, let address = IPAddress(value), address.text != value else { return wrong }
        return ["must be in canonical form (\"\(address.text)\")"]
    }

    /// An address in its canonical form, as newer fields want it.
    static func validateCanonicalIP(_ value: String, path: @autoclosure () -> String) -> [FieldError] {
        complaints(aboutCanonicalIP: value).map { .invalid(path(), .string(value), $0) }
    }

    static func validateCIDR(_ value: String, path: @autoclosure () -> String) -> [FieldError] {
        var zeros = false
        guard let range = AddressRange(value, hadLeadingZeros: &zeros) else {
            return [.invalid(path(), .string(value), "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")]
        }
        if zeros { return [.invalid(path(), .string(value), "must not have leading 0s in IP or prefix length")] }
        if range.address.isMapped {
            return [.invalid(path(), .string(value), "must not have an IPv4-mapped IPv6 address")]
        }
        if range.base != range.address {
            return [.invalid(path(), .string(value), "must not have bits set beyond the prefix length")]
        }
        return []
    }

    /// A CIDR value in its canonical form.
    static func validateCanonicalCIDR(_ value: String, path: @autoclosure () -> String) -> [FieldError] {
        let errors = validateCIDR(value, path: path())
        guard errors.isEmpty, let range = AddressRange(value), range.text != value else { return errors }
        return [.invalid(path(), .string(value), "must be in canonical form (\"\(range.text)\")")]
    }

    /// An address that other hosts can reach: not unspecified, loopback or link-local.
    static func validateNotSpecial(_ value: String, path: @autoclosure () -> String) -> [FieldError] {
        guard let address = IPAddress(value) else {
            return [.invalid(path(), .string(value), "must be a valid IP address")]
        }
        var errors: [FieldError] = []
        if address.isUnspecified {
            errors.append(.invalid(path(), .string(value), "may not be unspecified (\(value))"))
        }
        if address.isLoopback {
            errors.append(.invalid(path(), .string(value), "may not be in the loopback range (127.0.0.0/8, ::1/128)"))
        }
        if address.isLinkLocal {
            errors.append(
                .invalid(path(), .string(value), "may not be in the link-local range (169.254.0.0/16, fe80::/10)"))
        }
        if address.isLinkLocalMulticast {
            errors.append(
                .invalid(
                    path(), .string(value), "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"))
        }
        return errors
    }

    /// The texts of `Warning` headers for an address that is accepted but spelled unusually.
    static func warnings(forIP value: String, path: @autoclosure () -> String) -> [String] {
        guard let address = IPAddress(value), address.isIPv6, !address.isMapped, address.text != value else {
            return []
        }
        return ["\(path()): IPv6 address \"\(value)\" should be in RFC 5952 canonical format (\"\(address.text)\")"]
    }
    static func warnings(forCIDR value: String, path: @autoclosure () -> String) -> [String] {
        guard let range = AddressRange(value), range.address.isIPv6, range.text != value else { return [] }
        return ["\(path()): IPv6 CIDR value \"\(value)\" should be in RFC 5952 canonical format (\"\(range.text)\")"]
    }
}
