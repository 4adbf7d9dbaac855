import Addresses
import Document
import Schema

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

    /// An address with its network's prefix length, in canonical form: `10.9.8.7/24`.
    static func validateInterfaceAddress(_ value: String, path: @autoclosure () -> String) -> [FieldError] {
        var zeros = false
        guard let range = AddressRange(value, hadLeadingZeros: &zeros) else {
            return [
                .invalid(
                    path(), .string(value),
                    "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)")
            ]
        }
        let length = range.text.utf8.drop { $0 != UInt8(ascii: "/") }
        let canonical = range.address.text + String(decoding: length, as: UTF8.self)
        if zeros || canonical != value {
            return [.invalid(path(), .string(value), "must be in canonical form (\"\(canonical)\")")]
        }
        return []
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
