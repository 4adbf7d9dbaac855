public import NIOCore
import Synchronization

/// What can go wrong with a client's request.
public enum HTTPClientError: Error, Sendable, CustomStringConvertible {
    case badURL(String, String)
    /// The place, and what the system said.
    case connect(String, String)
    case timedOut
    case cancelled
    /// The server closed before the answer was whole.
    case closedEarly
    case malformedAnswer(String)
    /// The answer is longer than the client's limit, in bytes.
    case answerTooLong(Int)
    /// An upgrade was answered with this status and body.
    case refused(status: Int, body: String)

    public var description: String {
        switch self {
        case .badURL(let url, let why): "bad URL \(url): \(why)"
        case .connect(let place, let why): "cannot connect to \(place): \(why)"
        case .timedOut: "the request timed out"
        case .cancelled: "the request was cancelled"
        case .closedEarly: "the server closed the connection before it answered"
        case .malformedAnswer(let why): "the server's answer is malformed: \(why)"
        case .answerTooLong(let limit): "the answer is longer than \(limit) bytes"
        case .refused(let status, let body): "the server refused with status \(status): \(body)"
        }
    }
}

/// Takes an answer as it comes. Called on the connection's event loop: head, any number of pieces, then the end, once.
public protocol HTTPAnswerReceiver: AnyObject, Sendable {
    func head(_ status: Int, _ headers: EdgeHeaders)
    func piece(_ bytes: ByteBuffer)
    /// nil when the answer is whole.
    func end(_ error: (any Error)?)
}

/// One request on its way. Cancelling closes the stream, and over HTTP/1.1 the connection.
public final class HTTPExchange: Sendable {
    private struct State: ~Copyable {
        var isOver = false
        var isCancelled = false
        var onCancel: (@Sendable () -> Void)?
    }
    private let receiver: any HTTPAnswerReceiver
    private let state = Mutex(State())

    init(receiver: any HTTPAnswerReceiver) { self.receiver = receiver }

    /// Ends the request; the receiver hears `HTTPClientError.cancelled` if it had not ended.
    public func cancel() {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            state.isCancelled = true
            defer { state.onCancel = nil }
            return state.onCancel
        }
        action?()
        fail(HTTPClientError.cancelled)
    }

    /// False when the request was cancelled before it found a connection.
    func begin(_ onCancel: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            if state.isCancelled || state.isOver { return false }
            state.onCancel = onCancel
            return true
        }
    }
    func head(_ status: Int, _ headers: EdgeHeaders) { if !isOver { receiver.head(status, headers) } }
    func piece(_ bytes: ByteBuffer) { if !isOver { receiver.piece(bytes) } }
    func succeed() { finish(nil) }
    func fail(_ error: any Error) { finish(error) }
    var isOver: Bool { state.withLock { $0.isOver } }

    private func finish(_ error: (any Error)?) {
        let isFirst = state.withLock { state in
            defer {
                state.isOver = true
                state.onCancel = nil
            }
            return !state.isOver
        }
        if isFirst { receiver.end(error) }
    }
}

/// Collects a whole answer.
final class AnswerCollector: HTTPAnswerReceiver, @unchecked Sendable {
    private let promise: EventLoopPromise<HTTPClient.Response>
    private let bytesMax: Int
    private var status = 0
    private var headers = EdgeHeaders([])
    private var body = ByteBuffer()

    init(promise: EventLoopPromise<HTTPClient.Response>, bytesMax: Int) {
        self.promise = promise
        self.bytesMax = bytesMax
    }
    func head(_ status: Int, _ headers: EdgeHeaders) {
        self.status = status
        self.headers = headers
    }
    func piece(_ bytes: ByteBuffer) {
        guard body.readableBytes + bytes.readableBytes <= bytesMax else {
            promise.fail(HTTPClientError.answerTooLong(bytesMax))
            return
        }
        if body.readableBytes == 0 { body = bytes } else { body.writeImmutableBuffer(bytes) }
    }
    func end(_ error: (any Error)?) {
        if let error {
            promise.fail(error)
        } else {
            promise.succeed(HTTPClient.Response(status: status, headers: headers, body: body))
        }
    }
}
