import ClusterState
import Document
import Records
import Requests
import Schema

/// The versions of one object, read from the past: what `history`, `blame` and `why` are answered from.
extension RecordedPast {
    /// The events that changed a key, `first` to `last`, the newest `limit` of them, and the object's body ahead of the first.
    func changes(
        of key: ObjectKey, from first: UInt64 = 0, through last: UInt64 = .max, limit: Int = .max
    ) throws(APIError) -> (before: StoredObject?, events: [EventRecord]) {
        let marks = try versions(of: key).filter { $0.revision >= first && $0.revision <= last }.suffix(limit)
        var events: [EventRecord] = []
        events.reserveCapacity(marks.count)
        for mark in marks { events += try self.events(from: mark.revision, limit: 1) }
        var before: StoredObject?
        if let mark = marks.first, mark.kind != .created, mark.revision > floor(of: key) {
            before = try object(key, at: mark.revision - 1)
        } else if marks.isEmpty, floor(of: key) > 0, last >= floor(of: key) {
            before = try object(key, at: Swift.min(last, newest))
        }
        return (before, events)
    }

    /// Who set each field of the object as it was at a revision.
    func blame(of key: ObjectKey, at revision: UInt64) throws(APIError) -> Blame {
        let marks = try versions(of: key).filter { $0.revision <= revision }
        // Lives before the last one have no say.
        let start = marks.last { $0.kind == .created }?.revision ?? 0
        let (before, events) = try changes(of: key, from: start, through: revision)
        var blame = Blame(of: key, before: before?.document, uid: before?.uid ?? "")
        for event in events { blame.add(event) }
        return blame
    }
}
