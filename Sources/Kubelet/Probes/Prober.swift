import CRI
import Document
import GRPCCore
import NIOCore
import NIOPosix
import NIOSSL
import PodLifecycle

/// Asks containers how they are, and runs their hooks: commands, HTTP requests, connections.
struct Prober: Sendable {
    let runtime: ContainerRuntime

    /// One try of a probe. `address` is the pod's.
    func probe(_ spec: JSON, container: JSON, id: String, address: String) async -> ProbeOutcome {
        let seconds = max(1, spec["timeoutSeconds"]?.int ?? 1)
        if let exec = spec["exec"] { return await run(exec["command"]?.strings ?? [], id: id, seconds: seconds) }
        if let get = spec["httpGet"] {
            do {
                let answer = try await request(get, container: container, address: address, seconds: seconds)
                return (200..<400).contains(answer.status)
                    ? .success : .failure("HTTP probe failed with statuscode: \(answer.status)")
            } catch { return .failure(error.message) }
        }
        if let tcp = spec["tcpSocket"] {
            let host = tcp["host"]?.string ?? address
            guard let port = Prober.port(tcp["port"], container) else { return .failure("invalid port") }
            do {
                let channel = try await connect(host, port, seconds: seconds) { $0.eventLoop.makeSucceededVoidFuture() }
                channel.close(promise: nil)
                return .success
            } catch { return .failure(error.message) }
        }
        if let grpc = spec["grpc"] {
            return await health(
                address, Int(grpc["port"]?.int ?? 0), service: grpc["service"]?.string ?? "", seconds: seconds)
        }
        return .failure("the probe names no action that this node supports")
    }

    /// Runs a lifecycle hook; nil on success, else why it failed.
    func hook(_ handler: JSON, container: JSON, id: String, address: String, seconds: Int64) async -> String? {
        if let exec = handler["exec"] {
            if case .failure(let message) = await run(exec["command"]?.strings ?? [], id: id, seconds: seconds) {
                return message
            }
            return nil
        }
        if let get = handler["httpGet"] {
            do {
                _ = try await request(get, container: container, address: address, seconds: seconds)
                return nil
            } catch { return error.message }
        }
        if let pause = handler["sleep", "seconds"]?.int {
            try? await Task.sleep(for: .seconds(min(pause, seconds)))
            return nil
        }
        return nil
    }

    // MARK: commands

    private func run(_ command: [String], id: String, seconds: Int64) async -> ProbeOutcome {
        do {
            let answer = try await runtime.runtime.execSync(
                .with {
                    $0.containerID = id
                    $0.cmd = command
                    $0.timeout = seconds
                }, options: ContainerRuntime.within(seconds + 10))
            if answer.exitCode == 0 { return .success }
            let text = String(decoding: (answer.stdout + answer.stderr).prefix(1024), as: UTF8.self)
            return .failure(text.isEmpty ? "command exited with code \(answer.exitCode)" : text)
        } catch let error as RPCError where error.code == .deadlineExceeded {
            return .failure("command timed out: \"\(command.joined(separator: " "))\" timed out after \(seconds)s")
        } catch {
            return .failure("command failed: " + ContainerRuntime.words(error))
        }
    }

    // MARK: network

    struct ProbeFailure: Error { let message: String }

    /// A port given by number or by the container's name for it.
    static func port(_ value: JSON?, _ container: JSON) -> Int? {
        if let number = value?.int { return Int(number) }
        guard let text = value?.string else { return nil }
        if let number = Int(text) { return number }
        for port in container["ports"]?.elements ?? [] where port["name"]?.string == text {
            return port["containerPort"]?.int.map { Int($0) }
        }
        return nil
    }

    private func connect(
        _ host: String, _ port: Int, seconds: Int64,
        _ initialize: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws(ProbeFailure) -> any Channel {
        do {
            return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(seconds))
                .channelInitializer { initialize($0) }
                .connect(host: host, port: port).get()
        } catch {
            throw ProbeFailure(message: "dial tcp \(host):\(port): \(Prober.words(error))")
        }
    }

    private static func words(_ error: any Error) -> String {
        if case ChannelError.connectTimeout? = error as? ChannelError { return "i/o timeout" }
        if let error = error as? NIOConnectionError {
            if let first = error.connectionErrors.first { return words(first.error) }
            return "connect: no such host"
        }
        if let error = error as? IOError {
            switch error.errnoCode {
            case 111: return "connect: connection refused"
            case 113: return "connect: no route to host"
            case 110: return "i/o timeout"
            default: return "connect: \(error)"
            }
        }
        return "\(error)"
    }

    private func request(
        _ get: JSON, container: JSON, address: String, seconds: Int64
    ) async throws(ProbeFailure) -> (status: Int, body: String) {
        let host = get["host"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? address
        guard let port = Prober.port(get["port"], container) else { throw ProbeFailure(message: "invalid port") }
        let path = get["path"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? "/"
        let isTLS = get["scheme"]?.string?.uppercased() == "HTTPS"
        var lines = ["GET \(path.hasPrefix("/") ? path : "/" + path) HTTP/1.1"]
        var hasHost = false
        var hasAgent = false
        for header in get["httpHeaders"]?.elements ?? [] {
            guard let name = header["name"]?.string, let value = header["value"]?.string,
                !name.utf8.contains(where: { $0 < 33 }), !value.utf8.contains(where: { $0 == 13 || $0 == 10 })
            else { continue }
            if name.lowercased() == "host" { hasHost = true }
            if name.lowercased() == "user-agent" { hasAgent = true }
            lines.append("\(name): \(value)")
        }
        if !hasHost { lines.append("Host: \(host):\(port)") }
        if !hasAgent { lines.append("User-Agent: kube-probe/1.36") }
        lines += ["Accept: */*", "Connection: close", "", ""]
        let text = lines.joined(separator: "\r\n")
        let url = "Get \"\(isTLS ? "https" : "http")://\(host):\(port)\(path)\": "

        let promise = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: [UInt8].self)
        let channel: any Channel
        do {
            channel = try await connect(host, port, seconds: seconds) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if isTLS {
                        var configuration = TLSConfiguration.makeClientConfiguration()
                        configuration.certificateVerification = .none
                        let context = try NIOSSLContext(configuration: configuration)
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: nil))
                    }
                    try channel.pipeline.syncOperations.addHandler(AnswerCollector(promise))
                }
            }
        } catch {
            promise.fail(error)
            throw ProbeFailure(message: url + error.message)
        }
        channel.eventLoop.scheduleTask(in: .seconds(seconds)) {
            promise.fail(
                ProbeFailure(message: "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"))
            channel.close(promise: nil)
        }
        channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
        let answer: [UInt8]
        do { answer = try await promise.futureResult.get() } catch {
            throw ProbeFailure(message: url + ((error as? ProbeFailure)?.message ?? "\(error)"))
        }
        let head = String(decoding: answer.prefix(64), as: UTF8.self).split(separator: " ")
        guard head.count > 1, head[0].hasPrefix("HTTP/"), let status = Int(head[1]) else {
            throw ProbeFailure(message: url + "malformed HTTP response")
        }
        return (status, "")
    }

    // MARK: gRPC health

    /// `grpc.health.v1.Health/Check`: one string in (field 1), one enum out (field 1, 1 is SERVING).
    private func health(_ host: String, _ port: Int, service: String, seconds: Int64) async -> ProbeOutcome {
        do {
            let runtime = try RawCall(host: host, port: port)
            defer { runtime.close() }
            var body: [UInt8] = []
            if !service.isEmpty {
                body = [0x0A, UInt8(min(service.utf8.count, 127))] + Array(service.utf8.prefix(127))
            }
            let answer = try await runtime.unary("grpc.health.v1.Health", "Check", body, seconds: seconds)
            return answer == [0x08, 1] ? .success : .failure("service unhealthy (responded with \"NOT_SERVING\")")
        } catch {
            return .failure("health rpc probe failed: \(ContainerRuntime.words(error))")
        }
    }
}

/// Collects an answer until its first kilobytes are there or the connection ends.
private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private var bytes: [UInt8] = []
    private let promise: EventLoopPromise<[UInt8]>

    init(_ promise: EventLoopPromise<[UInt8]>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += unwrapInboundIn(data).readableBytesView
        if bytes.count >= 16 {
            promise.succeed(bytes)
            context.close(promise: nil)
        }
    }
    func channelInactive(context: ChannelHandlerContext) {
        if bytes.isEmpty { promise.fail(Prober.ProbeFailure(message: "EOF")) } else { promise.succeed(bytes) }
    }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }
}
