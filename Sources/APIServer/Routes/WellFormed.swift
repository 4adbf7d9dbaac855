import Document
import Engine
import HTTPEdge
import NIOCore
import Requests
import Schema

/// What is asked of a request before anybody asks whose it is: a URL that can be read, a time limit that is one.
extension APIServer {
    /// False when the request was refused.
    func isWellFormed(_ exchange: Exchange) -> Bool {
        let request = exchange.request
        if request.path.utf8.contains(UInt8(ascii: "%")),
            PercentEncoding.decode(request.path.utf8, plusIsSpace: false) == nil
        {
            note(exchange, code: 400, reason: "BadRequest")
            exchange.answer(400, text: "400 Bad Request")
            return false
        }
        guard let text = exchange.info.query["timeout"], !text.isEmpty, !exchange.info.isLongRunning else {
            return true
        }
        guard let micros = GoDuration.microseconds(text) else {
            fail(
                exchange,
                .badRequest(
                    "invalid timeout specified in the request URL - time: invalid duration \"\(text)\""))
            return false
        }
        if micros > 0, micros < Limits.requestSeconds * 1_000_000 {
            request.eventLoop.scheduleTask(in: .microseconds(micros)) { [weak exchange] in
                if let exchange { self.timeOut(exchange) }
            }
        }
        return true
    }

    /// 504, when nothing has been answered yet. What the request asked for may still happen.
    func timeOut(_ exchange: Exchange) {
        exchange.answer(
            APIError(
                code: 504, reason: "Timeout",
                message: "Timeout: request did not complete within requested timeout - context deadline exceeded",
                showsEmptyDetails: true))
    }
}

/// Durations as Go writes them.
enum GoDuration {
    /// `1h30m`, `1.5s`, `250ms`, `-5s`, `0`: microseconds; nil when it is none.
    static func microseconds(_ text: String) -> Int64? {
        var rest = text[...]
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest = rest.dropFirst() }
        if rest == "0" { return 0 }
        if rest.isEmpty { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let number = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !$0.isNumber && $0 != "." }
            rest = rest.dropFirst(unit.count)
            switch unit {
            case "ns": total += number / 1e3
            case "us", "µs", "μs": total += number
            case "ms": total += number * 1e3
            case "s": total += number * 1e6
            case "m": total += number * 60e6
            case "h": total += number * 3600e6
            default: return nil
            }
        }
        guard total < 9e15 else { return nil }
        return Int64(isNegative ? -total : total)
    }
}
