import Document
import Engine
import Foundation
import Kubelet
import Logging
import Testing

/// Real containers: needs root, containerd, runc, the CNI plugins and a static busybox; says so when it cannot run.
@Suite(.serialized) struct KubeletOnContainerdTests {
    static let obstacle: String? = {
        if getuid() != 0 { return "needs root" }
        for program in ["/usr/bin/containerd", "/usr/bin/busybox"] where access(program, X_OK) != 0 {
            return "needs \(program): run tools/bootstrap"
        }
        return nil
    }()

    @Test(
        .enabled(if: obstacle == nil, "needs root and containerd: run tools/bootstrap as root"), .timeLimit(.minutes(3))
    )
    func podsLiveAndAreTakenOver() async throws {
        let folder = TemporaryDirectory()
        let cluster = FakeCluster()
        var configuration = KubeletConfiguration(nodeName: "n1", directory: folder.path + "/node")
        configuration.podCIDR = "10.244.211.0/24"
        var logger = Logger(label: "kubelet-test")
        logger.logLevel = .warning
        let kubelet = Kubelet(configuration: configuration, door: cluster, logger: logger)
        do {
            try await kubelet.start()
            try await live(cluster, kubelet, configuration, logger)
        } catch {
            kubelet.stop()
            await Kubelet.reset(configuration)
            throw error
        }
        kubelet.stop()
        await Kubelet.reset(configuration)
    }

    private func live(
        _ cluster: FakeCluster, _ kubelet: Kubelet, _ configuration: KubeletConfiguration, _ logger: Logger
    ) async throws {
        cluster.put(["metadata": ["name": "cfg"], "data": ["word": "hello"]], "configmaps", namespace: "shop")
        let spec: JSON = [
            "nodeName": "n1", "terminationGracePeriodSeconds": 1,
            "containers": [
                [
                    "name": "c", "image": .string(Kubelet.builtinImage),
                    "command": ["sh", "-c", "cat /cfg/word; echo $WHO; while :; do sleep 0.1; done"],
                    "env": [["name": "WHO", "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]]],
                    "readinessProbe": ["exec": ["command": ["true"]], "periodSeconds": 1],
                    "volumeMounts": [["name": "cfg", "mountPath": "/cfg"]],
                ]
            ],
            "volumes": [["name": "cfg", "configMap": ["name": "cfg"]]],
        ]
        func pod(_ name: String, _ spec: JSON) {
            cluster.put(
                [
                    "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name)], "spec": spec,
                    "status": ["phase": "Pending"],
                ], "pods", namespace: "shop")
        }
        @Sendable func phase(_ cluster: FakeCluster, _ name: String) -> String? {
            cluster.object("pods", "shop", name)?["status", "phase"]?.string
        }
        @Sendable func container(_ cluster: FakeCluster, _ name: String) -> JSON {
            cluster.object("pods", "shop", name)?["status", "containerStatuses"]?[0] ?? .null
        }

        pod("web", spec)
        #expect(await cluster.wait { phase($0, "web") == "Running" && container($0, "web")["ready"]?.bool == true })
        #expect(cluster.object("pods", "shop", "web")?["status", "podIP"]?.string?.hasPrefix("10.244.211.") == true)

        let output = Collected()
        #expect(await cluster.wait(seconds: 5) { _ in true })
        try await Task.sleep(for: .milliseconds(300))
        try await kubelet.logs(LogRequest(namespace: "shop", pod: "web", uid: "")) { output.add($0) }
        #expect(output.text == "helloweb\n")
        #expect(
            try await kubelet.execURL(ExecRequest(namespace: "shop", pod: "web", uid: "", command: ["true"])).hasPrefix(
                "http://127.0.0.1:"))

        // A pod that ends keeps its exit code.
        pod(
            "once",
            [
                "nodeName": "n1", "restartPolicy": "Never",
                "containers": [
                    ["name": "c", "image": .string(Kubelet.builtinImage), "command": ["sh", "-c", "exit 5"]]
                ],
            ])
        #expect(await cluster.wait { phase($0, "once") == "Failed" })
        #expect(container(cluster, "once")["state", "terminated", "exitCode"]?.int == 5)

        // Another kubelet takes over what runs.
        let id = container(cluster, "web")["containerID"]
        kubelet.stop()
        let second = Kubelet(configuration: configuration, door: cluster, logger: logger)
        try await second.start()
        defer { second.stop() }
        try await Task.sleep(for: .seconds(1))
        #expect(container(cluster, "web")["containerID"] == id && id != nil)
        #expect(container(cluster, "web")["restartCount"]?.int == 0)

        // containerd dies: the container goes on, and containerd comes back.
        let file = configuration.directory + "/containerd/containerd.pid"
        let first = try #require(pid_t(try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")[0]))
        kill(first, SIGKILL)
        #expect(
            await cluster.wait { _ in
                (try? String(contentsOfFile: file, encoding: .utf8)).map { !$0.hasPrefix("\(first)\n") } ?? false
            })
        try await Task.sleep(for: .seconds(2))
        #expect(container(cluster, "web")["containerID"] == id)
        #expect(container(cluster, "web")["ready"]?.bool == true)

        for name in ["web", "once"] { cluster.delete("pods", "shop", name, grace: 1) }
        #expect(await cluster.wait { phase($0, "web") == nil && phase($0, "once") == nil })
        #expect(try FileManager.default.contentsOfDirectory(atPath: configuration.directory + "/pods").isEmpty)
    }
}

final class Collected: @unchecked Sendable {
    private let lock = NSLock()
    private var bytes: [UInt8] = []
    func add(_ more: [UInt8]) -> Bool {
        lock.withLock { bytes += more }
        return true
    }
    var text: String { lock.withLock { String(decoding: bytes, as: UTF8.self) } }
}
