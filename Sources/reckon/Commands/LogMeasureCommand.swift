import ArgumentParser
import ClusterState
import Document
import EventLog
import Foundation
import Records

/// How fast a disk takes records: the log's own appending, with nothing around it.
struct LogMeasureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure", abstract: "Append records durably to a new log, and say how fast this disk takes them.",
        discussion: "The directory must not exist; it is removed afterwards.")

    @Option(help: "A directory that does not exist yet, on the disk to measure.")
    var data: String
    @Option(help: "Records in one commit.")
    var batch = 1000
    @Option(help: "Commits.")
    var commits = 200
    @Option(name: [.customShort("o"), .long], help: "text or json.")
    var output = "text"

    func validate() throws {
        guard (1...100_000).contains(batch), (1...100_000).contains(commits) else {
            throw ValidationError("--batch and --commits take 1 to 100000")
        }
        guard ["text", "json"].contains(output) else { throw ValidationError("-o takes text or json") }
    }

    func run() throws {
        guard !FileManager.default.fileExists(atPath: data) else {
            throw StartupError("\(data) exists: name a new directory")
        }
        defer { try? FileManager.default.removeItem(atPath: data) }
        var bytes: UInt64 = 0
        var times: [Double] = []
        do throws(LogError) {
            let log = try DiskLog(directory: data)
            let state = try log.recover().state
            for number in 0..<commits {
                let records = (0..<batch).map { record(number * batch + $0) }
                let began = DispatchTime.now().uptimeNanoseconds
                try log.append(records, after: state)
                times.append(Double(DispatchTime.now().uptimeNanoseconds - began) / 1e9)
            }
            let statistics = try log.statistics()
            bytes = statistics.access.reduce(0) { $0 + $1.size.bytes }
            log.close()
        } catch { throw StartupError(error.description) }
        times.sort()
        let count = batch * commits
        let rate = Double(count) / times.reduce(0, +)
        let median = times[times.count / 2] * 1000
        if output == "json" {
            let answer: JSON = [
                "records": .int(Int64(count)), "recordsPerSecond": .double(rate),
                "commitMillisecondsMedian": .double(median),
                "bytesPerRecord": .double(Double(bytes) / Double(count)),
            ]
            print(answer.text)
        } else {
            print(
                "\(Int(rate)) records/s of \(bytes / UInt64(count)) bytes, \(batch) in a commit, median commit \(String(format: "%.2f", median)) ms"
            )
        }
    }

    /// A read whose query is its own, so that no two records share it: about 256 bytes.
    private func record(_ number: Int) -> EventRecord {
        let query = String(repeating: String(number, radix: 36) + ".", count: 64).prefix(215)
        return EventRecord(
            stream: .access, revision: 0, time: Timestamp(seconds: 1_700_000_000),
            request: RequestFacts(
                auditID: "00000000-0000-4000-8000-000000000000", verb: "get", path: "/measure", query: String(query),
                userAgent: "measure", source: ""),
            authentication: AuthenticationFacts(authenticator: "internal", user: UserInfo(name: "measure")),
            authorization: .notAsked, outcome: Outcome(code: 200))
    }
}
