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
