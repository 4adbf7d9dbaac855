public import Document
import Foundation
public import HTTPEdge
public import Identity
import NIOCore
import NIOPosix
import Synchronization

/// An HTTPS server beside the cluster, with an authority of its own: a webhook, or an extension API server.
public final class OutsideServer: EdgeHandler, @unchecked Sendable {
    /// One request that came, read whole.
    public struct Visit: Sendable {
        public let method: String
        public let path: String
        public let query: String
        public let headers: [(name: String, value: String)]
        public let body: JSON
        public let peerCertificate: [UInt8]?
        /// The review's request, of a webhook.
        public var review: JSON { body["request"] ?? .null }
        public func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
        public func headers(_ name: String) -> [String] {
            headers.filter { $0.name.lowercased() == name }.map(\.value)
        }
    }
    public typealias Answer = @Sendable (Visit, EdgeResponder) -> Void

    public let authority: CertificateAuthority
    private var server: EdgeServer?
    private let visited = Mutex<[Visit]>([])
    private let answer: Answer

    /// Starts on a free port of 127.0.0.1 with a certificate for these names and that address.
    public static func start(_ names: [String], _ answer: @escaping Answer) async throws -> OutsideServer {
        try await OutsideServer(names, answer).started(names)
    }

    /// A webhook: `decide` gets the path and the review's request and gives the response's members, without the uid.
    public static func webhook(
        _ names: [String] = [], _ decide: @escaping @Sendable (_ path: String, _ request: JSON) -> JSON
    ) async throws -> OutsideServer {
        try await start(names) { visit, responder in
            var response = decide(visit.path, visit.review)
            response["uid"] = visit.review["uid"]
            let review: JSON = [
                "apiVersion": visit.body["apiVersion"] ?? .null, "kind": visit.body["kind"] ?? .null,
                "response": response,
            ]
            responder.respond(200, [("content-type", "application/json")], .bytes(review.encoded()))
        }
    }

    private init(_ names: [String], _ answer: @escaping Answer) throws {
        authority = try CertificateAuthority.make("outside", now: Self.now)
        self.answer = answer
    }

    private func started(_ names: [String]) async throws -> OutsideServer {
        let pair = try authority.issue(
            CertificateSubject("outside"), names: ServingNames(names: names + ["localhost"], addresses: ["127.0.0.1"]),
            usages: [.server], now: Self.now)
        server = try await EdgeServer.start(
            .init(
                addresses: [("127.0.0.1", 0)],
                tls: .init(
                    certificateChain: pair.certificateBytes, privateKey: pair.privateKeyBytes,
                    clientCertificateAuthorities: authority.pair.certificateBytes)),
            group: MultiThreadedEventLoopGroup.singleton, handler: self)
        port = server?.ports.first ?? 0
        return self
    }

    private static var now: Timestamp { Timestamp(seconds: Int64(Date().timeIntervalSince1970)) }

    public func handle(_ request: EdgeRequest, _ responder: EdgeResponder) {
        let bytes = request.body.withUnsafeReadableBytes { Array($0) }
        let visit = Visit(
            method: request.method.rawValue, path: String(request.path), query: String(request.query),
            headers: request.headers.all, body: (try? JSON(parsing: bytes)) ?? .null,
            peerCertificate: request.peerCertificate)
        visited.withLock { $0.append(visit) }
        answer(visit, responder)
    }

    /// The requests so far.
    public var visits: [Visit] { visited.withLock { $0 } }
    public func forget() { visited.withLock { $0 = [] } }
    public private(set) var port = 0
    public var url: String { "https://127.0.0.1:\(port)" }
    /// For `caBundle`.
    public var bundle: JSON { .string(Base64.encode(authority.pair.certificateBytes)) }
    /// A webhook's `clientConfig` by URL.
    public func client(_ path: String) -> JSON { ["url": .string(url + path), "caBundle": bundle] }

    public func stop() async { await server?.shutdown(grace: .milliseconds(50)) }

    /// JSON Patch as a response carries it.
    public static func patch(_ operations: JSON) -> JSON {
        ["allowed": true, "patchType": "JSONPatch", "patch": .string(Base64.encode(operations.encoded()))]
    }
}
