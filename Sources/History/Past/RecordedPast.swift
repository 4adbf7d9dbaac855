public import ClusterState
public import Document
public import Records
public import Schema

/// What is kept of a cluster, as questions read it: the log of a running server, or one that is opened beside it.
public protocol RecordedPast: Sendable {
    /// The newest revision.
    var newest: UInt64 { get }
    /// The oldest revision whose state is known; 0 when nothing was ever forgotten.
    var floor: UInt64 { get }
    /// When the revision at the floor was made: of moments before it nothing is known. nil when nothing was ever forgotten.
    var floorTime: Timestamp? { get }
    /// The kinds of which less is known than of the rest, with the oldest revision at which they are.
    var kindFloors: [GroupResource: UInt64] { get }
    /// The ordinal of the newest access record; 0 when there is none.
    var newestAccess: UInt64 { get }

    /// The journal's records from `revision` on, in order, at most `limit`.
    func events(from revision: UInt64, limit: Int) throws(APIError) -> [EventRecord]
    /// The same without the bodies of what changed: a fraction of the cost.
    func outlines(from revision: UInt64, limit: Int) throws(APIError) -> [EventRecord]
    /// The access stream's records from `ordinal` on, in order, at most `limit`.
    func accesses(from ordinal: UInt64, limit: Int) throws(APIError) -> [EventRecord]
    /// Every version of every object that ever had this key, in order, deletions included.
    func versions(of key: ObjectKey) throws(APIError) -> [VersionMark]
    /// The object of that key when `revision` was the newest; nil when there was none.
    func object(_ key: ObjectKey, at revision: UInt64) throws(APIError) -> StoredObject?
    /// The whole cluster when `revision` was the newest.
    func state(at revision: UInt64) throws(APIError) -> ClusterState
    /// The last revision at or before a moment; 0 before the first.
    func revision(at time: Timestamp) throws(APIError) -> UInt64
}

/// That an object had a version, without its body.
public struct VersionMark: Equatable, Sendable {
    public let kind: Change.Kind
    public let uid: String
    public let revision: UInt64
    public init(kind: Change.Kind, uid: String, revision: UInt64) {
        self.kind = kind
        self.uid = uid
        self.revision = revision
    }
}

extension RecordedPast {
    public var floorTime: Timestamp? { nil }
    public var kindFloors: [GroupResource: UInt64] { [:] }

    /// The oldest revision at which objects of a key's kind are known.
    func floor(of key: ObjectKey) -> UInt64 {
        max(floor, kindFloors[key.store] ?? 0)
    }

    /// Refuses a question about a kind from before what is known of it.
    public func requireKnown(_ store: GroupResource, at revision: UInt64) throws(APIError) {
        if let floor = kindFloors[store], revision < floor {
            throw .gone("what \(store.description) were before revision \(floor) is no longer kept")
        }
    }

    /// The kinds of which nothing is known at a revision, in order.
    public func kindsUnknown(at revision: UInt64) -> [GroupResource] {
        kindFloors.filter { $0.value > revision }.keys.sorted()
    }

    /// The same as answers tell them; nil when there is none.
    public func unknownKinds(at revision: UInt64) -> JSON? {
        let unknown = kindsUnknown(at: revision)
        return unknown.isEmpty ? nil : .array(unknown.map { .string($0.description) })
    }

    /// The refusal of what lies before the floor; `what` ends with a verb.
    func forgotten(_ what: String) -> APIError {
        let since = floorTime.map { " of \($0.rfc3339Micro)" } ?? ""
        return .gone("\(what) no longer kept: history begins at revision \(floor)\(since)")
    }

    /// One record of the journal; nil when it is not kept or has not happened.
    public func event(_ revision: UInt64) throws(APIError) -> EventRecord? {
        guard revision > floor, revision <= newest else { return nil }
        let found = try events(from: revision, limit: 1).first
        return found?.revision == revision ? found : nil
    }

    /// Calls `body` with the journal's records, their bodies left out, from the newest (at or before `last`) back to the oldest that
    /// is kept, until it answers false.
    func eachBackwards(
        from last: UInt64, notBefore first: UInt64 = 0, _ body: (EventRecord) throws(APIError) -> Bool
    ) throws(APIError) {
        let lowest = max(first, floor + 1)
        var end = min(last, newest)
        while end >= lowest, end > 0 {
            let start = max(lowest, end > 1023 ? end - 1023 : 1)
            for record in try outlines(from: start, limit: Int(end - start + 1)).reversed() {
                if try !body(record) { return }
            }
            end = start - 1
        }
    }

    /// The same of the access stream.
    func eachAccessBackwards(
        from last: UInt64, _ body: (EventRecord) throws(APIError) -> Bool
    ) throws(APIError) {
        var end = min(last, newestAccess)
        while end > 0 {
            let start = end > 1023 ? end - 1023 : 1
            for record in try accesses(from: start, limit: Int(end - start + 1)).reversed()
            where record.ordinal >= start && record.ordinal <= end {
                if try !body(record) { return }
            }
            end = start - 1
        }
    }
}
