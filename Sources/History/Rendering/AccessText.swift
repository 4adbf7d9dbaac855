public import Document

/// Rights over time and sessions, as text.
extension AuditText {
    /// Who might do something, and since when.
    public static func whoCould(_ answer: JSON, _ ink: Ink) -> String {
        let items = answer["items"]?.elements ?? []
        if items.isEmpty { return "nobody but system:masters" }
        let rows = items.map { item -> [String] in
            [
                item["subject"]?.string ?? "", moment(item["granted"], ink) ?? "before",
                moment(item["ended"], ink) ?? ink.green("still"),
                "\(item["binding"]?.string ?? "") → \(item["rule"]?.string ?? "")",
            ]
        }
        let isSpan = answer["from"] != answer["to"]
        let titles = isSpan ? ["WHO", "SINCE", "UNTIL", "BY"] : ["WHO", "BY"]
        return TextTable(titles, isSpan ? rows : rows.map { [$0[0], $0[3]] }).text
            .split(separator: "\n").map { ink.fit(String($0)) }.joined(separator: "\n")
    }

    private static func moment(_ event: JSON?, _ ink: Ink) -> String? {
        event.map {
            "\(ink.clock($0["time"]?.string)) \(ink.cyan($0.number("revision"))) by \(Ink.user($0["user"]?.string ?? ""))"
        }
    }

    /// What goes with the roles that somebody needed: how many requests they come from, and what he holds in vain.
    public static func minimal(_ answer: JSON, _ ink: Ink) -> String {
        var lines = ["\(answer.number("requests")) requests of \(answer["user"]?.string ?? "")"]
        if let denied = answer["denied"]?.int, denied > 0 { lines[0] += ", \(denied) of them forbidden" }
        if answer["isCut"] == true { lines[0] += "; older ones were not looked at (--since, --until)" }
        let unused = answer["unused"]?.elements ?? []
        if !unused.isEmpty { lines.append("held and not needed:") }
        for item in unused {
            let place = item["namespace"]?.string.map { " in \($0)" } ?? ""
            lines.append(ink.dim("  \(item["rule"]?.text ?? "")\(place)"))
        }
        return lines.map(ink.fit).joined(separator: "\n")
    }

    /// A session a line, the newest last.
    public static func sessions(_ answer: JSON, _ ink: Ink) -> String {
        let rows = (answer["items"]?.elements ?? []).reversed().map { item -> [String] in
            let code = item["code"]?.int ?? 0
            let container = item["container"]?.string ?? ""
            return [
                ink.clock(item["time"]?.string), Ink.user(item["user"]?.string ?? ""), item["session"]?.string ?? "",
                "\(item["pod"]?.string ?? "") -n \(item["namespace"]?.string ?? "")"
                    + (container.isEmpty ? "" : " -c \(container)"),
                code < 400 ? "\(code)" : ink.red("\(code)"),
                (item["command"]?.strings ?? []).map(quoted).joined(separator: " "),
                ink.dim(item["auditID"]?.string ?? ""),
            ]
        }
        if rows.isEmpty { return "no such session" }
        var lines = TextTable(["TIME", "USER", "WHAT", "POD", "CODE", "COMMAND", "REQUEST"], Array(rows)).text
            .split(separator: "\n").map { ink.fit(String($0)) }
        if answer["goesOn"] == true { lines.append(ink.dim("there are older ones (--limit, --since)")) }
        return lines.joined(separator: "\n")
    }

    /// A word as a shell would have to be told it.
    private static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.utf8.allSatisfy { byte in
                (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5A) || (byte >= 0x61 && byte <= 0x7A)
                    || "-_./=:,@+%".utf8.contains(byte)
            }
        return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
