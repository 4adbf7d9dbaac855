/// A version as semver.org has it: `1.2.3-rc.1+build`.
public struct SemanticVersion: Sendable, Equatable {
    let major: UInt64
    let minor: UInt64
    let patch: UInt64
    let prerelease: [String]
    let build: [String]

    /// Builds do not tell versions apart.
    public static func == (a: SemanticVersion, b: SemanticVersion) -> Bool { a.compare(b) == 0 }

    init?(_ text: String) {
        var rest = Substring(text)
        var build: [String] = []
        if let plus = rest.firstIndex(of: "+") {
            build = SemanticVersion.identifiers(rest[rest.index(after: plus)...])
            guard !build.isEmpty else { return nil }
            rest = rest[..<plus]
        }
        var prerelease: [String] = []
        if let dash = rest.firstIndex(of: "-") {
            prerelease = SemanticVersion.identifiers(rest[rest.index(after: dash)...])
            guard !prerelease.isEmpty,
                !prerelease.contains(where: { $0.utf8.count > 1 && $0.hasPrefix("0") && SemanticVersion.isNumber($0) })
            else { return nil }
            rest = rest[..<dash]
        }
        let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        var numbers: [UInt64] = []
        for part in parts {
            guard SemanticVersion.isNumber(part), part == "0" || !part.hasPrefix("0"), let n = UInt64(part) else {
                return nil
            }
            numbers.append(n)
        }
        (major, minor, patch) = (numbers[0], numbers[1], numbers[2])
        self.prerelease = prerelease
        self.build = build
    }

    /// Reads also `v1`, `1.2` and numbers with leading zeros.
    init?(lenient text: String) {
        var rest = Substring(text)
        if rest.hasPrefix("v") { rest = rest.dropFirst() }
        var parts = rest.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).map { part in
            guard part.utf8.count > 1 else { return String(part) }
            let stripped = part.drop { $0 == "0" }
            guard let first = stripped.utf8.first, (48...57).contains(first) else { return "0" + stripped }
            return String(stripped)
        }
        if parts.count < 3 {
            guard let last = parts.last, !last.contains("+"), !last.contains("-") else { return nil }
            while parts.count < 3 { parts.append("0") }
        }
        self.init(parts.joined(separator: "."))
    }

    private static func isNumber(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
    }

    /// The parts between dots; none when one is empty or has other characters than it may.
    private static func identifiers(_ text: Substring) -> [String] {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let areFine = parts.allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy {
                    (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45
                }
        }
        return areFine ? parts : []
    }

    var text: String {
        "\(major).\(minor).\(patch)" + (prerelease.isEmpty ? "" : "-" + prerelease.joined(separator: "."))
            + (build.isEmpty ? "" : "+" + build.joined(separator: "."))
    }

    func compare(_ other: SemanticVersion) -> Int {
        for (a, b) in [(major, other.major), (minor, other.minor), (patch, other.patch)] where a != b {
            return a < b ? -1 : 1
        }
        if prerelease.isEmpty || other.prerelease.isEmpty {
            return prerelease.isEmpty == other.prerelease.isEmpty ? 0 : prerelease.isEmpty ? 1 : -1
        }
        for (a, b) in zip(prerelease, other.prerelease) where a != b {
            switch (SemanticVersion.isNumber(a), SemanticVersion.isNumber(b)) {
            case (true, true):
                if a.utf8.count != b.utf8.count { return a.utf8.count < b.utf8.count ? -1 : 1 }
                return a < b ? -1 : 1
            case (true, false): return -1
            case (false, true): return 1
            case (false, false): return a < b ? -1 : 1
            }
        }
        let (a, b) = (prerelease.count, other.prerelease.count)
        return a < b ? -1 : a == b ? 0 : 1
    }
}
