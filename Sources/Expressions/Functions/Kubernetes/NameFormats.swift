internal import Document

/// What names, labels and other short texts must look like, and Kubernetes' words for what is wrong with one.
enum NameFormats {
    private static let part = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"

    private static func isLowerOrDigit(_ c: UInt8) -> Bool { (97...122).contains(c) || (48...57).contains(c) }
    private static func isLetterOrDigit(_ c: UInt8) -> Bool { isLowerOrDigit(c) || (65...90).contains(c) }

    private static func isLabel(_ text: some Collection<UInt8>) -> Bool {
        let b = Array(text)
        guard let first = b.first, let last = b.last, isLowerOrDigit(first), isLowerOrDigit(last) else { return false }
        return b.allSatisfy { isLowerOrDigit($0) || $0 == 45 }
    }

    private static func isSubdomain(_ text: String) -> Bool {
        text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { isLabel($0) }
    }

    private static func isQualified(_ text: some Collection<UInt8>) -> Bool {
        let b = Array(text)
        guard let first = b.first, let last = b.last, isLetterOrDigit(first), isLetterOrDigit(last) else {
            return false
        }
        return b.allSatisfy { isLetterOrDigit($0) || $0 == 45 || $0 == 95 || $0 == 46 }
    }

    private static func rule(_ words: String, _ expression: String, _ examples: String) -> String {
        "\(words) (e.g. \(examples), regex used for validation is '\(expression)')"
    }

    private static func tooLong(_ text: String, _ most: Int, _ unit: String = "characters") -> [String] {
        text.utf8.count > most ? ["must be no more than \(most) \(unit)"] : []
    }

    /// A name to be completed by random letters may end with a dash.
    private static func completed(_ text: String, _ isPrefix: Bool) -> String {
        isPrefix && text.hasSuffix("-") && text.utf8.count > 1 ? String(text.dropLast()) + "a" : text
    }

    static func label(_ given: String, isPrefix: Bool) -> [String] {
        let text = completed(given, isPrefix)
        var wrong = tooLong(text, 63)
        if !isLabel(text.utf8) {
            wrong.append(
                isSubdomain(text)
                    ? "must not contain dots"
                    : rule(
                        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
                        part, "'my-name',  or '123-abc'"))
        }
        return wrong
    }

    static func subdomain(_ given: String, isPrefix: Bool) -> [String] {
        let text = completed(given, isPrefix)
        var wrong = tooLong(text, 253)
        if !isSubdomain(text) {
            wrong.append(
                rule(
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
                    "\(part)(\\.\(part))*", "'example.com'"))
        }
        return wrong
    }

    static func label1035(_ given: String, isPrefix: Bool) -> [String] {
        let text = completed(given, isPrefix)
        var wrong = tooLong(text, 63)
        if !isLabel(text.utf8) || !(text.utf8.first.map { (97...122).contains($0) } ?? false) {
            wrong.append(
                rule(
                    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
                    "[a-z]([-a-z0-9]*[a-z0-9])?", "'my-name',  or 'abc-123'"))
        }
        return wrong
    }

    static func qualifiedName(_ text: String) -> [String] {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let words = rule(
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
            "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]", "'MyName',  or 'my.name',  or '123-abc'")
        guard parts.count <= 2 else {
            return [
                "a valid label key \(words) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ]
        }
        var wrong: [String] = []
        if parts.count == 2 {
            if parts[0].isEmpty {
                wrong.append("prefix part must be non-empty")
            } else {
                wrong += subdomain(parts[0], isPrefix: false).map { "prefix part " + $0 }
            }
        }
        let name = parts[parts.count - 1]
        wrong += name.isEmpty ? ["name part must be non-empty"] : tooLong(name, 63, "bytes").map { "name part " + $0 }
        if !isQualified(name.utf8) { wrong.append("name part " + words) }
        return wrong
    }

    static func labelValue(_ text: String) -> [String] {
        var wrong = tooLong(text, 63, "bytes")
        if !text.isEmpty, !isQualified(text.utf8) {
            wrong.append(
                rule(
                    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
                    "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?", "'MyValue',  or 'my_value',  or '12345'"))
        }
        return wrong
    }

    static func isUUID(_ text: String) -> Bool {
        let hex = text.utf8.filter { $0 != 45 }
        guard hex.count == 32, hex.allSatisfy({ (48...57).contains($0) || (97...102).contains($0 | 0x20) }) else {
            return false
        }
        // Dashes may be left out, but stand nowhere else.
        var places = 0
        for byte in text.utf8 {
            if byte == 45 {
                guard [8, 12, 16, 20].contains(places) else { return false }
            } else {
                places += 1
            }
        }
        return text.utf8.count <= 36
    }

    static func isBase64(_ text: String) -> Bool { text.utf8.count % 4 == 0 && (try? Base64.decode(text)) != nil }
}

/// A text format that has a name: `format.dns1123Label()`.
public struct NamedFormat: Sendable {
    let name: String
    /// The length of the pattern that costs are reckoned with.
    let patternLength: UInt64
    /// What is wrong with a text.
    let check: @Sendable (String) -> [String]

    /// The longest pattern, for reckoning ahead.
    static let patternLengthMax: UInt64 = 128

    static let all: [(String, NamedFormat)] = [
        ("dns1123Label", .init(name: "DNS1123Label", patternLength: 30) { NameFormats.label($0, isPrefix: false) }),
        (
            "dns1123Subdomain",
            .init(name: "DNS1123Subdomain", patternLength: 60) { NameFormats.subdomain($0, isPrefix: false) }
        ),
        ("dns1035Label", .init(name: "DNS1035Label", patternLength: 30) { NameFormats.label1035($0, isPrefix: false) }),
        ("qualifiedName", .init(name: "QualifiedName", patternLength: 60) { NameFormats.qualifiedName($0) }),
        (
            "dns1123LabelPrefix",
            .init(name: "DNS1123LabelPrefix", patternLength: 30) { NameFormats.label($0, isPrefix: true) }
        ),
        (
            "dns1123SubdomainPrefix",
            .init(name: "DNS1123SubdomainPrefix", patternLength: 60) { NameFormats.subdomain($0, isPrefix: true) }
        ),
        (
            "dns1035LabelPrefix",
            .init(name: "DNS1035LabelPrefix", patternLength: 30) { NameFormats.label1035($0, isPrefix: true) }
        ),
        ("labelValue", .init(name: "LabelValue", patternLength: 40) { NameFormats.labelValue($0) }),
        (
            "uri",
            .init(name: "URI", patternLength: 1153) {
                URLText($0) == nil ? ["parse \(StringFormat.quoted($0)): invalid URI for request"] : []
            }
        ),
        (
            "uuid",
            .init(name: "uuid", patternLength: 77) {
                NameFormats.isUUID($0) ? [] : ["does not match the UUID format"]
            }
        ),
        ("byte", .init(name: "byte", patternLength: 82) { NameFormats.isBase64($0) ? [] : ["invalid base64"] }),
        (
            "date",
            .init(name: "date", patternLength: 90) {
                $0.utf8.count == 10 && Moment($0 + "T00:00:00Z") != nil ? [] : ["invalid date"]
            }
        ),
        ("datetime", .init(name: "datetime", patternLength: 90) { Moment($0) == nil ? ["invalid datetime"] : [] }),
    ]
}
