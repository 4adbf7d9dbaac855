import Document
import Engine
import HTTPEdge
import NIOCore
import Schema
import Synchronization

/// The kubelet of a node that is not in this process, by its own HTTPS API: where `log`, `exec`, `attach` and `portforward` of its pods
/// go. It must show a certificate of the cluster's authority, and is shown the API server's.
struct RemoteKubelet: NodeStreams {
    let nodeName: String
    /// `https://address:port`.
    let base: String
    let client: HTTPClient

    func logs(_ request: LogRequest, to sink: @escaping @Sendable ([UInt8]) async -> Bool) async throws(APIError) {
        var query: [(String, String)] = []
        if request.follow { query.append(("follow", "true")) }
        if request.previous { query.append(("previous", "true")) }
        if request.timestamps { query.append(("timestamps", "true")) }
        if let lines = request.tailLines { query.append(("tailLines", String(lines))) }
        if let bytes = request.limitBytes { query.append(("limitBytes", String(bytes))) }
        if let since = request.since { query.append(("sinceTime", since.rfc3339)) }
        if let stream = request.stream { query.append(("stream", stream)) }
        let pieces = LogPieces()
        let sent = client.stream(
            .init(.GET, url("containerLogs", request.namespace, request.pod, request.container, query)), pieces)
        defer { sent.cancel() }
        do {
            for try await piece in pieces.stream {
                pieces.take(piece)
                guard await sink(Array(piece.readableBytesView)) else { return }
            }
        } catch {
            throw (error as? APIError) ?? unreachable(error)
        }
    }

    func execURL(_ request: ExecRequest) async throws(APIError) -> String { command("exec", request) }
    func attachURL(_ request: ExecRequest) async throws(APIError) -> String { command("attach", request) }

    func portForwardURL(namespace: String, pod: String, uid: String, ports: [Int32]) async throws(APIError) -> String {
        url("portForward", namespace, pod, "", ports.map { ("port", String($0)) })
    }

    private func command(_ verb: String, _ request: ExecRequest) -> String {
        var query = request.command.map { ("command", $0) }
        for (name, isWanted) in [
            ("input", request.stdin), ("output", request.stdout), ("error", request.stderr && !request.tty),
            ("tty", request.tty),
        ] where isWanted { query.append((name, "1")) }
        return url(verb, request.namespace, request.pod, request.container, query)
    }

    private func url(
        _ verb: String, _ namespace: String, _ pod: String, _ container: String, _ query: [(String, String)]
    ) -> String {
        let path = [verb, namespace, pod, container].filter { !$0.isEmpty }.joined(separator: "/")
        if query.isEmpty { return base + "/" + path }
        return base + "/" + path + "?"
            + query.map { percentEscaped($0) + "=" + percentEscaped($1) }.joined(separator: "&")
    }

    private func unreachable(_ error: any Error) -> APIError {
        .internalError("the kubelet of node \"\(nodeName)\" at \(base) did not answer: \(error)")
    }
}

/// A log as the kubelet sends it. A refusal becomes an error with the kubelet's words.
private final class LogPieces: HTTPAnswerReceiver, @unchecked Sendable {
    let stream: AsyncThrowingStream<ByteBuffer, any Error>
    private let continuation: AsyncThrowingStream<ByteBuffer, any Error>.Continuation
    private let waitingBytes = Mutex(0)
    // Touched on the connection's event loop only.
    private var status = 200
    private var refusal = ByteBuffer()

    init() { (stream, continuation) = AsyncThrowingStream.makeStream() }

    /// One piece was taken from the stream.
    func take(_ piece: ByteBuffer) { waitingBytes.withLock { $0 -= piece.readableBytes } }

    func head(_ status: Int, _ headers: EdgeHeaders) { self.status = status }

    func piece(_ bytes: ByteBuffer) {
        guard status == 200 else {
            if refusal.readableBytes < Limits.proxyWholeBytesMax { refusal.writeImmutableBuffer(bytes) }
            return
        }
        let waiting = waitingBytes.withLock { waiting in
            waiting += bytes.readableBytes
            return waiting
        }
        // A reader that leaves so much unread loses the rest, as a watcher does.
        if waiting > Limits.watchBacklogBytesMax { continuation.finish() } else { continuation.yield(bytes) }
    }

    func end(_ error: (any Error)?) {
        guard error == nil, status != 200 else { return continuation.finish(throwing: error) }
        let text = String(buffer: refusal).split(separator: "\n").joined(separator: " ")
        switch status {
        case 400: continuation.finish(throwing: APIError.badRequest(text))
        case 404: continuation.finish(throwing: APIError(code: 404, reason: "NotFound", message: text))
        default: continuation.finish(throwing: APIError.internalError("the kubelet refused with \(status): \(text)"))
        }
    }
}
