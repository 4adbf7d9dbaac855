import Document
import Foundation
import TestSupport
import Testing

/// kubectl's streams to real containers: exec, attach, cp, logs, port-forward and debug.
extension ContainerTests {
    @Test(.enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func streamsOfContainers() async throws {
        let cluster = try ReckonProcess(["up", "--nodes", "local", "--node-name", "n1"])
        defer { Self.clean(cluster) }
        let image = "--image=reckon.dev/busybox:1"
        let loop = "while [ ! -e /tmp/stop ]; do sleep 0.2; done; echo stopped; exit 3"
        try succeeds(cluster, "run", "box", image, "--", "sh", "-c", "echo started; \(loop)")
        try succeeds(cluster, "wait", "--for=condition=Ready", "pod/box", "--timeout=120s")
        try copies(cluster)
        try speaks(cluster, image)
        try debugs(cluster, image)
        try await logs(cluster, image)
        try await forwards(cluster, image)
        try pythonStreams(cluster)
        #expect(cluster.stop() == 0)
    }

    /// A directory goes in by `kubectl cp` and comes out again, byte for byte.
    private func copies(_ cluster: ReckonProcess) throws {
        let (inward, outward) = (cluster.directory.path + "/in", cluster.directory.path + "/out")
        try FileManager.default.createDirectory(atPath: inward + "/sub", withIntermediateDirectories: true)
        let bytes = Data((0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) })
        try bytes.write(to: URL(fileURLWithPath: inward + "/big"))
        try Data("small".utf8).write(to: URL(fileURLWithPath: inward + "/sub/small"))
        try succeeds(cluster, "cp", inward, "box:/tmp/here")
        #expect(try succeeds(cluster, "exec", "box", "--", "cat", "/tmp/here/sub/small") == "small")
        try succeeds(cluster, "cp", "box:/tmp/here", outward)
        #expect(try Data(contentsOf: URL(fileURLWithPath: outward + "/big")) == bytes)
    }

    /// Standard input, the exit status and a terminal with its size; `run -i` attaches to the first process.
    private func speaks(_ cluster: ReckonProcess, _ image: String) throws {
        let shell = try cluster.kubectl("exec", "-i", "box", "--", "sh", input: "echo from within; exit 4\n")
        #expect(shell.status == 4 && shell.output == "from within\n", "\(shell.errors)")
        let command = "\(Tools.kubectl ?? "") exec -it box -- sh -c 'sleep 0.5; stty size; tty; exit 5'"
        let terminal = try Tools.run(
            ["script", "-qec", "stty rows 33 cols 99; " + command, "/dev/null"],
            environment: ["KUBECONFIG": cluster.kubeconfig, "HOME": cluster.directory.path], input: "")
        #expect(terminal.status == 5 && terminal.output.contains("33 99"), "\(terminal)")
        #expect(terminal.output.contains("/dev/pts/"))
        let asked = try cluster.kubectl(
            "run", "ask", image, "-i", "--rm", "-q", "--restart=Never", "--", "sh", "-c",
            "read name; echo hello $name; exit 7", input: "world\n")
        #expect(asked.status == 7 && asked.output.contains("hello world"), "\(asked)")
        #expect(try cluster.kubectl("get", "pod", "ask").errors.contains("NotFound"))
    }

    /// A container added to a running pod sees its processes; a copy has one more; a pod on a node sees the node's files.
    private func debugs(_ cluster: ReckonProcess, _ image: String) throws {
        try succeeds(
            cluster, "debug", "box", image, "--target=box", "-c", "look", "--attach=false", "--", "ps")
        let ended = "jsonpath={.status.ephemeralContainerStatuses[0].state.terminated.reason}=Completed"
        try succeeds(cluster, "wait", "--for=" + ended, "pod/box", "--timeout=60s")
        #expect(try succeeds(cluster, "logs", "box", "-c", "look").contains("while [ ! -e /tmp/stop ]"))
        try succeeds(
            cluster, "debug", "box", image, "--copy-to=copy", "--share-processes", "-c", "more", "--attach=false", "--",
            "sleep", "1000")
        try succeeds(cluster, "wait", "--for=condition=Ready", "pod/copy", "--timeout=60s")
        #expect(try succeeds(cluster, "exec", "copy", "-c", "more", "--", "ps").contains("while [ ! -e /tmp/stop ]"))
        try succeeds(
            cluster, "debug", "node/n1", image, "--profile=sysadmin", "--attach=false", "--", "cat",
            "/host/etc/os-release")
        let debugger = try succeeds(cluster, "get", "pods", "-o", "name").split(separator: "\n").first {
            $0.hasPrefix("pod/node-debugger-n1-")
        }
        let pod = String(try #require(debugger))
        try succeeds(cluster, "wait", "--for=jsonpath={.status.phase}=Succeeded", pod, "--timeout=60s")
        #expect(try succeeds(cluster, "logs", pod) == String(contentsOfFile: "/etc/os-release", encoding: .utf8))
    }

    /// Followed to the end, cut to the last lines, of the container before the restart, and of many pods at once.
    private func logs(_ cluster: ReckonProcess, _ image: String) async throws {
        try succeeds(
            cluster, "run", "count", image, "--labels=app=logged", "--restart=Never", "--", "sh", "-c",
            "for i in 1 2 3 4; do echo line $i; sleep 0.5; done")
        try succeeds(
            cluster, "wait", "--for=jsonpath={.status.containerStatuses[0].started}=true", "pod/count", "--timeout=60s")
        #expect(try succeeds(cluster, "logs", "-f", "count") == "line 1\nline 2\nline 3\nline 4\n")
        #expect(try succeeds(cluster, "logs", "count", "--tail=1") == "line 4\n")
        #expect(
            try succeeds(cluster, "logs", "-l", "app=logged", "--prefix", "--tail=1") == "[pod/count/count] line 4\n")
        #expect(try succeeds(cluster, "logs", "count", "--timestamps", "--tail=1").contains("Z line 4"))
        #expect(try cluster.kubectl("logs", "box", "--previous").errors.contains("previous terminated container"))
        try succeeds(cluster, "exec", "box", "--", "touch", "/tmp/stop")
        let restarted = try await cluster.eventually(60) {
            try cluster.kubectl("logs", "box", "--previous").output == "started\nstopped\n"
        }
        let described = restarted ? "" : try cluster.kubectl("describe", "pod", "box").output
        #expect(restarted, "\(described.suffix(2000))")
        let path = "jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}"
        #expect(try succeeds(cluster, "get", "pod", "box", "-o", path) == "3")
    }

    /// To a pod and, by its service, to the pod's port behind it.
    private func forwards(_ cluster: ReckonProcess, _ image: String) async throws {
        try succeeds(
            cluster, "run", "page", image, "--port=8080", "--", "sh", "-c",
            "mkdir /www; echo a page > /www/index.html; exec httpd -f -p 8080 -h /www")
        try succeeds(cluster, "expose", "pod", "page", "--port=80", "--target-port=8080")
        try succeeds(cluster, "wait", "--for=condition=Ready", "pod/page", "--timeout=60s")
        for (target, port) in [("pod/page", "8080"), ("service/page", "80")] {
            let forward = try BackgroundCommand(
                ["port-forward", target, ":" + port], directory: cluster.directory, program: Tools.kubectl ?? "",
                environment: ["KUBECONFIG": cluster.kubeconfig, "HOME": cluster.directory.path])
            defer { forward.crash() }
            let local = try #require(forward.firstLine.split(separator: " ").first { $0.hasPrefix("127.0.0.1:") })
            let came = try await cluster.eventually(20) {
                try Tools.run(["curl", "-s", "-m", "5", "http://\(local)/"]).output == "a page\n"
            }
            #expect(came, "\(target) by \(forward.firstLine)")
        }
    }

    /// The Python client speaks no SPDY: every stream is a WebSocket with channels.
    private func pythonStreams(_ cluster: ReckonProcess) throws {
        guard Tools.hasPython("kubernetes") else {
            return print("skipped the Python client's streams: tools/bootstrap --test installs kubernetes")
        }
        let result = try Tools.run(
            [Tools.installed("python")!, Tools.root.path + "/fixtures/clients/kubernetes_streams.py"],
            environment: ["KUBECONFIG": cluster.kubeconfig, "HOME": cluster.directory.path])
        #expect(
            result.status == 0 && result.output.hasSuffix("followed ok\n"),
            "\(result.output)\(result.errors.suffix(2000))")
    }

    /// What kubectl prints; it must succeed.
    @discardableResult
    private func succeeds(
        _ cluster: ReckonProcess, _ arguments: String..., at location: SourceLocation = #_sourceLocation
    ) throws -> String {
        let result = try Tools.run(
            [Tools.kubectl ?? ""] + arguments,
            environment: ["KUBECONFIG": cluster.kubeconfig, "HOME": cluster.directory.path])
        #expect(
            result.status == 0, "kubectl \(arguments.joined(separator: " ")): \(result.output)\(result.errors)",
            sourceLocation: location)
        return result.output
    }
}
