/// What is wrong with a label's key or value, in upstream's words (`content.IsLabelKey`, `IsValidLabelValue`).
enum LabelNames {
    private static let nameForm =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
        + "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

    static func keyErrors(_ key: String) -> [String] {
        var errors: [String] = []
        let parts = key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count <= 2 else {
            return [
                "a qualified name \(nameForm) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ]
        }
        if parts.count == 2 {
            if parts[0].isEmpty {
                errors.append("prefix part must be non-empty")
            } else {
                if parts[0].count > 253 { errors.append("prefix part must be no more than 253 bytes") }
                if !isSubdomain(parts[0]) {
                    errors.append(
                        "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
                            + "and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation "
                            + "is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")
                }
            }
        }
        let name = parts[parts.count - 1]
        if name.isEmpty {
            errors.append("name part must be non-empty")
        } else if name.count > 63 {
            errors.append("name part must be no more than 63 bytes")
        }
        if !isName(name) { errors.append("name part " + nameForm) }
        return errors
    }

    static func valueErrors(_ value: String) -> [String] {
        var errors: [String] = []
        if value.utf8.count > 63 { errors.append("must be no more than 63 bytes") }
        if !value.isEmpty, !isName(value.utf8[...]) {
            errors.append(
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
                    + "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
                    + "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')")
        }
        return errors
    }

    private static func isAlphanumeric(_ b: UInt8) -> Bool { b &- 48 < 10 || (b | 0x20) &- 97 < 26 }

    private static func isName(_ bytes: Substring.UTF8View) -> Bool {
        guard let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last) else {
            return false
        }
        return bytes.allSatisfy { isAlphanumeric($0) || $0 == 45 || $0 == 46 || $0 == 95 }
    }

    private static func isSubdomain(_ bytes: Substring.UTF8View) -> Bool {
        bytes.split(separator: 46, omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.first, let last = label.last, first != 45, last != 45 else { return false }
            return label.allSatisfy { $0 &- 48 < 10 || $0 &- 97 < 26 || $0 == 45 }
        }
    }
}
