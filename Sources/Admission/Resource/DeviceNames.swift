import Document
import Schema

/// Rules for the names that devices, their pools, attributes and requests have.
enum DeviceNames {
    private static let identifierBytesMax = 32
    private static let domainBytesMax = 63
    private static let poolBytesMax = 253

    static func validateLabel(_ name: String, _ path: String) -> [FieldError] {
        Names.dnsLabel(name).map { .invalid(path, .string(name), $0) }
    }

    /// Subdomains parted by slashes.
    static func validatePool(_ name: String, _ path: String) -> [FieldError] {
        if name.isEmpty { return [.required(path)] }
        var errors: [FieldError] = []
        if name.utf8.count > poolBytesMax { errors.append(.tooLong(path, poolBytesMax)) }
        for part in name.split(separator: "/", omittingEmptySubsequences: false) {
            errors.addInvalid(path, .string(String(part)), Names.dnsSubdomain(String(part)))
        }
        return errors
    }

    /// An attribute's or capacity's name: an identifier, with or without a driver's domain before it.
    static func validateQualified(_ name: String, _ path: String) -> [FieldError] {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: return validateIdentifier(parts[0], path)
        case 2:
            let domain =
                parts[0].isEmpty
                ? [.invalid(path, "", "the domain must not be empty")]
                : CSIDriverName.validate(parts[0], path: path)
            return domain
                + (parts[1].isEmpty
                    ? [.invalid(path, "", "the name must not be empty")] : validateIdentifier(parts[1], path))
        default: return [.invalid(path, .string(name), "must not contain more than one slash")]
        }
    }

    static func validateFullyQualified(_ name: String, _ path: String) -> [FieldError] {
        var errors = validateQualified(name, path)
        if !name.contains("/") {
            errors.append(
                .invalid(
                    path, .string(name), "a fully qualified name must be a domain and a name separated by a slash"))
        }
        return errors
    }

    private static func validateIdentifier(_ name: String, _ path: String) -> [FieldError] {
        var errors: [FieldError] = []
        if name.utf8.count > identifierBytesMax { errors.append(.tooLong(path, identifierBytesMax)) }
        errors.addInvalid(path, .string(name), Names.cIdentifier(name))
        return errors
    }

    /// A key as paths show it: what is longer than a name may be loses its middle.
    static func shownKey(_ key: String, bytesMax: Int = domainBytesMax + 1 + identifierBytesMax) -> String {
        let bytes = Array(key.utf8)
        guard bytes.count > bytesMax else { return key }
        let kept = bytesMax - 3
        return String(decoding: bytes[..<((kept + 1) / 2)], as: UTF8.self) + "..."
            + String(decoding: bytes[(bytes.count - kept / 2)...], as: UTF8.self)
    }

    /// What is wrong with a UUID.
    static func validateUUID(_ text: String, _ path: String) -> [FieldError] {
        func wrong(_ detail: String) -> [FieldError] {
            [.invalid(path, .string(text), "error validating uid: " + detail)]
        }
        var bytes = Array(text.utf8)
        switch bytes.count {
        case 36: break
        case 45:
            guard text.prefix(9).lowercased() == "urn:uuid:" else {
                return wrong("invalid urn prefix: \(JSON.string(String(text.prefix(9))).text)")
            }
            bytes.removeFirst(9)
        case 38:
            guard bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}") else {
                return wrong("invalid bracketed UUID format")
            }
            bytes = Array(bytes[1..<37])
        case 32: break
        default: return wrong("invalid UUID length: \(bytes.count)")
        }
        let dashes = bytes.count == 32 ? [] : [8, 13, 18, 23]
        for (i, byte) in bytes.enumerated() {
            let fits = dashes.contains(i) ? byte == UInt8(ascii: "-") : isHex(byte)
            if !fits { return wrong("invalid UUID format") }
        }
        if text.utf8.count != 36 || text != text.lowercased() {
            return [
                .invalid(
                    path, .string(text),
                    "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters"
                )
            ]
        }
        return []
    }

    private static func isHex(_ byte: UInt8) -> Bool { byte.isDigit || (97...102).contains(byte | 0x20) }
}
