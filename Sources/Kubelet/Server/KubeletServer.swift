import Document
public import Engine
import Foundation
public import HTTPEdge
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Schema

/// How the kubelet serves its own HTTPS API.
public struct KubeletServing: Sendable {
    /// 10250 as everywhere.
    public var port: Int
    public var tls: EdgeServer.TLS
    /// Who may ask.
    public var access: any KubeletAccess
    public init(port: Int = 10250, tls: EdgeServer.TLS, access: any KubeletAccess) {
        self.port = port
        self.tls = tls
        self.access = access
    }
}

/// The kubelet's HTTPS API, as far as clients of a cluster use it: pods, health, metrics, stats, container logs, and streams into containers.
final class KubeletServer: EdgeHandler {
    private let kubelet: Kubelet
    private let access: any KubeletAccess
    private let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
    private let numbers: NodeNumbers

    init(_ kubelet: Kubelet, access: any KubeletAccess, numbers: NodeNumbers) {
        self.kubelet = kubelet
        self.access = access
        self.numbers = numbers
    }

    func handle(_ request: EdgeRequest, _ responder: EdgeResponder) {
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        let verdict = access.kubeletVerdict(
            peerCertificate: request.peerCertificate, authorization: request.headers["authorization"],
            verb: Self.verb(request.method), node: kubelet.nodeName, subresources: Self.subresources(parts.first ?? ""),
            path: String(request.path), source: request.remoteAddress, userAgent: request.headers["user-agent"] ?? "")
        switch verdict {
        case .unknown: return Self.answer(responder, 401, "Unauthorized")
        case .forbidden(let text): return Self.answer(responder, 403, text)
        case .allowed: break
        }
        switch parts.first {
        case "exec", "attach", "portForward": return stream(request, responder, parts)
        default: break
        }
        guard request.method == .GET || request.method == .HEAD else {
            return Self.answer(responder, 405, "405: Method Not Allowed")
        }
        switch parts {
        case ["healthz"], ["healthz", "ping"], ["healthz", "log"], ["healthz", "syncloop"]:
            Self.answer(responder, 200, "ok")
        case ["pods"]: json(responder, kubelet.podList(onlyRunning: false))
        case ["runningpods"]: json(responder, kubelet.podList(onlyRunning: true))
        case ["stats", "summary"]: run(responder) { .json(await self.numbers.summary()) }
        case ["metrics"]: run(responder) { .metrics(await self.numbers.metrics()) }
        case ["metrics", "resource"]: run(responder) { .metrics(await self.numbers.resourceMetrics()) }
        case _ where parts.first == "containerLogs" && parts.count == 4: logs(request, responder, parts)
        default: Self.answer(responder, 404, "404 page not found\n")
        }
    }

    /// The verb that authorizers are asked about.
    private static func verb(_ method: HTTPMethod) -> String {
        switch method {
        case .POST: "create"
        case .PUT: "update"
        case .PATCH: "patch"
        case .DELETE: "delete"
        default: "get"
        }
    }

    /// The subresources of `nodes` that stand for a path, the narrower first.
    private static func subresources(_ first: String) -> [String] {
        switch first {
        case "stats": ["stats"]
        case "metrics": ["metrics"]
        case "logs": ["log"]
        case "pods", "runningpods": ["pods", "proxy"]
        case "healthz": ["healthz", "proxy"]
        case "configz": ["configz", "proxy"]
        default: ["proxy"]
        }
    }

    private static func answer(_ responder: EdgeResponder, _ code: Int, _ text: String) {
        responder.respond(
            code, [("content-type", "text/plain; charset=utf-8"), ("x-content-type-options", "nosniff")], .text(text))
    }
    private func json(_ responder: EdgeResponder, _ document: JSON) {
        responder.respond(200, [("content-type", "application/json")], .bytes(document.encoded()))
    }

    private enum Page: Sendable {
        case json(JSON)
        case metrics(String)
    }
    private func run(_ responder: EdgeResponder, _ work: @escaping @Sendable () async -> Page) {
        Task {
            switch await work() {
            case .json(let document): self.json(responder, document)
            case .metrics(let text):
                responder.respond(200, [("content-type", "text/plain; version=0.0.4; charset=utf-8")], .text(text))
            }
        }
    }

    // MARK: logs and streams

    /// `/containerLogs/NAMESPACE/POD/CONTAINER`.
    private func logs(_ request: EdgeRequest, _ responder: EdgeResponder, _ parts: [String]) {
        let query = Self.query(request)
        var wanted = LogRequest(namespace: parts[1], pod: parts[2], uid: "", container: parts[3])
        wanted.follow = query["follow"]?.first == "true"
        wanted.previous = query["previous"]?.first == "true"
        wanted.timestamps = query["timestamps"]?.first == "true"
        wanted.tailLines = query["tailLines"]?.first.flatMap { Int64($0) }
        wanted.limitBytes = query["limitBytes"]?.first.flatMap { Int64($0) }
        let asked = wanted
        Task {
            let started = Protected(false)
            @Sendable func start() {
                let isFirst = started.with { value in
                    defer { value = true }
                    return !value
                }
                if isFirst { responder.startStream(200, [("content-type", "text/plain")]) }
            }
            do throws(APIError) {
                try await self.kubelet.logs(asked) { bytes in
                    start()
                    responder.write(ByteBuffer(bytes: bytes))
                    while !responder.isWritable, !responder.isClosed {
                        try? await Task.sleep(for: .milliseconds(5))
                    }
                    return !responder.isClosed
                }
                start()
                responder.end()
            } catch {
                Self.answer(responder, error.code, error.message + "\n")
            }
        }
    }

    /// `/exec/NAMESPACE/POD[/UID]/CONTAINER` and its like: the caller's SPDY connection is joined with the runtime's own.
    private func stream(_ request: EdgeRequest, _ responder: EdgeResponder, _ parts: [String]) {
        guard let offer = request.upgrade, !offer.isWebSocket else {
            return Self.answer(responder, 400, "Upgrade request required: connect with Upgrade: SPDY/3.1\n")
        }
        guard parts.count >= (parts[0] == "portForward" ? 3 : 4) else {
            return Self.answer(responder, 404, "404 page not found\n")
        }
        let query = Self.query(request)
        func flag(_ name: String) -> Bool { ["1", "true"].contains(query[name]?.first ?? "") }
        let exec = ExecRequest(
            namespace: parts[1], pod: parts[2], uid: parts.count == 5 ? parts[3] : "", container: parts.last ?? "",
            command: query["command"] ?? [], stdin: flag("input"), stdout: flag("output"), stderr: flag("error"),
            tty: flag("tty"))
        let versions = request.headers.values("x-stream-protocol-version")
        Task {
            do throws(APIError) {
                let url =
                    switch parts[0] {
                    case "exec": try await self.kubelet.execURL(exec)
                    case "attach": try await self.kubelet.attachURL(exec)
                    default:
                        try await self.kubelet.portForwardURL(
                            namespace: parts[1], pod: parts[2], uid: parts.count == 4 ? parts[3] : "", ports: [])
                    }
                SPDYTunnel.join(responder, self.client, url: url, versions: versions) { error in
                    Self.answer(responder, 500, "the node's runtime did not take the connection: \(error)\n")
                }
            } catch {
                Self.answer(responder, error.code, error.message + "\n")
            }
        }
    }

    private static func query(_ request: EdgeRequest) -> [String: [String]] {
        var out: [String: [String]] = [:]
        for pair in request.query.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = sides.count > 1 ? String(sides[1].replacing("+", with: " ")) : ""
            out[String(sides[0]), default: []].append(value.removingPercentEncoding ?? value)
        }
        return out
    }
}
