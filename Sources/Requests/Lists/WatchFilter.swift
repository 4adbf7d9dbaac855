public import ClusterState
public import Document
public import Records
public import Schema

/// What happened to a watched object, from the watcher's side.
public enum WatchEventType: String, Sendable {
    case added = "ADDED"
    case modified = "MODIFIED"
    case deleted = "DELETED"
    case bookmark = "BOOKMARK"
    case error = "ERROR"
}

/// One watch: which changes it sees, and as what. A value that is asked for each change; it keeps no place of its own, except
/// whether the columns of a Table were sent.
public struct WatchFilter: Sendable {
    public let selection: Selection
    public let format: AnswerFormat
    /// The same for all watches whose events look alike: bytes made for one serve every other.
    public let rendering: ObjectRendering
    private var table: TableRendering?

    public init(_ selection: Selection, format: AnswerFormat, query: Query, state: ClusterState) {
        self.selection = selection
        self.format = format
        rendering = ObjectRendering(selection.type, format)
        if case .table = format.projection {
            table = TableRendering(selection.type, format: format, query: query, state: state, now: state.time)
        }
    }

    /// Where a watch begins: nil for the present state first and then what follows; else the revision after which changes are sent.
    /// 500 for a version that is no number (as upstream), 410 below the floor, 504 beyond the newest.
    public static func start(_ options: ListOptions, current: UInt64, floor: UInt64) throws(APIError) -> UInt64? {
        let text = options.resourceVersion
        var wanted: UInt64 = 0
        if !text.isEmpty {
            do throws(QueryError) {
                wanted = try GoNumbers.parseUInt(text)
            } catch {
                throw APIError(code: 500, reason: "", message: ResourceVersion.complaint(text, error))
            }
        }
        if wanted > current { throw ResourceVersion.tooLarge(wanted, current: current) }
        if options.beginsWithPresentState { return nil }
        if wanted == 0 { return current }
        // The change that made revision `floor` itself may be gone: what follows it is kept.
        if wanted < floor { throw ResourceVersion.tooOld(wanted, floor: floor) }
        return wanted
    }

    /// Whether a change of that key can concern this watch; cheap.
    public func covers(_ key: ObjectKey) -> Bool { selection.covers(key) }

    /// What a covered change is to this watch and the stored form to show; nil when it sees nothing. An object that leaves the selection is
    /// DELETED in its state before, with the revision of the change. `after` is nil for a deletion.
    public func event(for change: Change, revision: UInt64, before: StoredObject?, after: StoredObject?) -> (
        type: WatchEventType, body: [UInt8]
    )? {
        let was = before.map(selection.matches) ?? false
        let isNow = change.kind != .deleted && (after.map(selection.matches) ?? false)
        switch (was, isNow) {
        case (true, true): return (.modified, change.body)
        case (false, true): return (.added, change.body)
        case (true, false):
            if change.kind == .deleted { return (.deleted, change.body) }
            return before.map { (.deleted, BodyLayout.replacingResourceVersion($0.body, revision)) }
        case (false, false): return nil
        }
    }

    /// The bytes of one event on the wire, its newline included. For a Table the object is one row, and columns come once.
    public mutating func frame(_ type: WatchEventType, _ body: [UInt8], key: ObjectKey, now: Timestamp) -> [UInt8] {
        guard var rendering = table else {
            if format.media == .protobuf { return protobufFrame(type, self.rendering.bytes(body)) }
            return WatchFrame.bytes(type, body, self.rendering)
        }
        rendering.now = now
        let framed = rendering.frame(type, body)
        rendering.omitsColumns = true
        table = rendering
        return framed
    }

    /// A bookmark: everything up to `revision` was sent. With `endsInitialEvents` it says that the present state is complete.
    public func bookmark(revision: UInt64, endsInitialEvents: Bool) -> [UInt8] {
        var metadata: JSON = ["resourceVersion": .string(String(revision))]
        if endsInitialEvents { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        var object: JSON = [
            "kind": .string(selection.type.kind), "apiVersion": .string(selection.type.apiVersion),
            "metadata": metadata,
        ]
        switch format.projection {
        case .object: break
        case .partialMetadata:
            object["kind"] = "PartialObjectMetadata"
            object["apiVersion"] = .string(format.metaAPIVersion)
        case .table:
            object["kind"] = "Table"
            object["apiVersion"] = .string(format.metaAPIVersion)
            metadata["annotations"] = nil
            object["metadata"] = metadata
            object["columnDefinitions"] = .null
            object["rows"] = []
        }
        if format.media == .protobuf { return ProtobufAnswer.frame(.bookmark, object) }
        return WatchFrame.bytes(.bookmark, object.encoded())
    }

    private func protobufFrame(_ type: WatchEventType, _ json: [UInt8]) -> [UInt8] {
        ProtobufAnswer.frame(type, (try? JSON(parsing: json)) ?? .null)
    }

    /// An ERROR event with a Status, in this watch's form: the last one of a watch that cannot go on.
    public func error(_ error: APIError) -> [UInt8] {
        format.media == .protobuf ? ProtobufAnswer.frame(.error, error.document) : WatchFrame.error(error)
    }
}

/// One line of a watch.
public enum WatchFrame {
    /// `{"object":…,"type":"…"}` and a newline, from an object as it is to be shown.
    public static func bytes(_ type: WatchEventType, _ object: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(object.count + 40)
        open(type, &out)
        out.append(contentsOf: object)
        out.append(contentsOf: [UInt8(ascii: "}"), 10])
        return out
    }

    /// The same from a stored encoding.
    public static func bytes(_ type: WatchEventType, _ body: [UInt8], _ rendering: ObjectRendering) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(body.count + 40)
        open(type, &out)
        rendering.write(body, into: &out)
        out.append(contentsOf: [UInt8(ascii: "}"), 10])
        return out
    }

    /// An ERROR event with a Status: the last one of a watch that cannot go on.
    public static func error(_ error: APIError) -> [UInt8] { bytes(.error, error.document.encoded()) }

    private static func open(_ type: WatchEventType, _ out: inout [UInt8]) {
        out.append("{\"type\":\"" as StaticString)
        out.append(contentsOf: type.rawValue.utf8)
        out.append("\",\"object\":" as StaticString)
    }
}
