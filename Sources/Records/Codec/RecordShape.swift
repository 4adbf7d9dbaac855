/// Everything of a record that is alike for alike requests: who, which verb, which path and query, and with what outcome. It is
/// interned as a whole, so that a request like the one before costs a number, a time and an audit id.
struct RecordShape: Sendable {
    enum Path: Equatable, Sendable {
        case text(String)
        /// Built from the key of the first object that changed.
        case ofObject(RequestPath)
    }
    var requester: Requester
    var verb: String
    var query: String
    var outcome: Outcome
    var path: Path

    static func write(_ record: EventRecord, requester: [UInt8], into out: inout ByteWriter, _ interner: inout Interner) {
        out.name(requester, &interner)
        out.text(record.request.verb)
        out.text(record.request.query)
        out.zigzag(Int64(record.outcome.code))
        out.text(record.outcome.reason)
        if let key = record.changes.first?.key, let path = RequestPath(record.request.path, of: key) {
            out.bytes.append(path.hasName ? 2 : 1)
            out.text(path.version)
            out.text(path.subresource)
        } else {
            out.bytes.append(0)
            out.text(record.request.path)
        }
    }

    init(reading bytes: UnsafeRawBufferPointer, _ decoder: inout RecordDecoder) throws(RecordError) {
        var reader = ByteReader(bytes)
        requester = try decoder.requester(&reader)
        verb = try reader.text()
        query = try reader.text()
        outcome = Outcome(code: Int(try reader.zigzag()), reason: try reader.text())
        switch try reader.byte() {
        case 0: path = .text(try reader.text())
        case let form where form <= 2:
            path = .ofObject(RequestPath(version: try reader.text(), hasName: form == 2, subresource: try reader.text()))
        default: throw RecordError("an unknown form of path")
        }
    }
}
