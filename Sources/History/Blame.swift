public import Document
public import Records

/// Who set each field of an object as it is now.
public struct Blame: Equatable, Sendable {
    public struct Line: Equatable, Sendable {
        public let path: String
        public let value: JSON
        /// The version that gave the field this value.
        public let entry: HistoryEntry
    }
    public let key: ObjectKey
    /// In the order of the fields. Empty when the object does not exist.
    public let lines: [Line]

    /// Walks an object's newest life from its creation; each field belongs to the last version that changed it.
    public init(of timeline: Timeline) {
        key = timeline.key
        guard let life = timeline.lives.last, life.entries.last?.kind != .deleted else {
            lines = []
            return
        }
        var setters: [String: Line] = [:]
        for var entry in life.entries {
            let changes = entry.changes
            entry.changes = []
            for change in changes {
                if let value = change.after {
                    // A word of a set keeps its own line.
                    let path = change.path.hasSuffix("[]") ? change.path + value.text : change.path
                    setters[path] = Line(path: path, value: value, entry: entry)
                } else if let value = change.before {
                    setters[change.path.hasSuffix("[]") ? change.path + value.text : change.path] = nil
                }
            }
        }
        lines = setters.keys.sorted { $0.bytesPrecede($1) }.map { setters[$0]! }
    }

    /// The line of a field, or those below it.
    public func lines(at path: String) -> [Line] {
        lines.filter { $0.path == path || $0.path.hasPrefix(path + ".") || $0.path.hasPrefix(path + "[") }
    }

    public var json: JSON {
        [
            "object": .string(key.description),
            "fields": .array(
                lines.map {
                    [
                        "path": .string($0.path), "value": $0.value, "revision": .int(Int64($0.entry.revision)),
                        "time": .string($0.entry.time.rfc3339Micro), "user": .string($0.entry.user),
                        "verb": .string($0.entry.verb),
                        "requestID": .string($0.entry.requestID), "userAgent": .string($0.entry.userAgent),
                    ]
                }),
        ]
    }

    public var text: String {
        TextTable(
            ["REVISION", "TIME", "USER", "FIELD", "VALUE"],
            lines.map { [String($0.entry.revision), $0.entry.time.rfc3339, $0.entry.user, $0.path, $0.value.text] }
        ).text
    }
}
