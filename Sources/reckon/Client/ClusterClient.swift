import ArgumentParser
import Document
import Foundation
import HTTPEdge
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The API server of a kubeconfig, for commands that ask it something.
struct ClusterClient {
    let server: String
    private let client: HTTPClient
    private let headers: [(String, String)]

    init(_ config: Kubeconfig) throws {
        server = config.server.hasSuffix("/") ? String(config.server.dropLast()) : config.server
        guard !server.isEmpty else { throw ValidationError("the kubeconfig's cluster names no server") }
        let user = config.user
        var tls = HTTPClient.TLS()
        tls.authorities = config.bytes(config.cluster, "certificate-authority")
        tls.certificateChain = config.bytes(user, "client-certificate")
        tls.privateKey = config.bytes(user, "client-key")
        tls.trustsAnyone = config.cluster["insecure-skip-tls-verify"] as? Bool ?? false
        client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton, tls: tls)
        var headers = [("User-Agent", "reckon/\(Reckon.version)"), ("Accept", "application/json")]
        if let token = user["token"] as? String { headers.append(("Authorization", "Bearer " + token)) }
        self.headers = headers
    }

    /// A request that changes something; the status and the document, refusals included.
    func send(_ method: HTTPMethod, _ path: String, _ body: JSON? = nil) async throws -> (status: Int, body: JSON) {
        var all = headers
        var bytes = ByteBuffer()
        if let body {
            all.append(("Content-Type", "application/json"))
            bytes.writeBytes(body.encoded())
        }
        let response: HTTPClient.Response
        do {
            response = try await client.send(.init(method, server + path, headers: all, body: bytes))
        } catch {
            throw StartupError("\(server) cannot be reached: \(error)")
        }
        let answer = response.body.withUnsafeReadableBytes { Array($0) }
        return (response.status, (try? JSON(parsing: answer)) ?? .string(String(decoding: answer, as: UTF8.self)))
    }

    /// The document at a path; a refusal is thrown with the server's own words.
    func get(_ path: String) async throws -> JSON { try await answer(path).document }

    private func answer(_ path: String) async throws -> (document: JSON, headers: EdgeHeaders) {
        let response: HTTPClient.Response
        do {
            // Questions over a long history take their time.
            response = try await client.send(.init(.GET, server + path, headers: headers, timeout: .seconds(120)))
        } catch {
            throw StartupError("\(server) cannot be reached: \(error)")
        }
        let document = (try? JSON(parsing: response.body.withUnsafeReadableBytes { Array($0) })) ?? .null
        guard response.status == 200 else { throw Self.refusal(document, response.status, server + path) }
        return (document, response.headers)
    }

    private static func refusal(_ document: JSON, _ status: Int, _ url: String) -> StartupError {
        StartupError(document["message"]?.string ?? "\(url) answered \(status)")
    }

    /// The revision that was the newest at a moment; now without one.
    func revision(at when: String?) async throws -> UInt64 {
        guard let when else {
            return UInt64(try await get("/reckon/v1/status")["revision"]?.int ?? 0)
        }
        guard let text = try await answer("/at/\(when)/version").headers["reckon-revision"], let found = UInt64(text)
        else {
            throw StartupError("\(server) serves no past")
        }
        return found
    }

    /// Puts the answer of a path into an open file; its headers. A refusal is thrown with the server's own words.
    func download(_ path: String, into file: FileHandle) async throws -> EdgeHeaders {
        let receiver = ReceivedFile(file)
        let url = server + path
        let exchange = client.stream(.init(.GET, url, headers: headers, timeout: .hours(1)), receiver)
        defer { exchange.cancel() }
        let outcome = await receiver.outcome()
        if let failure = outcome.failure {
            throw StartupError("\(server): the answer did not arrive whole: \(failure)")
        }
        guard outcome.status == 200 else {
            throw Self.refusal((try? JSON(parsing: outcome.refusal)) ?? .null, outcome.status, url)
        }
        return outcome.headers
    }

    /// Calls `each` with every document of an answer that has one a line, until the server ends it.
    func lines(_ path: String, _ each: @escaping @Sendable (JSON) -> Void) async throws {
        let receiver = LineReceiver(each)
        let (url, server) = (server + path, server)
        let exchange = client.stream(.init(.GET, url, headers: headers), receiver)
        defer { exchange.cancel() }
        switch await receiver.result() {
        case .success(let (status, rest)):
            guard status != 200 else { return }
            throw Self.refusal((try? JSON(parsing: rest)) ?? .null, status, url)
        case .failure(let error): throw StartupError("\(server) cannot be reached: \(error)")
        }
    }
}

/// Cuts an answer into lines as it comes.
private final class LineReceiver: HTTPAnswerReceiver {
    typealias Ending = Result<(Int, [UInt8]), any Error>
    private struct State {
        var status = 0
        var rest: [UInt8] = []
        var ending: Ending?
        var waiter: CheckedContinuation<Ending, Never>?
    }
    private let state = Mutex(State())
    private let each: @Sendable (JSON) -> Void
    init(_ each: @escaping @Sendable (JSON) -> Void) { self.each = each }

    func head(_ status: Int, _ headers: EdgeHeaders) { state.withLock { $0.status = status } }

    func piece(_ bytes: ByteBuffer) {
        let lines = state.withLock { state -> [ArraySlice<UInt8>] in
            state.rest += bytes.readableBytesView
            guard state.status == 200, let end = state.rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
            let whole = state.rest[...end].split(separator: UInt8(ascii: "\n"))
            state.rest = Array(state.rest[(end + 1)...])
            return whole
        }
        for line in lines { if let document = try? JSON(parsing: Array(line)) { each(document) } }
    }

    func end(_ error: (any Error)?) {
        let (waiter, ending) = state.withLock { state in
            let ending: Ending = error.map { .failure($0) } ?? .success((state.status, state.rest))
            state.ending = ending
            defer { state.waiter = nil }
            return (state.waiter, ending)
        }
        waiter?.resume(returning: ending)
    }

    func result() async -> Ending {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state in
                if state.ending == nil { state.waiter = continuation }
                return state.ending
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }
}
