import Access
import ClusterState
import Document
import Engine
import EventLog
import Foundation
import HTTPEdge
import History
import NIOCore
import Records
import Requests
import Schema

/// `GET /reckon/v1/capture?since=WHEN[&until=WHEN][&namespace=N …][&redact=secrets,env][&access=false]`: a window of the log as a file that
/// `reckon serve` opens. It is made on the disk beside the log and sent piece by piece; what is redacted never leaves the server.
extension APIServer {
    private static let pieceBytes = 256 << 10

    func capture(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        guard let log = (engine.wholeLog as? DiskLog) ?? (engine.wholeLog as? ServedLog)?.log else {
            throw APIError(
                code: 404, reason: "NotFound", message: "this server's log cannot be captured: ask the cluster itself")
        }
        let query = exchange.info.query
        guard let since = query["since"], !since.isEmpty else {
            throw .badRequest("since: say where the window begins, for example -1h")
        }
        let redactions = try Self.redactions(query["redact"])
        if !redactions.contains("secrets") {
            // Whoever may read every Secret may have them in the file.
            let secrets = AccessAttributes(
                user: exchange.authentication.user, verb: "list", version: "v1", resource: "secrets")
            let facts = allows(secrets)
            guard facts.verdict == .allowed else {
                exchange.authorization = facts
                throw secrets.forbidden(facts)
            }
        }
        let namespaces = query.all("namespace").filter { !$0.isEmpty }
        forkStarts.run { [self] in
            do throws(APIError) {
                var scope = LogCapture.Scope(
                    since: try time(since, "since", exchange, snapshot),
                    until: try query["until"].map { text throws(APIError) in
                        try time(text, "until", exchange, snapshot)
                    } ?? engine.now)
                scope.namespaces = namespaces
                scope.includesAccess = query.flag("access") ?? true
                scope.redactions = redactions
                try send(log, scope, exchange)
            } catch {
                fail(exchange, error)
            }
        }
    }

    private static func redactions(_ text: String?) throws(APIError) -> [String] {
        switch text ?? "secrets" {
        case "none": return []
        case "all": return LogCapture.redactions
        case let words:
            let all = words.split(separator: ",").map(String.init)
            if let unknown = all.first(where: { !LogCapture.redactions.contains($0) }) {
                throw .badRequest(
                    "redact: there is no \"\(unknown)\", only \(LogCapture.redactions.joined(separator: ", ")), all or none"
                )
            }
            return all
        }
    }

    private func time(_ text: String, _ name: String, _ exchange: Exchange, _ snapshot: Snapshot) throws(APIError)
        -> Timestamp
    {
        guard let moment = PastMoment(text) else {
            throw .badRequest("\(name): \"\(text)\" is no moment: give a revision, a time or a time before now (-1h)")
        }
        if let time = moment.time(now: engine.now) { return time }
        let revision = try moment.revision(in: LogPast(engine.wholeLog), now: engine.now)
        return try engine.reading { log throws(LogError) in try log.time(of: revision) } ?? engine.floorTime
            ?? snapshot.state.time
    }

    /// Makes the file, and begins to send it.
    private func send(_ log: DiskLog, _ scope: LogCapture.Scope, _ exchange: Exchange) throws(APIError) {
        let path = try captures.begin(beside: log.directory)
        let (file, manifest): (FileHandle, LogCapture.Manifest)
        do {
            defer { captures.end() }
            var about = LogCapture.about(engine.snapshot.state, reckon: version.gitVersion)
            about["made"] = .string(engine.now.rfc3339)
            manifest = try LogCapture.run(log, scope, to: path, about: about)
            file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            // Open it stays readable, and nothing is left behind however this ends.
            try FileManager.default.removeItem(atPath: path)
        } catch let error as LogError {
            if case .unusable(let text) = error { throw .badRequest(text) }
            throw error.answer
        } catch {
            throw .internalError("the window cannot be written: \(error.localizedDescription)")
        }
        let responder = exchange.responder
        note(exchange, code: 200)
        responder.startStream(
            200,
            exchange.headers("application/octet-stream") + [
                ("content-disposition", "attachment; filename=\"incident.reckon\""),
                ("reckon-capture", manifest.document.text),
            ])
        pour(file, responder)
    }

    /// Sends as much as the client takes now. The rest goes on when it has taken that: no thread waits for a slow one.
    private func pour(_ file: FileHandle, _ responder: EdgeResponder) {
        while !responder.isClosed, let piece = try? file.read(upToCount: Self.pieceBytes), !piece.isEmpty {
            responder.write(ByteBuffer(bytes: piece))
            if responder.isWritable { continue }
            responder.onDrain { [self] in
                forkStarts.run { [self] in pour(file, responder) }
            }
            return
        }
        responder.end()
    }
}

/// The files of captures under way, in one directory beside the log. What a process that ended left there goes with the next one.
final class CaptureFiles: @unchecked Sendable {
    private let lock = NSLock()
    // Guarded by the lock.
    private var underWay = 0

    func begin(beside directory: String) throws(APIError) -> String {
        let place = directory + "/captures"
        let files = FileManager.default
        let failure: (any Error)? = lock.withLock {
            do {
                if underWay == 0, files.fileExists(atPath: place) { try files.removeItem(atPath: place) }
                try files.createDirectory(
                    atPath: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch { return error }
            underWay += 1
            return nil
        }
        if let failure { throw .internalError("\(place) cannot be made: \(failure.localizedDescription)") }
        return place + "/\(UUID().uuidString).reckon"
    }
    func end() { lock.withLock { underWay -= 1 } }
}
