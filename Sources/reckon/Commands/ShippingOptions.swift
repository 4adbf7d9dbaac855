import ArgumentParser
import EventLog
import Foundation

/// `--ship-to DIR --ship-key-file FILE`.
struct ShippingOptions: ParsableArguments {
    @Option(
        name: .customLong("ship-to"),
        help:
            "Copy the log to this directory as it grows, with the cluster's keys: what `reckon log restore` makes a cluster from. Best on another disk."
    )
    var directory: String?

    @Option(
        name: .customLong("ship-key-file"),
        help: "A file with a key or phrase: the copy is encrypted with it, and worthless without it.")
    var keyFile: String?
}

/// The content of a key file.
func archiveSecret(_ path: String?) throws -> ArchiveSecret? {
    guard let path else { return nil }
    guard let content = FileManager.default.contents(atPath: path) else {
        throw StartupError("the key file \(path) cannot be read")
    }
    guard let secret = ArchiveSecret(Array(content)) else { throw StartupError("the key file \(path) is empty") }
    return secret
}

/// The files beside a log without which no client of the cluster would know it again.
struct ClusterFiles: Sendable {
    let data: String
    var tokenAuthFile: String?

    func read() -> [(name: String, bytes: [UInt8])] {
        var files: [(String, [UInt8])] = []
        let names = (try? FileManager.default.contentsOfDirectory(atPath: data + "/pki")) ?? []
        for name in names.sorted() where name.hasSuffix(".crt") || name.hasSuffix(".key") || name.hasSuffix(".pub") {
            guard let content = FileManager.default.contents(atPath: data + "/pki/" + name) else { continue }
            files.append(("pki/" + name, Array(content)))
        }
        if let tokenAuthFile, let content = FileManager.default.contents(atPath: tokenAuthFile) {
            files.append(("token-auth-file", Array(content)))
        }
        return files
    }
}
