public import ClusterState
public import Document
public import Schema

/// A list, ready to be streamed: bytes before the items, the objects, bytes after them. Nothing is copied until it is sent.
public struct ListAnswer: Sendable {
    public let head: [UInt8]
    public private(set) var objects: [StoredObject]
    public let tail: [UInt8]
    private let items: Items

    private enum Items: Sendable {
        case objects(ObjectRendering)
        case rows(TableRendering)
    }

    /// Reads the list from `state`, which is the one at `plan.revision` (the newest when that is nil). `now` is the moment that
    /// ages in a Table count from.
    public init(
        _ selection: Selection, plan: ListPlan, state: ClusterState, query: Query, format: AnswerFormat, now: Timestamp
    ) {
        let objects: [StoredObject]
        if let limit = plan.limit {
            objects = selection.objects(in: state, after: plan.after, limit: limit < Int.max ? limit + 1 : limit)
        } else {
            objects = selection.objects(in: state, after: plan.after)
        }
        self.init(selection, plan: plan, found: objects, state: state, query: query, format: format, now: now)
    }

    /// The list of objects that were found already: those that the plan asks for, and one more when there is any. `state` must hold
    /// a custom resource's definition, and all objects when a page is to say how many follow and the plan does not know.
    public init(
        _ selection: Selection, plan: ListPlan, found: [StoredObject], state: ClusterState, query: Query,
        format: AnswerFormat, now: Timestamp
    ) {
        var objects = found
        var token: String?
        var remaining: Int?
        if let limit = plan.limit, objects.count > limit, let last = objects.dropLast().last {
            objects.removeLast()
            if selection.isEverything { remaining = ListAnswer.remaining(selection, state, plan, objects.count) }
            token =
                ContinueToken(
                    revision: plan.revision ?? state.revision,
                    namespace: selection.namespace.isEmpty ? last.key.namespace : "",
                    name: last.key.name, remaining: remaining
                ).encoded
        }
        self.init(
            selection.type, objects, state: state, format: format, query: query, now: now, continueToken: token,
            remaining: remaining)
    }

    /// The objects given, as a list at the state's revision (also the answer to a deletecollection).
    public init(
        _ type: ResourceType, _ objects: [StoredObject], state: ClusterState, format: AnswerFormat,
        query: Query = Query(),
        now: Timestamp, continueToken: String? = nil, remaining: Int? = nil
    ) {
        var objects = objects
        var metadata: JSON = ["resourceVersion": .string(String(state.revision))]
        if let continueToken { metadata["continue"] = .string(continueToken) }
        // Upstream's lists of custom resources always have the member.
        if type.isCustom, continueToken == nil, format.projection == .object { metadata["continue"] = "" }
        if let remaining, remaining > 0 { metadata["remainingItemCount"] = .int(Int64(remaining)) }
        var head: [UInt8] = []
        switch format.projection {
        case .object, .partialMetadata:
            let rendering = ObjectRendering(type, format)
            items = .objects(rendering)
            var (apiVersion, kind) = (type.apiVersion, type.kind + "List")
            if case .partialMetadata = format.projection {
                (apiVersion, kind) = (format.metaAPIVersion, "PartialObjectMetadataList")
            }
            head.append("{\"apiVersion\":\"" as StaticString)
            head.append(contentsOf: apiVersion.utf8)
            head.append("\",\"items\":[" as StaticString)
            var tail: [UInt8] = []
            tail.append("],\"kind\":\"" as StaticString)
            tail.append(contentsOf: kind.utf8)
            tail.append("\",\"metadata\":" as StaticString)
            metadata.encode(into: &tail)
            tail.append(contentsOf: [UInt8(ascii: "}"), 10])
            self.tail = tail
        case .table:
            let rendering = TableRendering(type, format: format, query: query, state: state, now: now)
            items = .rows(rendering)
            rendering.writeHead(metadata: metadata, into: &head)
            tail = rendering.tail
            objects = rendering.ordered(objects)
        }
        self.head = head
        self.objects = objects
    }

    /// The same list of the same objects in another form.
    public func showing(_ objects: [StoredObject]) -> ListAnswer {
        var out = self
        out.objects = objects
        return out
    }

    private static func remaining(_ selection: Selection, _ state: ClusterState, _ plan: ListPlan, _ taken: Int) -> Int
    {
        if let known = plan.remaining { return max(0, known - taken) }
        let store = selection.type.store
        let namespace = selection.namespace.isEmpty ? nil : selection.namespace
        let before = plan.after.map { state.count(store, namespace: namespace, through: $0) } ?? 0
        return state.count(store, namespace: namespace) - before - taken
    }

    /// Writes one object as it stands among the items, without the comma.
    fileprivate func writeItem(_ object: StoredObject, into out: inout [UInt8]) {
        switch items {
        case .objects(let rendering): rendering.writeItem(object.body, into: &out)
        case .rows(let rendering): rendering.writeRow(object, into: &out)
        }
    }

    /// The whole answer in one piece.
    public func encoded() -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(head.count + tail.count + objects.reduce(0) { $0 + $1.bodyCount + 1 })
        out.append(contentsOf: head)
        for (i, object) in objects.enumerated() {
            if i > 0 { out.append(UInt8(ascii: ",")) }
            writeItem(object, into: &out)
        }
        out.append(contentsOf: tail)
        return out
    }

    /// The answer in pieces of about `size` bytes, each made when it is asked for. With `goesOn` its objects are the first ones of
    /// a list that is given out bit by bit.
    public func chunks(ofAbout size: Int = 64 * 1024, goesOn: Bool = false) -> ListChunks {
        ListChunks(self, size, goesOn)
    }
}

/// The pieces of a list in order.
public struct ListChunks: Sendable {
    private var answer: ListAnswer
    private let size: Int
    private var next = 0
    private var isBegun = false
    private var hasItems = false
    private var isDone = false
    private var goesOn: Bool

    fileprivate init(_ answer: ListAnswer, _ size: Int, _ goesOn: Bool) {
        self.answer = answer
        self.size = size
        self.goesOn = goesOn
    }

    /// Whether all objects given so far were written and the list goes on.
    public var wantsMore: Bool { goesOn && next >= answer.objects.count }

    /// The objects that follow, in place of those that were written; none ends the list.
    public mutating func follow(with objects: [StoredObject]) {
        answer = answer.showing(objects)
        next = 0
        goesOn = !objects.isEmpty
    }

    /// Fills `out` (emptied first, its memory kept) with the next piece; false when there is none.
    public mutating func fill(_ out: inout [UInt8]) -> Bool {
        out.removeAll(keepingCapacity: true)
        guard !isDone else { return false }
        if !isBegun { out.append(contentsOf: answer.head) }
        isBegun = true
        while next < answer.objects.count, out.count < size {
            if hasItems { out.append(UInt8(ascii: ",")) }
            hasItems = true
            answer.writeItem(answer.objects[next], into: &out)
            next += 1
        }
        if next >= answer.objects.count, !goesOn {
            out.append(contentsOf: answer.tail)
            isDone = true
        }
        return true
    }
}
