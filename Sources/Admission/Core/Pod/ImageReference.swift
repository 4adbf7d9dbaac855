/// An image's name as container registries read it: `registry:5000/team/app:tag@sha256:…`.
enum ImageReference {
    private static let pathBytesMax = 255

    static func isValid(_ image: String) -> Bool {
        var rest = Substring(image)
        if let at = rest.firstIndex(of: "@") {
            if !isDigest(rest[rest.index(after: at)...]) { return false }
            rest = rest[..<at]
        }
        let start = rest.lastIndex(of: "/").map { rest.index(after: $0) } ?? rest.startIndex
        if let colon = rest[start...].lastIndex(of: ":") {
            if !isTag(rest[rest.index(after: colon)...]) { return false }
            rest = rest[..<colon]
        }
        // 64 hexadecimal digits are an image's identity, not a name.
        if rest.utf8.count == 64, rest.utf8.allSatisfy({ $0.isDigit || (97...102).contains($0) }) { return false }
        var parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count > 1, let first = parts.first, isHost(first) {
            parts.removeFirst()
        } else if parts.count == 1 {
            parts.insert("library", at: 0)
        }
        return !parts.isEmpty && parts.allSatisfy(isComponent)
            && parts.reduce(parts.count - 1) { $0 + $1.utf8.count } <= pathBytesMax
    }

    /// Whether what stands before the first slash is a registry: it has a dot, a port or capitals, or is `localhost`.
    private static func isHost(_ part: Substring) -> Bool {
        guard part == "localhost" || part.utf8.contains(where: { $0 == 46 || $0 == 58 || (65...90).contains($0) })
        else {
            return false
        }
        let halves = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if halves.count == 2, halves[1].isEmpty || !halves[1].utf8.allSatisfy(\.isDigit) { return false }
        return halves[0].split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.utf8.first, let last = label.utf8.last else { return false }
            return first.isAlphanumeric && last.isAlphanumeric
                && label.utf8.allSatisfy { $0.isAlphanumeric || $0 == UInt8(ascii: "-") }
        }
    }

    /// Small letters and digits, parted by one dot, one or two underscores, or any number of dashes.
    private static func isComponent(_ part: Substring) -> Bool {
        guard let first = part.utf8.first, let last = part.utf8.last, first.isLowerOrDigit, last.isLowerOrDigit else {
            return false
        }
        var separator: [UInt8] = []
        for byte in part.utf8 {
            if byte.isLowerOrDigit {
                separator.removeAll(keepingCapacity: true)
                continue
            }
            separator.append(byte)
            let isDashes = separator.allSatisfy { $0 == UInt8(ascii: "-") }
            if !isDashes, separator != [46], separator != [95], separator != [95, 95] { return false }
        }
        return true
    }

    private static func isTag(_ tag: Substring) -> Bool {
        guard let first = tag.utf8.first, tag.utf8.count <= 128, first.isAlphanumeric || first == 95 else {
            return false
        }
        return tag.utf8.allSatisfy { $0.isAlphanumeric || $0 == 95 || $0 == 46 || $0 == 45 }
    }

    /// `sha256:` and the like, and at least 32 hexadecimal digits.
    private static func isDigest(_ digest: Substring) -> Bool {
        guard let colon = digest.firstIndex(of: ":") else { return false }
        let digits = digest[digest.index(after: colon)...].utf8
        return digest.utf8.first?.isLetter ?? false && digits.count >= 32
            && digits.allSatisfy { $0.isDigit || (97...102).contains($0 | 0x20) }
    }
}
