import ArgumentParser
import Document
import EventLog
import Foundation
import Identity

struct LogCheckpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Print the end of a log, signed with the cluster's key, to keep elsewhere.",
        discussion: """
              reckon log checkpoint --data DIR > head.json
              reckon log verify --data DIR --checkpoint head.json
            A hash chain alone cannot show that its end was cut off; a head that was kept elsewhere can. It also shows whether the
            log was written anew with other hashes.
            Exit status: 0 printed, 1 the log or the key cannot be read, 64 usage.
            """)

    @Option(help: "The data directory of the log.")
    var data: String
    @Option(help: "The private key to sign with, PEM; DIR/pki/sa.key by default.")
    var key: String?

    func run() throws {
        guard FileManager.default.fileExists(atPath: data) else { throw StartupError("there is no directory \(data)") }
        let path = key ?? data + "/pki/sa.key"
        guard let pem = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw StartupError("the key \(path) cannot be read: give one with --key")
        }
        do {
            let log = try DiskLog(directory: data, isReadOnly: true)
            let head = log.head
            log.close()
            print(try SignedHead(head, key: SigningKey(pem: pem)).document.text)
        } catch { throw StartupError("\(error)") }
    }
}

/// The end of a log at a moment, and who says so.
struct SignedHead {
    let revision: UInt64
    let ordinal: UInt64
    let time: String
    let chain: String
    let keyID: String
    let signature: [UInt8]

    init(_ head: LogHead, key: SigningKey) throws {
        revision = head.revision
        ordinal = head.ordinal
        time = head.time.rfc3339Micro
        chain = head.chain.map { String(format: "%02x", $0) }.joined()
        keyID = key.verifying.id
        signature = try key.sign(Self.statement(revision, ordinal, time, chain))
    }

    init(file: String) throws {
        guard let content = FileManager.default.contents(atPath: file), let json = try? JSON(parsing: Array(content)),
            json["kind"] == "LogHead", let revision = json["revision"]?.int, let ordinal = json["accesses"]?.int,
            let time = json["time"]?.string, let chain = json["chain"]?.string, let keyID = json["key"]?.string,
            let signature = json["signature"]?.string.flatMap({ Data(base64Encoded: $0) }), revision >= 0, ordinal >= 0
        else { throw StartupError("\(file) is no head that `reckon log checkpoint` printed") }
        self.revision = UInt64(revision)
        self.ordinal = UInt64(ordinal)
        self.time = time
        self.chain = chain
        self.keyID = keyID
        self.signature = Array(signature)
    }

    /// What is signed: every field, so that none can be changed.
    private static func statement(_ revision: UInt64, _ ordinal: UInt64, _ time: String, _ chain: String) -> [UInt8] {
        Array("reckon-log-head/1\n\(revision)\n\(ordinal)\n\(time)\n\(chain)\n".utf8)
    }

    var document: JSON {
        [
            "kind": "LogHead", "apiVersion": "reckon.dev/v1", "revision": .int(Int64(revision)),
            "accesses": .int(Int64(ordinal)), "time": .string(time), "chain": .string(chain), "key": .string(keyID),
            "signature": .string(Data(signature).base64EncodedString()),
        ]
    }

    func isSigned(by key: VerifyingKey) -> Bool {
        key.verify(signature, Self.statement(revision, ordinal, time, chain))
    }

    /// What a verified log says against this head, in words; empty when it bears it out. `chains` holds the chain's value after the
    /// head's revision, when the log still has it.
    func objections(_ report: VerifyReport, chain found: [UInt8]?, floor: UInt64) -> [String] {
        if report.head.revision < revision {
            return [
                "the log ends at revision \(report.head.revision), the checkpoint of \(time) is of revision \(revision): \(revision - report.head.revision) events were cut off"
            ]
        }
        if revision < floor { return ["the checkpoint's revision \(revision) was pruned: it can no longer be checked"] }
        guard let found else {
            return ["revision \(revision) ends no block of this log: it is not the log that the checkpoint was made of"]
        }
        let text = found.map { String(format: "%02x", $0) }.joined()
        if text != chain {
            return [
                "at revision \(revision) the chain is \(text), the checkpoint says \(chain): the log was written anew"
            ]
        }
        if report.head.ordinal < ordinal {
            return [
                "the access stream ends at \(report.head.ordinal), the checkpoint of \(time) says \(ordinal): \(ordinal - report.head.ordinal) access records were cut off"
            ]
        }
        return []
    }
}
