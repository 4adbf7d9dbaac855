public import Document
public import Records

/// Who set each field of an object as it is after the last event.
public struct Blame: Equatable, Sendable {
    public struct Line: Equatable, Sendable {
        public let path: String
        public let value: JSON
        /// The version that gave the field this value; nil when that is longer ago than history is kept.
        public let entry: HistoryEntry?
    }
    public let key: ObjectKey
    /// Empty when the object does not exist.
    public private(set) var uid = ""
    /// The object as it is; null when it does not exist.
    public private(set) var object: JSON = .null
    private var setters: [String: Line] = [:]

    /// An empty one; `before` is the object's body ahead of the first event, when there was one.
    public init(of key: ObjectKey, before: JSON? = nil, uid: String = "") {
        self.key = key
        guard let before else { return }
        self.uid = uid
        object = Hidden.cleared(before, of: key)
        for leaf in Self.leaves(object) {
            setters[leaf.path] = Line(path: leaf.path, value: leaf.value, entry: nil)
        }
    }

    public init(of key: ObjectKey, in events: [EventRecord]) {
        self.init(of: key)
        for event in events { add(event) }
    }

    /// Goes on with the next event: a field belongs to the last version in which its value was not what it had been.
    public mutating func add(_ event: EventRecord) {
        for change in event.changes where change.key == key {
            if change.kind == .deleted {
                (uid, object, setters) = ("", .null, [:])
                continue
            }
            let after = Hidden.cleared((try? JSON(parsing: change.body)) ?? .null, of: key)
            var entry = HistoryEntry(event, change, before: .null, after: .null)
            entry.changes = []
            var lines: [String: Line] = [:]
            for leaf in Self.leaves(after) {
                if let old = setters[leaf.path], old.value == leaf.value {
                    lines[leaf.path] = old
                } else {
                    lines[leaf.path] = Line(path: leaf.path, value: leaf.value, entry: entry)
                }
            }
            (uid, object, setters) = (change.uid, after, lines)
        }
    }

    /// Every leaf with its path; a word of a set has a path of its own.
    static func leaves(_ object: JSON) -> [(path: String, value: JSON)] {
        Difference.leaves(object).compactMap { leaf in
            guard let value = leaf.after else { return nil }
            return (leaf.path.hasSuffix("[]") ? leaf.path + value.text : leaf.path, value)
        }
    }

    /// In the byte order of the paths.
    public var lines: [Line] { setters.keys.sorted { $0.bytesPrecede($1) }.map { setters[$0]! } }

    /// The line of a field, or those below it.
    public func lines(at path: String) -> [Line] { lines.filter { Self.isWithin($0.path, path) } }

    /// Whether a path is the other one or below it.
    static func isWithin(_ path: String, _ parent: String) -> Bool {
        path == parent || path.hasPrefix(parent + ".") || path.hasPrefix(parent + "[")
    }
}
