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

    /// Everything but the requester, which stands before it.
    static func write(_ record: EventRecord, into out: inout ByteWriter) {
        out.text(record.request.verb)
        out.text(record.request.query)
        out.zigzag(Int64(record.outcome.code))
        out.text(record.outcome.reason)
        if let key = record.changes.first?.key, RequestPath.write(record.request.path, of: key, into: &out) { return }
        out.bytes.append(0)
        out.text(record.request.path)
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
            path = .ofObject(
                RequestPath(version: try reader.text(), hasName: form == 2, subresource: try reader.text()))
        default: throw RecordError("an unknown form of path")
        }
    }
}
