import Document

extension PrinterTable {
    /// Events of both groups are stored, and printed, in the core group's form.
    static let event = PrinterTable(columns: Columns.events) { row in
        let event = row.object
        func isSet(_ path: String) -> Bool { event[path]?.string != nil }
        var first = row.since(event["firstTimestamp"])
        if !isSet("firstTimestamp") { first = row.since(event["eventTime"]) }
        var last = isSet("lastTimestamp") ? row.since(event["lastTimestamp"]) : first
        var count = event["count"]?.int ?? 0
        if let series = event["series"], series.object != nil {
            last = row.since(series["lastObservedTime"])
            count = series["count"]?.int ?? 0
        } else if count == 0 {
            count = 1
        }
        let kind = (event["involvedObject", "kind"]?.string ?? "").lowercased()
        let name = event["involvedObject", "name"]?.string ?? ""
        func either(_ a: String?, _ b: String?) -> String { a.flatMap { $0.isEmpty ? nil : $0 } ?? b ?? "" }
        var source = either(event["source", "component"]?.string, event["reportingComponent"]?.string)
        let host = either(event["source", "host"]?.string, event["reportingInstance"]?.string)
        if !host.isEmpty { source += ", " + host }
        return [
            .string(last), row.text("type"), row.text("reason"), .string(name.isEmpty ? kind : kind + "/" + name),
            row.text("involvedObject", "fieldPath"), .string(source), .string(trimmed(event["message"]?.string ?? "")),
            .string(first),
            .int(count), row.name,
        ]
    }

    private static func trimmed(_ text: String) -> String {
        var characters = text[...]
        while let c = characters.first, c.isWhitespace { characters.removeFirst() }
        while let c = characters.last, c.isWhitespace { characters.removeLast() }
        return String(characters)
    }
}
