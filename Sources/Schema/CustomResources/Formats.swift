import Document

/// The string formats that CustomResourceDefinitions may ask for. Unknown ones accept everything, as upstream has it.
enum Formats {
    static func accepts(_ text: String, _ format: String) -> Bool {
        switch format {
        case "date-time", "datetime": Timestamp(rfc3339: text) != nil
        case "date": text.utf8.count == 10 && Timestamp(rfc3339: text + "T00:00:00Z") != nil
        case "byte": (try? Base64.decode(text)) != nil
        case "ipv4": isIPv4(text)
        case "ipv6": isIPv6(text)
        case "cidr": isCIDR(text)
        case "uuid", "uuid3", "uuid4", "uuid5": uuid.matches(text)
        case "mac": mac.matches(text)
        case "email": email.matches(text)
        case "hostname": text.utf8.count <= 253 && hostname.matches(text)
        case "uri": uri.matches(text)
        case "hexcolor": color.matches(text)
        case "duration": duration.matches(text)
        default: true
        }
    }

    private static let uuid = Pattern(
        "^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$")!
    private static let mac = Pattern("^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$")!
    private static let email = Pattern("^[^@ <>()]+@[^@ <>()]+$")!
    private static let hostname = Pattern(
        "^[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?(\\.[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?)*$")!
    private static let uri = Pattern("^[a-zA-Z][a-zA-Z0-9+.-]*:[^ ]+$")!
    private static let color = Pattern("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")!
    private static let duration = Pattern(
        "^-?([0-9]+(\\.[0-9]*)?|\\.[0-9]+) *(ns|us|µs|ms|s|m|h|d|w)( *([0-9]+(\\.[0-9]*)?|\\.[0-9]+) *(ns|us|µs|ms|s|m|h|d|w))*$"
    )!

    static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                part.utf8.count <= 3 && !part.isEmpty && part.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
                    && Int(part)! < 256
                    && (part.utf8.count == 1 || part.utf8.first != 48)
            }
    }

    static func isIPv6(_ text: String) -> Bool {
        let halves = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard halves.count >= 3, halves.count <= 9 else { return false }
        var groups = 0
        var gaps = 0
        for (i, part) in halves.enumerated() {
            if part.isEmpty {
                // An empty part is one side of "::" at the ends, or "::" itself in between.
                if i == 0 || i == halves.count - 1 {
                    guard halves[i == 0 ? 1 : i - 1].isEmpty else { return false }
                } else {
                    gaps += 1
                }
                continue
            }
            if i == halves.count - 1, part.contains(".") {
                guard isIPv4(part) else { return false }
                groups += 2
                continue
            }
            guard part.utf8.count <= 4,
                part.utf8.allSatisfy({
                    UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 | 0x20
                })
            else { return false }
            groups += 1
        }
        return gaps == 0 ? groups == 8 : gaps == 1 && groups < 8
    }

    static func isCIDR(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let bits = Int(parts[1]), bits >= 0, String(bits) == parts[1] else { return false }
        return (isIPv4(parts[0]) && bits <= 32) || (isIPv6(parts[0]) && bits <= 128)
    }
}
