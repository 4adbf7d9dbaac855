public import Schema

extension APIError {
    /// No refusal: the decision waits for an answer from outside. It never reaches a client: the command is decided again when
    /// the answer is there.
    public static let waiting = APIError(code: 0, reason: "Waiting", message: "an answer from outside is awaited")

    /// Whether this only says that an answer is awaited.
    public var isWaiting: Bool { code == 0 && reason == APIError.waiting.reason }
}
