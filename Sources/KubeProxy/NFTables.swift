import Foundation

/// Runs `nft` and `conntrack`.
struct NFTables: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }
    let nft: String
    let conntrack: String?

    /// nil when nft is not installed.
    init?() {
        func find(_ program: String) -> String? {
            ["/usr/sbin/", "/sbin/", "/usr/local/sbin/", "/usr/bin/"].map { $0 + program }.first {
                access($0, X_OK) == 0
            }
        }
        guard let nft = find("nft") else { return nil }
        self.nft = nft
        conntrack = find("conntrack")
    }

    /// Applies one transaction: all of it or, with an error, nothing.
    func apply(_ text: String) throws { try NFTables.run(nft, ["-f", "-"], input: text) }

    /// Removes the table; no failure when it is not there.
    func remove(_ table: String) { try? apply("add table ip \(table)\ndelete table ip \(table)\n") }

    /// Forgets UDP flows: `address port [endpoint]`.
    func forget(_ flow: String) {
        guard let conntrack else { return }
        let parts = flow.split(separator: " ").map(String.init)
        guard parts.count >= 2 else { return }
        var arguments = ["-D", "-p", "udp", "--orig-dst", parts[0], "--orig-port-dst", parts[1]]
        if parts.count > 2 { arguments += ["--dst-nat", parts[2]] }
        // Exit code 1 says that there was nothing to forget.
        try? NFTables.run(conntrack, arguments, input: "")
    }

    private static func run(_ program: String, _ arguments: [String], input: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let (stdin, output) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = output
        process.standardError = output
        try process.run()
        // nft reads everything before it says anything.
        try? stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try? stdin.fileHandleForWriting.close()
        let said = (try? output.fileHandleForReading.readToEnd()) ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let words = String(decoding: said.prefix(2000), as: UTF8.self).trimmingCharacters(
                in: .whitespacesAndNewlines)
            throw Failure(description: "\(program) ended with \(process.terminationStatus): \(words)")
        }
    }
}
