import Document
import Records
import Schema

/// Both streams of a log as one, newest first: by revision, the requests that saw a revision after the event that made it.
struct RecordReader {
    private let past: any RecordedPast
    private var journal: [EventRecord] = []
    private var access: [EventRecord] = []
    private var nextRevision: UInt64
    private var nextOrdinal: UInt64
    private let wantsJournal: Bool

    /// From those places on, both included.
    init(_ past: any RecordedPast, from revision: UInt64, ordinal: UInt64, wantsJournal: Bool) {
        self.past = past
        nextRevision = revision
        nextOrdinal = ordinal
        self.wantsJournal = wantsJournal
    }

    /// Where a later reader goes on.
    var place: (revision: UInt64, ordinal: UInt64) {
        (journal.last?.revision ?? nextRevision, access.last?.ordinal ?? nextOrdinal)
    }

    mutating func next() throws(APIError) -> EventRecord? {
        if wantsJournal, journal.isEmpty, nextRevision > past.floor {
            let start = max(past.floor + 1, nextRevision > 1023 ? nextRevision - 1023 : 1)
            journal = try past.outlines(from: start, limit: Int(nextRevision - start + 1))
            nextRevision = start - 1
        }
        if access.isEmpty, nextOrdinal > 0 {
            let (start, last) = (nextOrdinal > 511 ? nextOrdinal - 511 : 1, nextOrdinal)
            access = try past.accesses(from: start, limit: Int(last - start + 1)).filter {
                $0.ordinal >= start && $0.ordinal <= last
            }
            nextOrdinal = start - 1
            if access.isEmpty, nextOrdinal > 0 { return try next() }
        }
        switch (journal.last, access.last) {
        case (nil, nil): return nil
        case (nil, _?): return access.removeLast()
        case (_?, nil): return journal.removeLast()
        case (let event?, let read?):
            return read.revision >= event.revision ? access.removeLast() : journal.removeLast()
        }
    }
}
