public import Document

/// Who set each field, a field a line.
public enum BlameText {
    public static func text(_ answer: JSON, _ ink: Ink) -> String {
        let fields = answer["fields"]?.elements ?? []
        let head = ink.dim(
            "\(Ink.object(answer["object"])) at revision \(answer.number("revision")), uid \(answer["object"]?["uid"]?.string ?? "")"
        )
        var last: String?
        let rows = fields.map { field -> [String] in
            let revision = field.number("revision")
            // Of several fields by one request only the first line names it.
            let isSame = revision == last && !revision.isEmpty
            last = revision
            let path = field["path"]?.string ?? ""
            // A word of a list says itself.
            let isWord = path.contains("[]\"")
            var text = path + (isWord ? "" : ": " + Ink.value(field["value"]))
            if let origin = field["origin"]?.string { text += ink.cyan("  (\(origin))") }
            if revision.isEmpty { return [ink.dim("older"), "", "", "", text] }
            let user = Ink.user(field["user"]?.string ?? "")
            let by = [revision, ink.age(field["time"]?.string), user, how(field)]
            return (isSame ? [ink.dim("·"), "", ink.dim("·"), ""] : by) + [text]
        }
        return
            ([head]
            + TextTable(["REV", "AGE", "WHO", "HOW", "FIELD"], rows).text.split(separator: "\n").map(String.init))
            .map(ink.fit).joined(separator: "\n")
    }

    /// `patch by kubectl-client-side-apply`, or the verb alone when the manager is the user.
    private static func how(_ field: JSON) -> String {
        let (verb, manager) = (field["verb"]?.string ?? "", field["manager"]?.string ?? "")
        let user = Ink.user(field["user"]?.string ?? "")
        return manager.isEmpty || user.hasSuffix(manager) ? verb : "\(verb) (\(manager))"
    }
}
