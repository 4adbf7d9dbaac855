import Document
import Glibc
import Logging
import Schema

/// Follows one kind of the source until it is cancelled or the kind is gone: list, watch, and after a break on from where it was.
struct KindFollower: Sendable {
    let kind: SourceKind
    let namespace: String?
    let source: SourceCluster
    let writer: RecordingWriter
    let logger: Logger
    /// Called after changes, and when the kind is seen for the first time.
    let noticed: @Sendable () -> Void

    /// A break that is over sooner leaves no gap, in microseconds.
    private static let graceMicroseconds: Int64 = 3_000_000
    /// Without a byte for so long a connection counts as broken, in microseconds: of a kind with bookmarks, which come every minute or
    /// sooner; and of one without (Events have none), whose watch the server ends by then.
    private static let silenceMicroseconds: Int64 = 150_000_000
    private static let silenceWithoutBookmarks: Int64 = 320_000_000

    private static let refusedPauseNanoseconds: UInt64 = 30_000_000_000

    private enum Break: Error {
        /// The source no longer knows the version.
        case expired(String)
        case silent(since: Timestamp)
        /// The connection broke.
        case lost(since: Timestamp)
    }

    func run() async throws {
        var version = writer.resumeVersion(kind)
        // Since when nothing was seen.
        var blindSince: Timestamp? = version == nil ? nil : writer.observedBefore
        var reason = "the recorder was not running"
        if let since = blindSince { try await writer.openGap(kind, from: since, reason: reason) }
        var pause: UInt64 = 200_000_000
        var hasBookmarks = false
        while !Task.isCancelled {
            // A right that is missing is not asked for every other second.
            var isRefused = false
            do {
                if version == nil {
                    version = try await list()
                    if blindSince != nil {
                        try await writer.closeGap(kind, to: Self.now(), isMissed: true, reason: reason)
                        blindSince = nil
                    }
                    noticed()
                }
                version = try await watch(from: version!, &blindSince, &hasBookmarks)
                pause = 200_000_000
                continue
            } catch let error as SourceCluster.Failure where error.status == 404 {
                // The kind is no longer served: its objects went with it.
                let through = version ?? ""
                try await writer.reconcile(kind, [], namespace: namespace, through: through)
                return
            } catch Break.expired(let why) {
                blindSince = blindSince ?? Self.now()
                reason = why
                try await writer.openGap(kind, from: blindSince!, reason: why)
                version = nil
                continue
            } catch let error as SourceCluster.Failure where error.status == 410 {
                blindSince = blindSince ?? Self.now()
                reason = "410 Gone: " + error.description
                try await writer.openGap(kind, from: blindSince!, reason: reason)
                version = nil
                continue
            } catch is CancellationError {
                return
            } catch Break.lost(let since) {
                if blindSince == nil {
                    blindSince = since
                    reason = "the connection to the source broke"
                }
            } catch Break.silent(let since) {
                blindSince = blindSince ?? since
                reason = "the source was silent"
            } catch {
                isRefused = (error as? SourceCluster.Failure)?.status == 403
                if blindSince == nil {
                    blindSince = Self.now()
                    reason =
                        (error as? SourceCluster.Failure).map { "the source answered: \($0.description)" }
                        ?? "the source could not be reached"
                    logger.warning("\(kind.name): \(error)")
                }
            }
            version = writer.resumeVersion(kind) ?? version
            if let since = blindSince, Self.now().since(since) > Self.graceMicroseconds {
                try await writer.openGap(kind, from: since, reason: reason)
            }
            try await Task.sleep(nanoseconds: pause)
            pause = min(pause * 2, isRefused ? Self.refusedPauseNanoseconds : 3_000_000_000)
        }
    }

    /// Everything there is, by pages; the version that it is of.
    private func list() async throws -> String {
        var items: [JSON] = []
        var token = ""
        let path = kind.path(namespace: namespace)
        while true {
            let more = token.isEmpty ? "" : "&continue=" + token
            let page = try await source.get(path + "?limit=500" + more)
            items += page["items"]?.elements ?? []
            token = page["metadata", "continue"]?.string ?? ""
            if token.isEmpty {
                let version = page["metadata", "resourceVersion"]?.string ?? ""
                try await writer.reconcile(kind, items, namespace: namespace, through: version)
                return version
            }
            token = percentEscaped(token)
        }
    }

    /// Watches until the server ends it; the version to go on from.
    private func watch(from start: String, _ blindSince: inout Timestamp?, _ hasBookmarks: inout Bool) async throws
        -> String
    {
        var version = start
        var lastHeard = Self.now()
        let path =
            kind.path(namespace: namespace)
            + "?watch=true&allowWatchBookmarks=true&timeoutSeconds=290&resourceVersion=" + percentEscaped(start)
        var ticks = 0
        var hasBegun = false
        do {
            for try await signal in source.watch(path) {
                try Task.checkCancellation()
                switch signal {
                case .began:
                    hasBegun = true
                    lastHeard = Self.now()
                case .tick:
                    let patience = hasBookmarks ? Self.silenceMicroseconds : Self.silenceWithoutBookmarks
                    if Self.now().since(lastHeard) > patience { throw Break.silent(since: lastHeard) }
                    if hasBegun { ticks += 1 }
                    // A refusal of the version would have come at once, and what was missed has come by now.
                    if ticks >= 2, blindSince != nil {
                        try await writer.closeGap(kind, to: Self.now(), isMissed: false, reason: nil)
                        blindSince = nil
                    }
                case .lines(let lines):
                    lastHeard = Self.now()
                    let observations = try read(lines, &version, &hasBookmarks)
                    try await writer.observe(kind, observations, through: version)
                    if !observations.isEmpty { noticed() }
                }
            }
        } catch let error as Break {
            throw error
        } catch let error as SourceCluster.Failure {
            throw error
        } catch {
            // The connection broke: what came before is written.
            if error is CancellationError { throw error }
            throw Break.lost(since: hasBegun ? Self.now() : lastHeard)
        }
        return version
    }

    private func read(_ lines: [[UInt8]], _ version: inout String, _ hasBookmarks: inout Bool) throws
        -> [Observation]
    {
        var observations: [Observation] = []
        for line in lines {
            guard let event = try? JSON(parsing: line), let object = event["object"] else { continue }
            switch event["type"]?.string {
            case "ADDED", "MODIFIED": observations.append(Observation(kind: .present, object: object))
            case "DELETED": observations.append(Observation(kind: .deleted, object: object))
            case "BOOKMARK": hasBookmarks = true
            default:
                let message = object["message"]?.string ?? "the watch ended with an error"
                if object["code"]?.int == 410 { throw Break.expired("410 Gone: " + message) }
                throw SourceCluster.Failure(status: Int(object["code"]?.int ?? 500), description: message)
            }
            version = object["metadata", "resourceVersion"]?.string ?? version
        }
        return observations
    }

    static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
