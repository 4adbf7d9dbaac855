import Document
import Records
import Requests
import Schema

/// One end of a stretch of records: a time, a revision, or none.
struct RecordBound {
    var time: Timestamp?
    var revision: UInt64?

    /// Whether the record lies before this beginning.
    func isAfter(_ record: EventRecord) -> Bool {
        if let time { return record.time < time }
        return revision.map { record.revision < $0 } ?? false
    }

    /// Whether the record lies behind this end.
    func isBefore(_ record: EventRecord) -> Bool {
        if let time { return record.time > time }
        return revision.map { record.revision > $0 } ?? false
    }
}

extension Ground {
    /// What a parameter bounds; nothing when it is absent.
    func bound(_ query: Query, _ parameter: String) throws(APIError) -> RecordBound {
        guard let text = query[parameter], !text.isEmpty else { return RecordBound() }
        let moment = try moment(text, parameter)
        if case .revision(let revision) = moment { return RecordBound(revision: revision) }
        return RecordBound(time: moment.time(now: now))
    }
}
