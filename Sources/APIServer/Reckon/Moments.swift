import Document
import Engine
import EventLog
import History
import Requests
import Schema

/// The WHEN of Reckon's own parameters, as everywhere: a revision, a time, or a time before now.
extension APIServer {
    /// A moment as a point in time; of a revision, when it was made.
    func moment(_ exchange: Exchange, _ parameter: String) throws(APIError) -> Timestamp? {
        guard let text = exchange.info.query[parameter], !text.isEmpty else { return nil }
        switch try pastMoment(text, parameter) {
        case .time(let time): return time
        case .ago(let micros): return engine.now.adding(microseconds: -micros)
        case .revision(let revision):
            let found = try engine.reading { log throws(LogError) in
                try log.time(of: max(revision, log.floor + 1))
            }
            guard let found else {
                throw APIError(
                    code: 404, reason: "NotFound",
                    message:
                        "\(parameter): revision \(revision) has not happened yet: the newest is \(engine.snapshot.revision)"
                )
            }
            return found
        }
    }

    /// A moment as a revision: the newest one then. A revision outside of the log is refused when one moment is meant (`isExact`), and
    /// stands for the log's end when it bounds a range.
    func momentRevision(_ exchange: Exchange, _ parameter: String, isExact: Bool = false) throws(APIError) -> UInt64? {
        guard let text = exchange.info.query[parameter], !text.isEmpty else { return nil }
        switch try pastMoment(text, parameter) {
        case .revision(let revision):
            let newest = engine.snapshot.revision
            if isExact, revision > newest {
                throw APIError(
                    code: 404, reason: "NotFound",
                    message: "revision \(revision) has not happened yet: the newest is \(newest)")
            }
            if isExact, revision < engine.floor {
                throw .gone("revision \(revision) is no longer kept: history begins at \(engine.floor)")
            }
            return min(max(revision, engine.floor), newest)
        case .time(let time): return try engine.reading { log throws(LogError) in try log.revision(at: time) }
        case .ago(let micros):
            let time = engine.now.adding(microseconds: -micros)
            return try engine.reading { log throws(LogError) in try log.revision(at: time) }
        }
    }

    private func pastMoment(_ text: String, _ parameter: String) throws(APIError) -> PastMoment {
        guard let moment = PastMoment(text) else {
            throw .badRequest(
                "\(parameter): \"\(text)\" is no moment: give a revision (48211), a time (2026-11-23T14:02:00Z) or a time before now (-15m)"
            )
        }
        return moment
    }

    /// A whole number of the query within bounds.
    func number(_ exchange: Exchange, _ parameter: String, default standard: Int, in range: ClosedRange<Int>)
        throws(APIError) -> Int
    {
        guard let text = exchange.info.query[parameter], !text.isEmpty else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw .badRequest("\(parameter): \"\(text)\" is no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
