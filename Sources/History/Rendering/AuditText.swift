public import Document

/// Who was let in and who was not, as text.
public enum AuditText {
    /// A request a line, the newest last.
    public static func list(_ answer: JSON, _ ink: Ink) -> String {
        let items = (answer["items"]?.elements ?? []).reversed()
        let rows = items.map { item -> [String] in
            let code = item["code"]?.int ?? 0
            let status = code < 300 ? "\(code)" : ink.red("\(code)")
            return [
                ink.clock(item["time"]?.string), who(item), item["verb"]?.string ?? "", target(item), status, by(item),
                ink.dim(item["auditID"]?.string ?? ""),
            ]
        }
        var lines = TextTable(["TIME", "USER", "VERB", "WHAT", "CODE", "BY", "REQUEST"], rows).text
            .split(separator: "\n").map { ink.fit(String($0)) }
        if rows.isEmpty { lines = ["no such request"] }
        var notes: [String] = []
        if let own = answer["leftOut"]?.int { notes.append("left out: \(own) of the cluster's own components (--all)") }
        if answer["continue"] != nil { notes.append("there are older ones (--limit, --since)") }
        if !notes.isEmpty { lines.append(ink.dim(notes.joined(separator: "; "))) }
        return lines.joined(separator: "\n")
    }

    private static func who(_ item: JSON) -> String {
        let user = Ink.user(item["user"]?.string ?? "")
        return item["impersonatedBy"]?.string.map { "\(user) (as asked by \(Ink.user($0)))" } ?? user
    }

    private static func target(_ item: JSON) -> String {
        let path = item["path"]?.string ?? ""
        let parts = path.split(separator: "/").map(String.init)
        guard let first = parts.first, first == "api" || first == "apis" else { return path }
        var rest = parts.dropFirst(first == "api" ? 2 : 3)
        if rest.first == "namespaces", rest.count > 2 {
            let namespace = rest[rest.startIndex + 1]
            rest = rest.dropFirst(2)
            return rest.joined(separator: "/") + " -n " + namespace
        }
        return rest.isEmpty ? path : rest.joined(separator: "/")
    }

    /// What let him in, or what turned him away.
    private static func by(_ item: JSON) -> String {
        if let verdicts = item["verdicts"]?.elements, !verdicts.isEmpty {
            // The one that knew most about the credential says most.
            let told = verdicts.filter { !["noCredential", "malformed"].contains($0["refusal"]?.string ?? "") }
            return (told.isEmpty ? verdicts : told).map {
                "\($0["authenticator"]?.string ?? ""): \($0["meaning"]?.string ?? "")"
            }.joined(separator: "; ")
        }
        let credential = [item["authenticator"]?.string, item["credential"]?.string].compactMap(\.self)
            .joined(separator: " ")
        if let fact = item["admission"]?.elements.first(where: { $0["effect"] == "refused" }) {
            return "\(credential), admission \(fact["plugin"]?.string ?? ""): \(Ink.value(fact["detail"], most: 80))"
        }
        if item["verdict"] == "denied" { return "\(credential), no rule allows it" }
        if let rule = item["rule"]?.string { return "\(credential), \(item["binding"]?.string ?? "") → \(rule)" }
        return credential + (item["authorizer"]?.string.map { ", \($0)" } ?? "")
    }

    /// One request whole.
    public static func explain(_ answer: JSON, _ ink: Ink) -> String {
        let event = answer["event"] ?? .null
        let code = event["code"]?.int ?? 0
        var rows: [[String]] = []
        func row(_ title: String, _ text: String?) {
            if let text, !text.isEmpty { rows.append([ink.dim(title), text]) }
        }
        let outcome = "\(code) \(event["reason"]?.string ?? "")"
        row("request", "\(event["verb"]?.string ?? "") \(event["path"]?.string ?? "")")
        row("answered", code < 300 ? ink.green(outcome) : ink.red(outcome))
        row("when", "\(event["time"]?.string ?? ""), seeing revision \(event.number("revision"))")
        row(
            "client",
            [event["userAgent"]?.string, event["source"]?.string].compactMap(\.self).joined(separator: " from "))
        row("user", event["user"]?.string)
        row("groups", event["groups"]?.strings.joined(separator: ", "))
        row("as asked by", event["impersonatedBy"]?.string)
        row(
            "credential",
            [event["authenticator"]?.string, event["credential"]?.string].compactMap(\.self).joined(separator: " "))
        for verdict in event["verdicts"]?.elements ?? [] {
            row(
                "refused by",
                "\(verdict["authenticator"]?.string ?? ""): \(ink.red(verdict["meaning"]?.string ?? "")) (\(verdict["refusal"]?.string ?? ""))"
            )
        }
        for fact in event["admission"]?.elements ?? [] {
            row(
                "admission",
                "\(fact["plugin"]?.string ?? "") \(fact["effect"]?.string ?? ""): \(fact["detail"]?.string ?? "")")
        }
        var lines = [TextTable([], rows).text]
        if let access = answer["access"] { lines.append(verdict(access, ink)) }
        if let granted = answer["granted"] {
            lines += grant(granted, ink)
        } else if event["verdict"] == "allowed" {
            lines.append(
                "allowed as \(event["authorizer"]?.string ?? "") \(event["authorizationReason"]?.string ?? "")")
        }
        return lines.joined(separator: "\n")
    }

    /// Whether somebody might.
    public static func verdict(_ answer: JSON, _ ink: Ink) -> String {
        if answer["allowed"] == true {
            return (["\(ink.green("yes")), by \(answer["authorizer"]?.string ?? "")"] + grant(answer, ink))
                .joined(separator: "\n")
        }
        var lines = ["\(ink.red("no")): \(answer["refusal"]?.string ?? "")"]
        if let reason = answer["reason"]?.string, !reason.isEmpty { lines.append("    \(reason)") }
        for error in answer["errors"]?.strings ?? [] { lines.append("    " + ink.yellow(error)) }
        let near = answer["near"]?.elements ?? []
        for rule in near { lines.append("    " + ink.dim("the rules that come nearest: ") + rule.text) }
        let others = answer["whoCan"]?.elements ?? []
        if others.isEmpty {
            lines.append("    nobody but system:masters may")
        } else {
            lines.append("    those who may:")
            for other in others {
                lines.append(
                    "      \(other["subject"]?.string ?? "")  by \(other["binding"]?.string ?? "") → \(other["rule"]?.string ?? "")"
                )
            }
        }
        return lines.map(ink.fit).joined(separator: "\n")
    }

    private static func grant(_ answer: JSON, _ ink: Ink) -> [String] {
        ["binding", "rule"].compactMap { name in
            guard let what = answer[name]?.string else { return nil }
            var line = "    \(name) \(ink.bold(what)), revision \(answer.number(name + "Revision"))"
            if let by = answer[name + "By"] {
                line +=
                    ": \(by["summary"]?.string ?? "") by \(ink.bold(Ink.user(by["user"]?.string ?? "")))"
                    + " \(ink.age(by["time"]?.string)) ago"
            }
            return line
        }
    }
}
