/// Rules for names, labels and other short texts. Each function answers what is wrong with the value in Kubernetes' words;
/// nothing when it is right.
enum Names {
    private static let label1123 = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    private static let label1123Rule =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
        + "alphanumeric character"
    private static let subdomainRule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
        + "with an alphanumeric character"

    /// How a length limit is worded: names count "characters", newer declarative rules and label parts "bytes".
    enum LengthUnit: String { case characters, bytes }

    static func tooLong(_ limit: Int, _ unit: LengthUnit = .characters) -> String {
        "must be no more than \(limit) \(unit.rawValue)"
    }

    /// Upstream's `RegexError`: the rule, examples, and the expression it is checked with.
    static func pattern(_ rule: String, _ expression: String, _ examples: String...) -> String {
        guard !examples.isEmpty else { return rule + " (regex used for validation is '\(expression)')" }
        let shown = examples.map { "'\($0)', " }.joined(separator: " or ")
        return rule + " (e.g. " + shown + "regex used for validation is '\(expression)')"
    }

    static func dnsLabel(_ value: String, _ unit: LengthUnit = .characters) -> [String] {
        var wrong: [String] = []
        if value.utf8.count > 63 { wrong.append(tooLong(63, unit)) }
        if !isDNSLabel(value.utf8) {
            wrong.append(
                isDNSSubdomain(value.utf8)
                    ? "must not contain dots" : pattern(label1123Rule, label1123, "my-name", "123-abc"))
        }
        return wrong
    }

    static func dnsSubdomain(_ value: String, _ unit: LengthUnit = .characters) -> [String] {
        var wrong: [String] = []
        if value.utf8.count > 253 { wrong.append(tooLong(253, unit)) }
        if !isDNSSubdomain(value.utf8) {
            wrong.append(pattern(subdomainRule, label1123 + "(\\." + label1123 + ")*", "example.com"))
        }
        return wrong
    }

    /// A subdomain whose labels may hold, and start with, underscores: DNS search domains.
    static func dnsSubdomainWithUnderscore(_ value: String) -> [String] {
        var wrong: [String] = []
        if value.utf8.count > 253 { wrong.append(tooLong(253)) }
        let fine = value.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { part in
            let rest = part.first == UInt8(ascii: "_") ? part.dropFirst() : part
            guard let first = rest.first, let last = rest.last, first.isLowerOrDigit, last.isLowerOrDigit else {
                return false
            }
            return rest.allSatisfy { $0.isLowerOrDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        }
        if !fine {
            let part = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
            wrong.append(
                pattern(
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must "
                        + "start and end with an alphanumeric character", part + "(\\." + part + ")*", "example.com"))
        }
        return wrong
    }

    static func dns1035Label(_ value: String) -> [String] {
        var wrong: [String] = []
        if value.utf8.count > 63 { wrong.append(tooLong(63)) }
        if !isDNSLabel(value.utf8) || !(value.utf8.first.map { $0.isLower } ?? false) {
            wrong.append(
                pattern(
                    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
                        + "character, and end with an alphanumeric character", "[a-z]([-a-z0-9]*[a-z0-9])?", "my-name",
                    "abc-123"))
        }
        return wrong
    }

    /// `*.` and a subdomain.
    static func wildcardSubdomain(_ value: String) -> [String] {
        var wrong: [String] = []
        if value.utf8.count > 253 { wrong.append(tooLong(253)) }
        if !(value.hasPrefix("*.") && isDNSSubdomain(value.utf8.dropFirst(2))) {
            wrong.append(
                pattern(
                    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
                        + "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
                    "\\*\\." + label1123 + "(\\." + label1123 + ")*", "*.example.com"))
        }
        return wrong
    }

    /// A label key: a name, with or without a subdomain before a slash.
    static func qualifiedName(_ value: String) -> [String] {
        let parts = value.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let rule = pattern(
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
            "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]", "MyName", "my.name", "123-abc")
        guard parts.count <= 2 else {
            return [
                "a valid label key " + rule
                    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ]
        }
        var wrong: [String] = []
        if parts.count == 2 {
            let prefix = String(Substring(parts[0]))
            if prefix.isEmpty {
                wrong.append("prefix part must be non-empty")
            } else {
                wrong += dnsSubdomain(prefix, .bytes).map { "prefix part " + $0 }
            }
        }
        let name = parts[parts.count - 1]
        if name.isEmpty {
            wrong.append("name part must be non-empty")
        } else if name.count > 63 {
            wrong.append("name part " + tooLong(63, .bytes))
        }
        if !isLabelName(name) { wrong.append("name part " + rule) }
        return wrong
    }

    static func isQualifiedName(_ value: String) -> Bool {
        let bytes = value.utf8
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else {
            return bytes.count <= 63 && isLabelName(bytes)
        }
        let (prefix, name) = (bytes[..<slash], bytes[bytes.index(after: slash)...])
        return prefix.count <= 253 && isDNSSubdomain(prefix) && name.count <= 63 && isLabelName(name)
    }

    static func labelValue(_ value: String) -> [String] {
        var wrong: [String] = []
        if value.utf8.count > 63 { wrong.append(tooLong(63, .bytes)) }
        if !value.isEmpty, !isLabelName(value.utf8) {
            wrong.append(
                pattern(
                    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
                        + "and end with an alphanumeric character", "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?",
                    "MyValue",
                    "my_value", "12345"))
        }
        return wrong
    }

    /// The key of a ConfigMap's or Secret's data.
    static func configKey(_ value: String) -> [String] {
        var wrong: [String] = []
        if value.utf8.count > 253 { wrong.append(tooLong(253)) }
        if value.isEmpty || !value.utf8.allSatisfy({ $0.isAlphanumeric || $0 == 45 || $0 == 95 || $0 == 46 }) {
            wrong.append(
                pattern(
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'", "[-._a-zA-Z0-9]+",
                    "key.name",
                    "KEY_NAME", "key-name"))
        }
        return wrong + dotPrefix(value)
    }

    static func dotPrefix(_ value: String) -> [String] {
        if value == "." { return ["must not be '.'"] }
        if value == ".." { return ["must not be '..'"] }
        return value.hasPrefix("..") ? ["must not start with '..'"] : []
    }

    /// An environment variable's name: printable ASCII without `=`.
    static func environmentVariable(_ value: String) -> [String] {
        if value.isEmpty { return ["environment variable name must be non-empty"] }
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "=") }) else {
            return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
        }
        return []
    }

    static func cIdentifier(_ value: String) -> [String] {
        let bytes = value.utf8
        let fine =
            (bytes.first.map { $0.isLetter || $0 == 95 } ?? false) && bytes.allSatisfy { $0.isAlphanumeric || $0 == 95 }
        if fine { return [] }
        return [
            pattern(
                "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters "
                    + "or '_'", "[A-Za-z_][A-Za-z0-9_]*", "my_name", "MY_NAME", "MyName")
        ]
    }

    static func httpHeader(_ value: String) -> [String] {
        if !value.isEmpty, value.utf8.allSatisfy({ $0.isAlphanumeric || $0 == 45 }) { return [] }
        return [
            pattern(
                "a valid HTTP header must consist of alphanumeric characters or '-'", "[-A-Za-z0-9]+", "X-Header-Name")
        ]
    }

    static func portName(_ value: String) -> [String] {
        let bytes = value.utf8
        var wrong: [String] = []
        if bytes.count > 15 { wrong.append(tooLong(15)) }
        if bytes.isEmpty || !bytes.allSatisfy({ $0.isLowerOrDigit || $0 == 45 }) {
            wrong.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
        }
        if !bytes.contains(where: \.isLower) { wrong.append("must contain at least one letter (a-z)") }
        if zip(bytes, bytes.dropFirst()).contains(where: { $0 == 45 && $1 == 45 }) {
            wrong.append("must not contain consecutive hyphens")
        }
        if bytes.first == 45 || bytes.last == 45 { wrong.append("must not begin or end with a hyphen") }
        return wrong
    }

    static func percent(_ value: String) -> [String] {
        let digits = value.utf8.dropLast()
        if value.utf8.last == UInt8(ascii: "%"), !digits.isEmpty, digits.allSatisfy(\.isDigit) { return [] }
        return [
            pattern("a valid percent string must be a numeric string followed by an ending '%'", "[0-9]+%", "1%", "93%")
        ]
    }

    /// A name that can stand in a URL's path; a prefix of one when something will be appended.
    static func pathSegment(_ value: String, isPrefix: Bool = false) -> [String] {
        if !isPrefix, value == "." || value == ".." { return ["may not be '\(value)'"] }
        var wrong: [String] = []
        if value.utf8.contains(UInt8(ascii: "/")) { wrong.append("may not contain '/'") }
        if value.utf8.contains(UInt8(ascii: "%")) { wrong.append("may not contain '%'") }
        return wrong
    }

    /// What `rule` says of `metadata.name`, or of `generateName` when `isPrefix`: a last dash then stands for what will follow.
    static func check(_ value: String, _ rule: NameRule, isPrefix: Bool = false) -> [String] {
        var value = value
        if isPrefix, rule != .pathSegment, value.utf8.count > 1, value.utf8.last == 45 {
            value = String(value.dropLast(2)) + "a"
        }
        switch rule {
        case .dnsSubdomain: return dnsSubdomain(value)
        case .longName: return dnsSubdomain(value, isPrefix ? .characters : .bytes)
        case .dnsLabel: return dnsLabel(value)
        case .dns1035Label: return dns1035Label(value)
        case .pathSegment: return pathSegment(value, isPrefix: isPrefix)
        case .address: return AddressRules.complaints(aboutCanonicalIP: value)
        }
    }

    // MARK: the forms themselves

    static func isDNSLabel(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        guard let first = bytes.first, let last = bytes.last, first.isLowerOrDigit, last.isLowerOrDigit else {
            return false
        }
        return bytes.allSatisfy { $0.isLowerOrDigit || $0 == UInt8(ascii: "-") }
    }

    static func isDNSSubdomain(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        var before = UInt8(ascii: ".")
        for b in bytes {
            switch b {
            case UInt8(ascii: "."), UInt8(ascii: "-"):
                if before == UInt8(ascii: ".") || (b == UInt8(ascii: ".") && before == UInt8(ascii: "-")) {
                    return false
                }
            default: if !b.isLowerOrDigit { return false }
            }
            before = b
        }
        return before.isLowerOrDigit
    }

    static func isLabelName(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        guard let first = bytes.first, let last = bytes.last, first.isAlphanumeric, last.isAlphanumeric else {
            return false
        }
        return bytes.allSatisfy { $0.isAlphanumeric || $0 == 45 || $0 == 95 || $0 == 46 }
    }
}

extension UInt8 {
    var isDigit: Bool { self >= 48 && self <= 57 }
    var isLower: Bool { self >= 97 && self <= 122 }
    var isLetter: Bool { self | 0x20 >= 97 && self | 0x20 <= 122 }
    var isLowerOrDigit: Bool { isLower || isDigit }
    var isAlphanumeric: Bool { isLetter || isDigit }
}
