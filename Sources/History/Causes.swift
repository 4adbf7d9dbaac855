public import Document
public import Records

/// Why something happened: an event, the one that led to it, and so on back to a request from outside.
public struct Causes: Equatable, Sendable {
    /// The event asked about first, its causes after it.
    public let chain: [EventRecord]

    /// `event` finds a journal record by its revision; nil ends the chain there (pruned, or beyond what the caller wants).
    public init(of revision: UInt64, event: (UInt64) throws -> EventRecord?) rethrows {
        var chain: [EventRecord] = []
        var next: UInt64? = revision
        while let current = next, let record = try event(current) {
            chain.append(record)
            // A cause is always older: the chain ends.
            next = record.cause.flatMap { $0 < current && $0 > 0 ? $0 : nil }
        }
        self.chain = chain
    }

    public var json: JSON {
        .array(
            chain.map { record in
                var step = RecordRendering.json(record, withBodies: false)
                if let decision = try? JSON(parsing: record.decision) { step["decision"] = decision }
                return step
            })
    }

    public var text: String {
        var lines: [String] = []
        for (depth, record) in chain.enumerated() {
            let indent = String(repeating: "  ", count: depth)
            let head = depth == 0 ? "" : "because of "
            lines.append(
                "\(indent)\(head)\(record.revision)  \(record.time.rfc3339Micro)  \(record.authentication.user.name)")
            lines.append("\(indent)    \(record.request.verb) \(record.request.path)")
            for change in record.changes { lines.append("\(indent)    \(change.kind.word) \(change.key.description)") }
            if !record.decision.isEmpty {
                lines.append("\(indent)    reasons: \(String(decoding: record.decision, as: UTF8.self))")
            }
        }
        return lines.joined(separator: "\n")
    }
}
