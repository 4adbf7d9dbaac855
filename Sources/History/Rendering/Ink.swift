public import Document

/// How text is written: with colours or without, how wide, and seen from when.
public struct Ink: Sendable {
    public var hasColour: Bool
    /// Columns of the terminal; lines are not cut when it is 0.
    public var width: Int
    public var now: Timestamp
    public init(hasColour: Bool = false, width: Int = 0, now: Timestamp) {
        self.hasColour = hasColour
        self.width = width
        self.now = now
    }

    private func paint(_ code: String, _ text: String) -> String {
        hasColour && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
    public func red(_ text: String) -> String { paint("31", text) }
    public func green(_ text: String) -> String { paint("32", text) }
    public func yellow(_ text: String) -> String { paint("33", text) }
    public func cyan(_ text: String) -> String { paint("36", text) }
    public func bold(_ text: String) -> String { paint("1", text) }
    public func dim(_ text: String) -> String { paint("2", text) }

    /// Columns that a text takes: escapes take none.
    static func columns(_ text: String) -> Int {
        var count = 0
        var inEscape = false
        for c in text.unicodeScalars {
            if inEscape { inEscape = c != "m" } else if c == "\u{1B}" { inEscape = true } else { count += 1 }
        }
        return count
    }

    /// The line cut to the terminal, with an ellipsis.
    public func fit(_ line: String) -> String {
        guard width > 0, Self.columns(line) > width else { return line }
        var out = ""
        var count = 0
        var inEscape = false
        for c in line.unicodeScalars {
            if inEscape {
                inEscape = c != "m"
            } else if c == "\u{1B}" {
                inEscape = true
            } else {
                if count == width - 1 { break }
                count += 1
            }
            out.unicodeScalars.append(c)
        }
        return out + "…" + (hasColour ? "\u{1B}[0m" : "")
    }

    /// `14:02:11` when it was within a day, otherwise with the date. UTC.
    public func clock(_ text: String?) -> String {
        guard let text, let time = Timestamp(rfc3339: text) else { return text ?? "" }
        let whole = time.rfc3339
        let isNear = abs(now.since(time)) < 20 * 3600 * 1_000_000
        return isNear ? String(whole.dropFirst(11).dropLast()) : String(whole.dropLast().replacing("T", with: " "))
    }

    /// `12s`, `5m`, `3h`, `2d` before now.
    func age(_ text: String?) -> String {
        guard let text, let time = Timestamp(rfc3339: text) else { return "" }
        return Self.span(max(now.since(time), 0))
    }

    /// Microseconds as people say them: `40ms`, `12s`, `5m`, `3h`, `2d`.
    static func span(_ micros: Int64) -> String {
        switch micros {
        case ..<1_000_000: "\(micros / 1000)ms"
        case ..<120_000_000: "\(micros / 1_000_000)s"
        case ..<7_200_000_000: "\(micros / 60_000_000)m"
        case ..<172_800_000_000: "\(micros / 3_600_000_000)h"
        default: "\(micros / 86_400_000_000)d"
        }
    }

    /// A user's name without what all have in common: `deployment-controller`, `shop/robot`, `kubelet node-1`.
    static func user(_ name: String) -> String {
        if name.isEmpty { return "(nobody)" }
        if name.hasPrefix("system:serviceaccount:kube-system:") { return String(name.dropFirst(34)) }
        if name.hasPrefix("system:serviceaccount:") { return String(name.dropFirst(22).replacing(":", with: "/")) }
        if name.hasPrefix("system:node:") { return "kubelet " + name.dropFirst(12) }
        if name == "system:anonymous" || name == "system:masters" { return name }
        return name.hasPrefix("system:") ? String(name.dropFirst(7)) : name
    }

    /// `deployment/web`, and in which namespace when it is told.
    public static func object(_ reference: JSON?, withNamespace: Bool = true) -> String {
        let name = reference?["name"]?.string ?? ""
        var kind = (reference?["kind"]?.string ?? "").lowercased()
        if kind.isEmpty { kind = EventSummary.singular(reference?["resource"]?.string ?? "") }
        let text = "\(kind)/\(name)"
        guard withNamespace, let namespace = reference?["namespace"]?.string, !namespace.isEmpty else { return text }
        return text + " -n " + namespace
    }

    /// A value on one line.
    static func value(_ value: JSON?, most: Int = 120) -> String {
        guard let value else { return "" }
        let text = value.text
        return text.count > most ? text.prefix(most - 1) + "…" : text
    }

    /// One changed field: `spec.replicas: 2 → 3`, `+ a.b: 1`, `- a.b: 1`.
    public func field(_ path: String, _ old: JSON?, _ new: JSON?) -> String {
        switch (old, new) {
        case (nil, let new?): green("+ \(path): \(Self.value(new))")
        case (let old?, nil): red("- \(path): \(Self.value(old))")
        case (let old?, let new?):
            "\(yellow("~")) \(path): \(red(Self.value(old, most: 60))) → \(green(Self.value(new, most: 60)))"
        case (nil, nil): path
        }
    }
}

extension JSON {
    /// A number of an answer as text.
    func number(_ name: String) -> String { self[name]?.int.map { String($0) } ?? "" }
}
