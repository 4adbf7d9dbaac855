import APIServer
import ClusterState
import Document
import Engine
import EventLog
import Foundation
import Logging
import Schema

/// What a server does beside its work so that the log is neither lost nor too large: shipping and retention.
final class LogKeeping {
    private var shipping: PeriodicTask?
    private var retention: PeriodicTask?
    private let shipper: LogShipper?
    private let logger: Logger

    init(
        _ options: ServerOptions, log: DiskLog, engine: Engine, reports: StatusReports, logger: Logger
    ) throws {
        self.logger = logger
        if let directory = options.shipping.directory {
            let files = ClusterFiles(
                data: URL(fileURLWithPath: options.data).path, tokenAuthFile: options.tokenAuthFile)
            do throws(LogError) {
                shipper = try LogShipper(
                    log: log, directory: URL(fileURLWithPath: directory).path,
                    secret: try Self.secret(options.shipping.keyFile),
                    about: LogCapture.about(engine.state, reckon: Reckon.version)
                ) { files.read() }
            } catch { throw StartupError("--ship-to \(directory): \(error.description)") }
        } else {
            shipper = nil
        }
        if let shipper {
            reports.add("shipping") { [engine] in Self.report(shipper.status, engine) }
            let failed = LastText()
            shipping = PeriodicTask { [engine] in
                do throws(LogError) {
                    let goesOn = try shipper.turn(now: engine.now)
                    failed.set(nil)
                    return goesOn ? 0 : 200_000
                } catch {
                    // Said once, not with every turn.
                    if failed.set(error.description) { logger.error("the log is not copied: \(error.description)") }
                    return 2_000_000
                }
            }
        }
        let wanted = options.retention.retention
        guard !wanted.keepsEverything else { return }
        let pause = min(60_000_000, max(1_000_000, (wanted.shortestAge ?? .max) / 20))
        let shipper = shipper
        retention = PeriodicTask { [engine] in
            var limit = UInt64.max
            if let shipper {
                // What is not copied yet stays.
                let status = shipper.status
                guard status.failure == nil, status.revision > 0, status.revisionsBehind == 0 else { return pause }
                limit = status.revision
            }
            do throws(LogError) {
                let turn = try log.retain(wanted, now: engine.now, limit: limit)
                if let floor = turn.floor { logger.notice("history now begins at revision \(floor)") }
                for (kind, floor) in KindAge.told(turn.kindFloors) {
                    logger.notice("what \(kind) were is now known from revision \(floor)")
                }
            } catch { logger.error("the log could not be pruned: \(error.description)") }
            return pause
        }
    }

    private static func secret(_ path: String?) throws(LogError) -> ArchiveSecret? {
        do { return try archiveSecret(path) } catch { throw .unusable("\(error)") }
    }

    private static func report(_ status: LogShipper.Status, _ engine: Engine) -> StatusReports.Report {
        let seconds = status.behindSince.map { Double(engine.now.since($0)) / 1e6 } ?? 0
        var document: JSON = [
            "revision": .int(Int64(status.revision)), "time": .string(status.time.rfc3339Micro),
            "revisionsBehind": .int(Int64(status.revisionsBehind)), "secondsBehind": .double(seconds),
            "files": .int(Int64(status.files)),
        ]
        if let failure = status.failure { document["failure"] = .string(failure) }
        return .init(
            document,
            gauges: [
                ("reckon_ship_revision", "The newest revision in the copy of the log.", String(status.revision)),
                (
                    "reckon_ship_lag_revisions", "Durable events that are not in the copy.",
                    String(status.revisionsBehind)
                ),
                ("reckon_ship_lag_seconds", "Since when the copy has been incomplete.", String(seconds)),
                ("reckon_ship_failing", "1 while the log cannot be copied.", status.failure == nil ? "0" : "1"),
            ])
    }

    /// After the last append and before the log is closed.
    func stop() {
        retention?.stop()
        shipping?.stop()
        guard let shipper else { return }
        do throws(LogError) {
            while try shipper.turn(now: Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))) {}
            try shipper.finish()
        } catch { logger.error("the end of the log is not copied: \(error.description)") }
    }
}

/// The words said last.
private final class LastText: @unchecked Sendable {
    private let lock = NSLock()
    private var text: String?
    /// Whether they are new.
    @discardableResult
    func set(_ new: String?) -> Bool {
        lock.withLock {
            defer { text = new }
            return new != text
        }
    }
}
