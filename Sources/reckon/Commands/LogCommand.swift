import ArgumentParser
import Document
import EventLog
import Foundation
import Identity
import History
import Records

struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Read, check, prune, copy and restore a log.",
        subcommands: [
            List.self, Show.self, Verify.self, Stat.self, LogPruneCommand.self, LogShipCommand.self,
            LogRestoreCommand.self, LogCheckpointCommand.self, LogExportCommand.self, LogMeasureCommand.self,
        ])

    struct Source: ParsableArguments {
        @Option(help: "The data directory of the log. A running server may have it open.")
        var data: String

        @Option(name: [.customShort("o"), .long], help: "text or json.")
        var output = "text"

        func validate() throws {
            guard ["text", "json"].contains(output) else { throw ValidationError("-o takes text or json") }
        }
        var isJSON: Bool { output == "json" }

        func open() throws -> DiskLog {
            guard FileManager.default.fileExists(atPath: data) else {
                throw StartupError("there is no directory \(data)")
            }
            do throws(LogError) { return try DiskLog(directory: data, isReadOnly: true) } catch {
                throw StartupError(error.description)
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the events of the log, oldest first.",
            discussion:
                "By default the requests that changed the cluster; --access lists the others: reads, denials, failed logins."
        )

        @OptionGroup var source: Source
        @Option(help: "The first revision (or, with --access, ordinal).")
        var from: UInt64?
        @Option(help: "How many at most; the newest by default.")
        var limit = 50
        @Flag(help: "The access stream.")
        var access = false

        func run() throws {
            let log = try source.open()
            defer { log.close() }
            let records: [EventRecord]
            do throws(LogError) {
                let newest = access ? log.head.ordinal : log.head.revision
                let start = from ?? (newest > UInt64(limit) ? newest - UInt64(limit) + 1 : 1)
                records =
                    access
                    ? try log.accesses(from: start, limit: limit)
                    : try log.events(from: max(start, log.floor + 1), limit: limit)
            } catch { throw StartupError(error.description) }
            if source.isJSON {
                for record in records { print(RecordRendering.json(record, withBodies: false).text) }
            } else {
                print(RecordRendering.list(records))
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one event whole: who, how established, why allowed, what changed.")

        @OptionGroup var source: Source
        @Argument(help: "The revision.")
        var revision: UInt64

        func run() throws {
            let log = try source.open()
            defer { log.close() }
            let found: EventRecord?
            do throws(LogError) { found = try log.events(from: revision, limit: 1).first } catch {
                throw StartupError(error.description)
            }
            guard let record = found, record.revision == revision else {
                throw StartupError("there is no event \(revision) in this log")
            }
            if source.isJSON {
                print(RecordRendering.json(record, withBodies: true).text)
                return
            }
            do {
                print(
                    try RecordRendering.show(record) { change in
                        // What it was before is known after the floor of its kind.
                        record.revision > log.floor(of: change.key.store)
                            ? try log.object(change.key, at: record.revision - 1)?.body : nil
                    })
            } catch { throw StartupError("\(error)") }
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read every record, recompute the hash chain and every state, and name what is wrong.",
            discussion: """
                With --checkpoint also that nothing is missing or otherwise since `reckon log checkpoint` printed that head.
                Exit status: 0 sound, 1 the log cannot be read, 2 damage was found or the checkpoint is not borne out.
                """)

        @OptionGroup var source: Source
        @Option(help: "A head that `reckon log checkpoint` printed, kept elsewhere.")
        var checkpoint: String?
        @Option(help: "The public key that signed it, PEM; DIR/pki/sa.pub by default.")
        var key: String?

        /// The head, when its signature holds.
        private func trustedHead() throws -> SignedHead? {
            guard let checkpoint else { return nil }
            let head = try SignedHead(file: checkpoint)
            let path = key ?? source.data + "/pki/sa.pub"
            guard let pem = try? String(contentsOfFile: path, encoding: .utf8), let known = try? VerifyingKey(pem: pem)
            else { throw StartupError("the public key \(path) cannot be read: give one with --key") }
            guard head.isSigned(by: known) else {
                FileHandle.standardError.write(
                    Data("\(checkpoint) is not signed by the key \(path), or was changed\n".utf8))
                throw ExitCode(2)
            }
            return head
        }

        func run() throws {
            guard FileManager.default.fileExists(atPath: source.data) else {
                throw StartupError("there is no directory \(source.data)")
            }
            let trusted = try trustedHead()
            let began = Date()
            var shown = 0
            let progress = { (share: Double) in
                let percent = Int(share * 100)
                if Date().timeIntervalSince(began) > 1, percent > shown, isatty(STDERR_FILENO) != 0 {
                    shown = percent
                    FileHandle.standardError.write(Data("\r\(percent) %".utf8))
                }
            }
            // A log too damaged to be opened is read page by page.
            let report: VerifyReport
            if let log = try? DiskLog(directory: source.data, isReadOnly: true) {
                report = log.verify(marking: trusted?.revision, progress)
                log.close()
            } else {
                report = DiskLog.verify(directory: source.data, marking: trusted?.revision, progress: progress)
            }
            if shown > 0 { FileHandle.standardError.write(Data("\r      \r".utf8)) }
            let objections = trusted?.objections(report, chain: report.markedChain, floor: report.floor) ?? []
            func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
            if source.isJSON {
                let findings = report.findings.map { finding -> JSON in
                    var entry: JSON = ["text": .string(finding.text)]
                    if let revision = finding.revision { entry["revision"] = .int(Int64(revision)) }
                    return entry
                }
                var answer: JSON = [
                    "sound": .bool(report.isSound && objections.isEmpty), "events": .int(Int64(report.events)),
                    "accesses": .int(Int64(report.accesses)),
                    "checkpoints": .int(Int64(report.checkpoints)), "revision": .int(Int64(report.head.revision)),
                    "chain": .string(hex(report.head.chain)), "stateDigest": .string(hex(report.stateDigest)),
                    "findings": .array(findings),
                ]
                if trusted != nil { answer["checkpoint"] = .array(objections.map { .string($0) }) }
                print(answer.text)
            } else {
                for finding in report.findings {
                    print(finding.revision.map { "revision \($0): \(finding.text)" } ?? finding.text)
                }
                print(
                    "\(report.isSound ? "sound" : "DAMAGED"): \(report.events) events, \(report.accesses) accesses, \(report.checkpoints) checkpoints"
                )
                print("head: revision \(report.head.revision), chain \(hex(report.head.chain))")
                print("state: \(hex(report.stateDigest))")
                if let trusted, objections.isEmpty {
                    print("checkpoint: revision \(trusted.revision) of \(trusted.time) is in this log")
                }
                for objection in objections { print("checkpoint: \(objection)") }
            }
            if !report.isSound || !objections.isEmpty { throw ExitCode(2) }
        }
    }

    struct Stat: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sizes and counts: what the log holds, and how many bytes an event takes.")

        @OptionGroup var source: Source

        func run() throws {
            let log = try source.open()
            defer { log.close() }
            let s: LogStatistics
            do throws(LogError) { s = try log.statistics() } catch { throw StartupError(error.description) }
            let kinds =
                s.journal.map { ("journal " + $0.kind, $0.size) } + s.access.map { ("access " + $0.kind, $0.size) }
            if source.isJSON {
                let answer: JSON = [
                    "revision": .int(Int64(s.head.revision)), "floor": .int(Int64(s.floor)),
                    "fileBytes": .int(Int64(s.fileBytes)), "liveBytes": .int(Int64(s.liveBytes)),
                    "checkpointBytes": .int(Int64(s.checkpointBytes)),
                    "keyframeBytes": .int(Int64(s.keyframeBytes)),
                    "kindFloors": KindAge.document(log.kindFloors),
                    "kinds": .array(
                        kinds.map { kind, size in
                            [
                                "kind": .string(kind), "events": .int(Int64(size.events)),
                                "bytes": .int(Int64(size.bytes)),
                                "bytesPerEvent": .double(Double(size.bytes) / Double(max(size.events, 1))),
                            ]
                        }),
                ]
                print(answer.text)
                return
            }
            print("newest revision \(s.head.revision) of \(s.head.time.rfc3339), oldest kept \(s.floor)")
            for (kind, floor) in KindAge.told(log.kindFloors) {
                print("what \(kind) were is known from revision \(floor)")
            }
            let checkpoints =
                s.checkpoints.isEmpty
                ? "no checkpoint yet"
                : "checkpoints at \(s.checkpoints.map(String.init).joined(separator: ", ")) of \(s.checkpointBytes) bytes"
            print("file \(s.fileBytes) bytes, of which \(s.liveBytes) hold data; \(checkpoints)")
            if !s.keyframes.isEmpty { print("\(s.keyframes.count) keyframes of \(s.keyframeBytes) bytes") }
            let rows = kinds.map { kind, size in
                [kind, "\(size.events)", "\(size.bytes)", "\(size.bytes / max(size.events, 1))"]
            }
            print(TextTable(["KIND", "EVENTS", "BYTES", "EACH"], rows).text)
        }
    }
}
