import CRI
import Document
public import Engine
import Foundation
import PodLifecycle
public import Schema

extension Kubelet: NodeStreams {
    public var nodeName: String { settings.nodeName }

    public func logs(_ request: LogRequest, to sink: @escaping @Sendable ([UInt8]) async -> Bool) async throws(APIError)
    {
        let (held, entry) = try await find(request.namespace, request.pod, request.uid)
        let name = try Kubelet.container(request.container, entry)
        let statuses = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"].flatMap {
            entry.lifecycle.status[$0]?.elements ?? []
        }
        let status = statuses.first { $0["name"]?.string == name } ?? .null
        // What `lastState` shows is what `--previous` means; in a crash back-off that is the newest one.
        let last = status["lastState", "terminated", "containerID"]?.string.map {
            String($0.dropFirst("containerd://".count))
        }
        guard let id = request.previous ? last : entry.lifecycle.container(name)?.current?.id else {
            if request.previous {
                throw .badRequest("previous terminated container \"\(name)\" in pod \"\(request.pod)\" not found")
            }
            let reason = status["state", "waiting", "reason"]?.string ?? "ContainerCreating"
            throw .badRequest("container \"\(name)\" in pod \"\(request.pod)\" is waiting to start: \(reason)")
        }
        guard let path = await held.runtime.container(id)?.logPath, var reader = LogReader(path: path, request) else {
            // A container that just began has written nothing yet.
            return
        }
        defer { reader.closeFile() }
        var ended = false
        while !reader.isFull {
            if let piece = reader.next() {
                if !piece.isEmpty, await !sink(piece) { return }
                continue
            }
            if !request.follow || ended { return }
            let state = await held.runtime.container(id)?.observation.state
            if state != .running {
                // What was written before the end is read in one more round.
                ended = true
                continue
            }
            if await !sink([]) { return }
            do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
        }
    }

    public func execURL(_ request: ExecRequest) async throws(APIError) -> String {
        let (held, id) = try await running(request)
        do {
            return try await held.runtime.runtime.exec(
                .with {
                    $0.containerID = id
                    $0.cmd = request.command
                    $0.tty = request.tty
                    $0.stdin = request.stdin
                    $0.stdout = request.stdout
                    $0.stderr = request.stderr && !request.tty
                }, options: ContainerRuntime.within(20)
            ).url
        } catch { throw .internalError("the container runtime refused the command: \(ContainerRuntime.words(error))") }
    }

    public func attachURL(_ request: ExecRequest) async throws(APIError) -> String {
        let (held, id) = try await running(request)
        do {
            return try await held.runtime.runtime.attach(
                .with {
                    $0.containerID = id
                    $0.tty = request.tty
                    $0.stdin = request.stdin
                    $0.stdout = request.stdout
                    $0.stderr = request.stderr && !request.tty
                }, options: ContainerRuntime.within(20)
            ).url
        } catch { throw .internalError("the container runtime refused to attach: \(ContainerRuntime.words(error))") }
    }

    public func portForwardURL(namespace: String, pod: String, uid: String, ports: [Int32]) async throws(APIError)
        -> String
    {
        let (held, entry) = try await find(namespace, pod, uid)
        guard let sandbox = entry.lifecycle.sandboxID else {
            throw .badRequest(
                "unable to forward port because pod is not running. Current status=\(entry.lifecycle.status["phase"]?.string ?? "Pending")"
            )
        }
        do {
            return try await held.runtime.runtime.portForward(
                .with {
                    $0.podSandboxID = sandbox
                    $0.port = ports
                }, options: ContainerRuntime.within(20)
            ).url
        } catch { throw .internalError("the container runtime refused to forward: \(ContainerRuntime.words(error))") }
    }

    // MARK: finding

    private func find(_ namespace: String, _ pod: String, _ uid: String) async throws(APIError) -> (
        Running, PodManager.Entry
    ) {
        guard let held else { throw .internalError("the node \(nodeName) is not started") }
        let entry =
            uid.isEmpty ? await held.manager.entry(namespace: namespace, name: pod) : await held.manager.entry(uid: uid)
        guard let entry else { throw .notFound(GroupResource(resource: "pods"), pod) }
        return (held, entry)
    }

    private func running(_ request: ExecRequest) async throws(APIError) -> (Running, String) {
        let (held, entry) = try await find(request.namespace, request.pod, request.uid)
        let name = try Kubelet.container(request.container, entry)
        guard let container = entry.lifecycle.container(name)?.current, container.state == .running else {
            throw .internalError("unable to upgrade connection: container not found (\"\(name)\")")
        }
        return (held, container.id)
    }

    /// The container of that name; the first of the spec when none is named.
    private static func container(_ name: String, _ entry: PodManager.Entry) throws(APIError) -> String {
        let containers = entry.lifecycle.definition.containers
        if name.isEmpty {
            let regular = containers.filter { $0.kind == .regular }
            guard let first = regular.first else { throw .badRequest("the pod has no containers") }
            return first.name
        }
        guard containers.contains(where: { $0.name == name }) else {
            throw .badRequest("container \(name) is not valid for pod \(entry.lifecycle.definition.name)")
        }
        return name
    }
}
