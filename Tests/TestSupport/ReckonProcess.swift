public import Document
public import Foundation
public import HTTPEdge
import NIOCore
import NIOPosix

/// A real `reckon` process in a directory of its own, with a token for an administrator.
public final class ReckonProcess: @unchecked Sendable {
    public let directory: URL
    public private(set) var url = ""
    private var process = Process()
    private var output = Pipe()
    public let arguments: [String]
    /// Variables that the next start adds to the environment.
    public var environment: [String: String]
    private let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton, tls: .init(trustsAnyone: true))

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
        public init(description: String) { self.description = description }
    }

    /// `arguments` begin with the subcommand; data directory, address and tokens are added. Returns when it serves.
    public init(_ arguments: [String], environment: [String: String] = [:]) throws {
        self.environment = environment
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "reckon-test-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let tokens = "admintoken,admin,admin-uid,\"system:masters\"\nalicetoken,alice,alice-uid,\"devs\"\n"
        try tokens.write(to: directory.appendingPathComponent("tokens.csv"), atomically: true, encoding: .utf8)
        self.arguments = arguments
        try start(port: 0)
    }

    /// Starts (again) on the same directory; the time until it served.
    @discardableResult
    public func start(port: Int? = nil) throws -> TimeInterval {
        let began = Date()
        let port = port ?? URL(string: url)?.port ?? 0
        process = Process()
        output = Pipe()
        process.executableURL = URL(fileURLWithPath: Tools.reckon)
        process.arguments =
            arguments + [
                "--data", dataPath, "--listen", "127.0.0.1:\(port)", "--token-auth-file",
                directory.path + "/tokens.csv",
            ]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        let errors = directory.appendingPathComponent("stderr")
        if !FileManager.default.fileExists(atPath: errors.path) {
            FileManager.default.createFile(atPath: errors.path, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: errors)
        handle.seekToEndOfFile()
        process.standardError = handle
        try process.run()
        var line = ""
        while !line.contains("\n") {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { throw Failure(description: "reckon ended before it was ready: \(errorText)") }
            line += String(decoding: data, as: UTF8.self)
        }
        guard line.hasPrefix("ready "), let address = line.split(separator: " ").dropFirst().first else {
            throw Failure(description: "the first line was not the ready line: \(line)")
        }
        url = String(address)
        return Date().timeIntervalSince(began)
    }

    public var dataPath: String { directory.path + "/data" }
    public var kubeconfig: String { dataPath + "/admin.kubeconfig" }
    public var errorText: String { (try? String(contentsOfFile: directory.path + "/stderr", encoding: .utf8)) ?? "" }
    public var processIdentifier: Int32 { process.processIdentifier }

    /// SIGKILL, as a crash would.
    public func crash() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Waits until it ends by itself; its exit status, nil when it still runs after `seconds`.
    public func ends(within seconds: Double = 10) async -> Int32? {
        let deadline = Date().addingTimeInterval(seconds)
        while process.isRunning, Date() < deadline { try? await Task.sleep(nanoseconds: 20_000_000) }
        return process.isRunning ? nil : process.terminationStatus
    }

    /// SIGTERM; the exit status.
    @discardableResult
    public func stop() -> Int32 {
        if process.isRunning {
            process.terminate()
            process.waitUntilExit()
        }
        return process.terminationStatus
    }

    /// Stops it and removes its directory.
    public func remove() {
        stop()
        try? FileManager.default.removeItem(at: directory)
    }

    // MARK: clients

    /// A client with a certificate of its own, that believes any server.
    public static func client(certificate: [UInt8], key: [UInt8]) -> HTTPClient {
        HTTPClient(
            group: MultiThreadedEventLoopGroup.singleton,
            tls: .init(certificateChain: certificate, privateKey: key, trustsAnyone: true))
    }

    /// One request; the status and the document (the text as a string when it is no JSON).
    public func send(
        _ method: String, _ path: String, _ body: JSON? = nil, token: String = "admintoken",
        text: String? = nil, contentType: String = "application/json",
        headers: [(String, String)] = []
    ) async throws -> (status: Int, body: JSON, headers: [(name: String, value: String)]) {
        var all = [("Accept", "application/json")] + headers
        if !token.isEmpty { all.append(("Authorization", "Bearer " + token)) }
        var bytes = ByteBuffer()
        if let sent = text.map({ Array($0.utf8) }) ?? body?.encoded() {
            all.append(("Content-Type", contentType))
            bytes.writeBytes(sent)
        }
        let response = try await client.send(.init(.init(rawValue: method), url + path, headers: all, body: bytes))
        let data = response.body.withUnsafeReadableBytes { Array($0) }
        return (
            response.status, (try? JSON(parsing: data)) ?? .string(String(decoding: data, as: UTF8.self)),
            response.headers.all
        )
    }

    /// A get as the administrator in the media type that is wanted, and the answer's own bytes.
    public func raw(_ path: String, accept: String, token: String = "admintoken") async throws -> (
        status: Int, bytes: [UInt8]
    ) {
        let headers = [("Accept", accept), ("Authorization", "Bearer " + token)]
        let response = try await client.send(.init(.GET, url + path, headers: headers))
        return (response.status, response.body.withUnsafeReadableBytes { Array($0) })
    }

    /// Real kubectl as the administrator; its exit status and what it printed.
    @discardableResult
    public func kubectl(_ arguments: String..., input: String? = nil) throws -> (
        status: Int32, output: String, errors: String
    ) {
        guard let kubectl = Tools.kubectl else {
            throw Failure(description: "there is no kubectl: tools/bootstrap --test installs one")
        }
        return try Tools.run(
            [kubectl] + arguments, environment: ["KUBECONFIG": kubeconfig, "HOME": directory.path], input: input)
    }

    /// Another `reckon` command beside this one.
    @discardableResult
    public func reckon(_ arguments: String...) throws -> (status: Int32, output: String, errors: String) {
        try reckon(arguments)
    }
    public func reckon(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        try Tools.run([Tools.reckon] + arguments, environment: ["KUBECONFIG": kubeconfig, "HOME": directory.path])
    }

    /// Asks again until the condition holds; false when it never does.
    public func eventually(_ seconds: Double = 30, _ condition: () async throws -> Bool) async rethrows -> Bool {
        let deadline = Date().addingTimeInterval(seconds)
        while Date() < deadline {
            if try await condition() { return true }
            try? await Task.sleep(nanoseconds: 50_000_000)
        }
        return false
    }
}
