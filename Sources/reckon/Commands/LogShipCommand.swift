import ArgumentParser
import Document
import EventLog
import Foundation

struct LogShipCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ship", abstract: "Copy a log to a directory, with the cluster's keys; goes on where it stopped.",
        discussion: """
              reckon log ship --data DIR --to /backup/cluster
              reckon log ship --data DIR --to /backup/cluster --follow --key-file phrase.txt
            Works beside a running server (which can do it itself: --ship-to). The files only grow, are flushed before they count,
            and are for their owner's eyes only: they hold the cluster's Secrets and keys.
            Exit status: 0 copied, 1 the log or the copy cannot be read or written, 64 usage.
            """)

    @Option(help: "The data directory of the log.")
    var data: String
    @Option(help: "The directory of the copy. Made when it does not exist.")
    var to: String
    @Flag(help: "Go on until stopped.")
    var follow = false
    @Option(help: "A file with a key or phrase to encrypt the copy with.")
    var keyFile: String?
    @Option(help: "The server's static tokens, to be copied as well.")
    var tokenAuthFile: String?
    @Flag(
        help: "Leave the keys of the cluster out: a restored cluster makes new ones, and no kubeconfig of before works."
    )
    var withoutKeys = false
    @Option(name: [.customShort("o"), .long], help: "text or json.")
    var output = "text"

    func validate() throws {
        guard ["text", "json"].contains(output) else { throw ValidationError("-o takes text or json") }
    }

    func run() async throws {
        guard FileManager.default.fileExists(atPath: data) else { throw StartupError("there is no directory \(data)") }
        let secret = try archiveSecret(keyFile)
        let files = ClusterFiles(data: URL(fileURLWithPath: data).path, tokenAuthFile: tokenAuthFile)
        let skipsKeys = withoutKeys
        do throws(LogError) {
            let log = try DiskLog(directory: data, isReadOnly: true)
            defer { log.close() }
            let about = LogCapture.about(try log.recover().state, reckon: Reckon.version)
            let shipper = try LogShipper(
                log: log, directory: URL(fileURLWithPath: to).path, secret: secret, about: about
            ) { skipsKeys ? [] : files.read() }
            while try shipper.turn(now: now) {}
            say(shipper.status)
            if follow {
                let stop = StopFlag()
                Task {
                    await StopSignal.wait()
                    stop.set()
                }
                while !stop.isSet {
                    if !(try shipper.turn(now: now)) { usleep(200_000) }
                }
                say(shipper.status)
            }
            try shipper.finish()
        } catch { throw StartupError(error.description) }
    }

    private var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6)) }

    private func say(_ status: LogShipper.Status) {
        if output == "json" {
            let answer: JSON = [
                "revision": .int(Int64(status.revision)), "accesses": .int(Int64(status.ordinal)),
                "time": .string(status.time.rfc3339Micro), "files": .int(Int64(status.files)),
            ]
            print(answer.text)
        } else {
            print("copied up to revision \(status.revision) of \(status.time.rfc3339), \(status.files) files in \(to)")
        }
        fflush(nil)
    }
}

/// Set once, by another thread.
final class StopFlag: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false
    var isSet: Bool { lock.withLock { value } }
    func set() { lock.withLock { value = true } }
}
