import ClusterState
import Document
public import Engine
public import HTTPEdge
import NIOCore
import Records
import Requests
import Schema

/// Who runs the pods of each node, for requests that go on to a container.
public final class NodeRegistry: Sendable {
    private let find: @Sendable (String) -> (any NodeStreams)?
    /// Connections to the nodes' runtimes.
    let client: HTTPClient?
    /// Connections to what requests are proxied to.
    let proxies: ProxyClients?
    public init(
        client: HTTPClient?, proxies: ProxyClients? = nil,
        _ find: @escaping @Sendable (String) -> (any NodeStreams)?
    ) {
        self.client = client
        self.proxies = proxies
        self.find = find
    }

    /// Who answers for a node, in this process or elsewhere; nil when nobody does, as for a simulated node.
    func access(to node: String, _ state: ClusterState) -> NodeAccess? {
        if let streams = find(node) { return client.map { NodeAccess(streams: streams, client: $0) } }
        guard let proxies, let target = try? ProxyTarget.find("nodes", node, namespace: "", in: state, turn: 0),
            target.transport == .kubelet
        else { return nil }
        let kubelet = RemoteKubelet(nodeName: node, base: target.base, client: proxies.kubelet)
        return NodeAccess(streams: kubelet, client: proxies.kubelet)
    }
}

/// The way to a node's containers.
struct NodeAccess {
    let streams: any NodeStreams
    /// Connects to the URLs that `streams` gives.
    let client: HTTPClient
}

/// log, exec, attach and portforward of a pod: on to the node that runs it.
extension APIServer {
    /// The pod and its node; refusals as upstream words them.
    private func placed(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) -> (JSON, NodeAccess) {
        let info = exchange.info
        let pods = GroupResource(resource: "pods")
        guard let stored = snapshot.state.object(pods, info.namespace, info.name) else {
            throw .notFound(pods, info.name)
        }
        let pod = stored.document
        let node = pod["spec", "nodeName"]?.string ?? ""
        if node.isEmpty { throw .badRequest("pod \(info.name) does not have a host assigned") }
        guard let access = nodes.access(to: node, snapshot.state) else {
            throw .internalError("the node \"\(node)\" runs no containers that this server can reach")
        }
        return (pod, access)
    }

    /// The container that is asked for; the only one when none is named.
    private func container(_ pod: JSON, _ asked: String, isLog: Bool) throws(APIError) -> String {
        let names = (pod["spec", "containers"]?.elements ?? []).compactMap { $0["name"]?.string }
        let initial = (pod["spec", "initContainers"]?.elements ?? []).compactMap { $0["name"]?.string }
        let ephemeral = (pod["spec", "ephemeralContainers"]?.elements ?? []).compactMap { $0["name"]?.string }
        let name = pod["metadata", "name"]?.string ?? ""
        if !asked.isEmpty {
            guard (names + initial + ephemeral).contains(asked) else {
                throw .badRequest("container \(asked) is not valid for pod \(name)")
            }
            return asked
        }
        if names.count == 1, initial.isEmpty { return names[0] }
        if let preferred = pod["metadata", "annotations", "kubectl.kubernetes.io/default-container"]?.string,
            names.contains(preferred)
        {
            return preferred
        }
        if names.count == 1, !isLog { return names[0] }
        var text =
            "a container name must be specified for pod \(name), choose one of: [\(names.joined(separator: " "))]"
        if !initial.isEmpty { text += " or one of the init containers: [\(initial.joined(separator: " "))]" }
        throw .badRequest(text)
    }

    func podLog(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let query = exchange.info.query
        let pods = GroupResource(resource: "pods")
        guard let waiting = snapshot.state.object(pods, exchange.info.namespace, exchange.info.name) else {
            throw .notFound(pods, exchange.info.name)
        }
        if waiting.nodeName.isEmpty {
            // A pod without a node has written nothing yet.
            _ = try container(waiting.document, query["container"] ?? "", isLog: true)
            note(exchange, code: 200)
            exchange.answer(200, text: "", contentType: "text/plain")
            return
        }
        let (pod, access) = try placed(exchange, snapshot)
        let streams = access.streams
        let name = try container(pod, query["container"] ?? "", isLog: true)
        var request = LogRequest(
            namespace: exchange.info.namespace, pod: exchange.info.name, uid: pod["metadata", "uid"]?.string ?? "",
            container: name)
        do throws(QueryError) {
            request.tailLines = try query.integer("tailLines")
            request.limitBytes = try query.integer("limitBytes")
            if let seconds = try query.integer("sinceSeconds") { request.since = engine.now.adding(seconds: -seconds) }
        } catch {
            throw .badRequest(error.message)
        }
        request.follow = query.flag("follow") ?? false
        request.previous = query.flag("previous") ?? false
        request.timestamps = query.flag("timestamps") ?? false
        if let text = query["sinceTime"] { request.since = Timestamp(rfc3339: text) }
        if let stream = query["stream"], stream != "All", !stream.isEmpty { request.stream = stream }
        let wanted = request
        note(exchange, code: 200)
        Task { [self] in
            let began = StreamStart(exchange)
            do throws(APIError) {
                try await streams.logs(wanted) { bytes in
                    began.start()
                    guard !exchange.responder.isClosed else { return false }
                    exchange.responder.write(ByteBuffer(bytes: bytes))
                    while !exchange.responder.isWritable, !exchange.responder.isClosed {
                        try? await Task.sleep(nanoseconds: 5_000_000)
                    }
                    return !exchange.responder.isClosed
                }
                began.start()
                exchange.responder.end()
            } catch {
                if began.hasStarted { exchange.responder.end() } else { fail(exchange, error) }
            }
        }
    }

    /// exec, attach and portforward: admission is asked first, then the pod is looked for.
    func podStream(_ exchange: Exchange, _ type: ResourceType) {
        let (query, name) = (exchange.info.query, exchange.info.subresource)
        var options: JSON = ["apiVersion": "v1"]
        switch name {
        case "portforward":
            options["kind"] = "PodPortForwardOptions"
            let ports = forwardedPorts(query)
            if !ports.isEmpty { options["ports"] = .array(ports.map { .int(Int64($0)) }) }
        default:
            options["kind"] = name == "exec" ? "PodExecOptions" : "PodAttachOptions"
            for flag in ["stdin", "stdout", "stderr", "tty"] where query.flag(flag) ?? false { options[flag] = true }
            if let container = query["container"], !container.isEmpty { options["container"] = .string(container) }
            let command = query.all("command")
            if name == "exec", !command.isEmpty { options["command"] = .array(command.map { .string($0) }) }
        }
        consult(exchange, type, options) { [self] _ throws(APIError) in
            try openStream(exchange, engine.snapshot)
        }
    }

    private func openStream(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let info = exchange.info
        let (pod, access) = try placed(exchange, snapshot)
        let streams = access.streams
        guard let offer = exchange.request.upgrade, offer.isWebSocket || offer.proto.lowercased() == "spdy/3.1" else {
            throw .badRequest("Upgrade request required")
        }
        let uid = pod["metadata", "uid"]?.string ?? ""
        if info.subresource == "portforward" {
            guard offer.isWebSocket else {
                passSPDY(exchange, access.client) { () async throws(APIError) in
                    try await streams.portForwardURL(namespace: info.namespace, pod: info.name, uid: uid, ports: [])
                }
                return
            }
            try portForward(exchange, offer, access, uid)
            return
        }
        let query = info.query
        var request = ExecRequest(
            namespace: info.namespace, pod: info.name, uid: uid,
            container: try container(pod, query["container"] ?? "", isLog: false),
            command: query.all("command"))
        request.stdin = query.flag("stdin") ?? false
        request.stdout = query.flag("stdout") ?? false
        request.stderr = query.flag("stderr") ?? false
        request.tty = query.flag("tty") ?? false
        if info.subresource == "exec", request.command.isEmpty {
            throw .badRequest("you must specify at least 1 command for the container")
        }
        let wanted = request
        guard offer.isWebSocket else {
            passSPDY(exchange, access.client) { () async throws(APIError) in
                info.subresource == "exec" ? try await streams.execURL(wanted) : try await streams.attachURL(wanted)
            }
            return
        }
        guard let chosen = offer.choose(RemoteCommand.subprotocols) else {
            throw .badRequest(
                "none of the offered subprotocols is known: offer \(RemoteCommand.subprotocols.joined(separator: ", "))"
            )
        }
        note(exchange, code: 101)
        Task { [self] in
            do throws(APIError) {
                let url =
                    info.subresource == "exec" ? try await streams.execURL(wanted) : try await streams.attachURL(wanted)
                await bridge(exchange, access.client, url, wanted, chosen)
            } catch {
                fail(exchange, error)
            }
        }
    }

    /// A client that speaks SPDY itself speaks it with the runtime: older kubectl and client-go.
    private func passSPDY(
        _ exchange: Exchange, _ client: HTTPClient, _ url: @escaping @Sendable () async throws(APIError) -> String
    ) {
        note(exchange, code: 101)
        Task { [self] in
            do throws(APIError) {
                exchange.count(101, isTimed: false)
                SPDYTunnel.join(
                    exchange.responder, client, url: try await url(),
                    versions: exchange.request.headers.values("x-stream-protocol-version")
                ) { error in
                    self.fail(exchange, .internalError("the node's runtime did not take the connection: \(error)"))
                }
            } catch {
                fail(exchange, error)
            }
        }
    }

    /// Joins the client's WebSocket and the runtime's own connection.
    private func bridge(
        _ exchange: Exchange, _ client: HTTPClient, _ url: String, _ request: ExecRequest, _ subprotocol: String
    ) async {
        let command: RemoteCommand
        do {
            command = try await RemoteCommand.connect(
                client, url: url,
                streams: .init(stdin: request.stdin, stdout: request.stdout, stderr: request.stderr, tty: request.tty)
            ).get()
        } catch {
            fail(exchange, .internalError("the node's runtime did not take the connection: \(error)"))
            return
        }
        exchange.responder.acceptWebSocket(subprotocol: subprotocol) { outer in
            guard let outer else {
                command.close()
                return
            }
            command.join(outer)
        }
    }

    /// kubectl tunnels SPDY through a WebSocket; each of its connections goes on to the pod's port by itself.
    private func portForward(_ exchange: Exchange, _ offer: UpgradeOffer, _ access: NodeAccess, _ uid: String)
        throws(APIError)
    {
        let info = exchange.info
        guard let chosen = offer.choose([PortForward.tunnelSubprotocol]) else {
            return try forwardChannels(exchange, offer, access, uid)
        }
        note(exchange, code: 101)
        exchange.responder.acceptWebSocket(subprotocol: chosen) { stream in
            guard let stream else { return }
            PortForward.serve(ByteDuplex(stream), pod: info.name) { port in
                let promise = stream.eventLoop.makePromise(of: WebSocketStream.self)
                promise.completeWithTask {
                    let url = try await access.streams.portForwardURL(
                        namespace: info.namespace, pod: info.name, uid: uid, ports: [Int32(port)])
                    return try await access.client.webSocket(url, subprotocols: ["v4.channel.k8s.io"]).get()
                }
                return promise.futureResult
            }
        }
    }
}

extension APIServer {
    /// The Python client and others speak no SPDY: they name the ports in the URL, and each has two channels, for bytes and for errors.
    /// The runtime speaks the same, so its messages are passed on.
    private func forwardChannels(
        _ exchange: Exchange, _ offer: UpgradeOffer, _ access: NodeAccess, _ uid: String
    ) throws(APIError) {
        let info = exchange.info
        let chosen = offer.choose(PortForward.channelSubprotocols)
        guard chosen != nil || offer.subprotocols.isEmpty else {
            let known = [PortForward.tunnelSubprotocol] + PortForward.channelSubprotocols
            throw .badRequest("none of the offered subprotocols is known: offer \(known.joined(separator: ", "))")
        }
        let ports = forwardedPorts(info.query)
        guard !ports.isEmpty, ports.allSatisfy({ (1...65535).contains($0) }) else {
            throw .badRequest("the query parameter \"ports\" must name the pod's ports, each between 1 and 65535")
        }
        note(exchange, code: 101)
        Task { [self] in
            do throws(APIError) {
                let url = try await access.streams.portForwardURL(
                    namespace: info.namespace, pod: info.name, uid: uid, ports: ports)
                let inner: WebSocketStream
                do {
                    inner = try await access.client.webSocket(
                        url, subprotocols: [chosen ?? PortForward.channelSubprotocols[0]]
                    ).get()
                } catch {
                    throw APIError.internalError("the node's runtime did not take the connection: \(error)")
                }
                exchange.responder.acceptWebSocket(subprotocol: chosen) { outer in
                    guard let outer else { return inner.close() }
                    WebSocketSplice.join(outer, inner)
                }
            } catch {
                fail(exchange, error)
            }
        }
    }

    /// `ports` of a query, each once or several parted by commas.
    private func forwardedPorts(_ query: Query) -> [Int32] {
        query.all("ports").flatMap { $0.split(separator: ",") }.compactMap { Int32($0) }
    }
}

/// Starts a streamed answer when its first bytes come, so that a refusal before them can still be a Status.
private final class StreamStart: @unchecked Sendable {
    private let exchange: Exchange
    private(set) var hasStarted = false
    init(_ exchange: Exchange) { self.exchange = exchange }
    func start() {
        if hasStarted { return }
        hasStarted = true
        exchange.responder.startStream(200, exchange.headers("text/plain"))
    }
}
