public import Document

/// A chain of causes as a tree and as a graph.
public enum WhyText {
    public static func text(_ answer: JSON, _ ink: Ink) -> String {
        var lines: [String] = []
        let field = answer["field"]?.string
        lines.append(
            ink.bold(Ink.object(answer["object"])) + (field.map { "  \($0)" } ?? "")
                + ink.dim("  at revision \(answer.number("revision"))"))
        if let state = answer["state"]?.string { lines.append(ink.red(state)) }
        if let text = answer["answer"]?.string { lines.append(headline(text, answer, ink)) }
        lines += nodes(answer, ink)
        lines += terminating(answer, ink)
        for object in answer["below"]?.elements ?? [] {
            lines.append("    \(ink.yellow(Ink.object(object["object"]))): \(object["state"]?.string ?? "")")
        }
        lines.append("")
        lines += tree(answer["chain"]?.elements ?? [], ink)
        if let changed = answer["changed"]?.elements {
            lines.append("")
            lines.append("what is asked of it was changed last here:")
            lines += tree(changed, ink)
        }
        lines += recent(answer["recent"]?.elements ?? [], ink)
        return lines.map(ink.fit).joined(separator: "\n")
    }

    private static func headline(_ text: String, _ answer: JSON, _ ink: Ink) -> String {
        guard let root = answer["chain"]?.elements.last, let user = root["user"]?.string else { return text }
        let who = Ink.user(user)
        return "\(text); the first cause is \(ink.bold(who)), \(ink.age(root["time"]?.string)) ago"
    }

    /// What keeps it, when it is being deleted.
    private static func terminating(_ answer: JSON, _ ink: Ink) -> [String] {
        func line(_ finalizer: JSON) -> String {
            var line = ink.yellow(finalizer["finalizer"]?.string ?? "")
            guard let user = finalizer["setBy"]?.string else { return line + "  set before history begins" }
            line += "  set by \(Ink.user(user)) at revision \(finalizer.number("revision"))"
            if let seen = answer["lastSeen", user] {
                line +=
                    ", who last changed something \(ink.age(seen["time"]?.string)) ago (\(seen.number("revision")): \(seen["summary"]?.string ?? ""))"
            }
            return line
        }
        var lines = (answer["finalizers"]?.elements ?? []).map { "    " + line($0) }
        let remaining = (answer["remaining"]?.entries ?? JSONObject()).map { kind, count in
            let number = count.int ?? 0
            return "\(number) \(number == 1 ? EventSummary.singular(kind) : kind)"
        }
        if !remaining.isEmpty { lines.append("    it still holds \(remaining.joined(separator: ", "))") }
        for held in answer["holding"]?.elements ?? [] {
            let asked = held["deletionTimestamp"] == nil ? ", not asked to go yet" : ""
            lines.append("      \(ink.bold(Ink.object(held["object"], withNamespace: false)))\(asked)")
            lines += (held["finalizers"]?.elements ?? []).map { "        waits for " + line($0) }
        }
        for condition in answer["conditions"]?.strings ?? [] { lines.append("    " + condition) }
        return lines
    }

    private static func recent(_ requests: [JSON], _ ink: Ink) -> [String] {
        guard !requests.isEmpty else { return [] }
        return ["", "fields that are not as they were created:"]
            + requests.flatMap { request -> [String] in
                let head =
                    "\(ink.cyan(request.number("revision")))  \(ink.clock(request["time"]?.string))  "
                    + ink.bold(Ink.user(request["user"]?.string ?? ""))
                return (request["fields"]?.elements ?? []).prefix(3).enumerated().map { i, field in
                    (i == 0 ? head : String(repeating: " ", count: Ink.columns(head)))
                        + "  \(field["path"]?.string ?? ""): \(Ink.value(field["value"], most: 80))"
                }
            }
    }

    private static func nodes(_ answer: JSON, _ ink: Ink) -> [String] {
        var groups: [(reason: String, nodes: [String])] = []
        for node in answer["nodes"]?.elements ?? [] {
            let reason = "\(node["reason"]?.string ?? "")  (\(node["plugin"]?.string ?? ""))"
            if let i = groups.firstIndex(where: { $0.reason == reason }) {
                groups[i].nodes.append(node["node"]?.string ?? "")
            } else {
                groups.append((reason, [node["node"]?.string ?? ""]))
            }
        }
        return groups.map { group in
            let names = group.nodes.prefix(6).joined(separator: " ") + (group.nodes.count > 6 ? " …" : "")
            return "    \(ink.red(group.reason))  on \(group.nodes.count): \(names)"
        }
    }

    /// The root first, what followed below it.
    static func tree(_ chain: [JSON], _ ink: Ink) -> [String] {
        var lines: [String] = []
        var before: String?
        for (depth, event) in chain.reversed().enumerated() {
            let indent = depth == 0 ? "" : String(repeating: "   ", count: depth - 1) + "└─ "
            let below = String(repeating: "   ", count: depth) + "       "
            let time = event["time"]?.string
            var line = indent + ink.cyan(event.number("revision")) + "  " + ink.clock(time)
            if let then = before.flatMap({ Timestamp(rfc3339: $0) }), let now = time.flatMap({ Timestamp(rfc3339: $0) })
            {
                line += ink.dim(" +" + Ink.span(now.since(then)))
            }
            before = time
            if let user = event["user"]?.string { line += "  " + ink.bold(Ink.user(user)) }
            line += "  " + (event["summary"]?.string ?? "")
            lines.append(line)
            if depth == 0, event["isCut"] == true {
                lines.append(below + ink.dim("its own cause is no longer kept"))
            } else if depth == 0, event["isHidden"] != true {
                lines.append(below + ink.dim(asked(event)))
            }
            if let why = event["why"]?.string, !why.isEmpty { lines.append(below + ink.yellow("why: ") + why) }
        }
        return lines
    }

    /// How the request from outside came in: credential, rule, client.
    static func asked(_ event: JSON) -> String {
        var parts: [String] = []
        let agent = event["userAgent"]?.string ?? ""
        if !agent.isEmpty { parts.append(agent.split(separator: " ").first.map(String.init) ?? agent) }
        if let source = event["source"]?.string { parts.append("from \(source)") }
        if let authenticator = event["authenticator"]?.string {
            let credential = event["credential"]?.string.map { " " + $0 } ?? ""
            parts.append("by \(authenticator)\(credential)")
        }
        if let rule = event["rule"]?.string {
            parts.append("allowed by \(event["binding"]?.string ?? "") → \(rule)")
        } else if let authorizer = event["authorizer"]?.string {
            parts.append("allowed as \(authorizer)")
        }
        if let id = event["auditID"]?.string { parts.append("request \(id)") }
        return parts.joined(separator: ", ")
    }

    /// The chain in the DOT language of Graphviz.
    public static func dot(_ answer: JSON) -> String {
        var lines = ["digraph why {", "  rankdir=LR; node [shape=box, fontname=\"monospace\"];"]
        var known: Set<String> = []
        for chain in [answer["chain"]?.elements ?? [], answer["changed"]?.elements ?? []] {
            for (i, event) in chain.enumerated() {
                let name = "e" + event.number("revision")
                if known.insert(name).inserted {
                    var label =
                        "\(event.number("revision"))  \(Ink.user(event["user"]?.string ?? ""))\n\(event["summary"]?.string ?? "")"
                    if let why = event["why"]?.string { label += "\n\(why)" }
                    lines.append("  \(name) [label=\(quoted(label))];")
                }
                if i + 1 < chain.count {
                    let edge = "  e\(chain[i + 1].number("revision")) -> \(name);"
                    if !lines.contains(edge) { lines.append(edge) }
                }
            }
        }
        return (lines + ["}"]).joined(separator: "\n")
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }
}
