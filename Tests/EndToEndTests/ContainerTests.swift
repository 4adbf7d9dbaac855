import Document
import Foundation
import TestSupport
import Testing

/// Real containers: the shop of the README on containerd, its service address, its streams, and a crash of the whole control plane.
@Suite(.serialized) struct ContainerTests {
    /// Why containers cannot run here; nil when they can.
    static let obstacle: String? = {
        if geteuid() != 0 { return "containers need root" }
        for tool in ["containerd", "runc", "nft"] where (try? Tools.run(["which", tool]).status) != 0 {
            return "\(tool) is not installed: tools/bootstrap installs it"
        }
        if Tools.kubectl == nil { return "there is no kubectl: tools/bootstrap --test installs one" }
        return nil
    }()

    @Test(.enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func theShop() async throws {
        let cluster = try ReckonProcess(["up", "--nodes", "local", "--node-name", "n1"])
        defer { Self.clean(cluster) }
        let shop = Tools.root.path + "/fixtures/shop.yaml"
        #expect(try cluster.kubectl("apply", "-f", shop).status == 0)
        for deployment in ["web", "till"] {
            let rollout = try cluster.kubectl(
                "-n", "shop", "rollout", "status", "deployment/\(deployment)", "--timeout=180s")
            let described = rollout.status == 0 ? "" : try cluster.kubectl("-n", "shop", "describe", "pods").output
            #expect(rollout.status == 0, "\(rollout.output)\(rollout.errors) \(described.suffix(3000))")
        }
        let pods = try cluster.kubectl("-n", "shop", "get", "pods", "-l", "app=web", "-o", "json")
        let items = try JSON(parsing: pods.output)["items"]?.elements ?? []
        #expect(items.count == 3)
        #expect(
            items.allSatisfy { $0["status", "phase"] == "Running" && !($0["status", "podIP"]?.string ?? "").isEmpty })
        guard let pod = items.first?["metadata", "name"]?.string else { return }

        // The service from the host and from a pod, spread over its endpoints.
        let address = try cluster.kubectl("-n", "shop", "get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")
            .output
        var answered: Set<String> = []
        for _ in 0..<30 {
            let page = try Tools.run(["curl", "-s", "-m", "5", "http://\(address)/"]).output
            if let line = page.split(separator: "\n").first(where: { $0.hasPrefix("served by") }) {
                answered.insert(String(line))
            }
        }
        #expect(answered.count == 3, "\(answered)")
        let inside = try cluster.kubectl(
            "-n", "shop", "exec", pod, "--", "timeout", "5", "wget", "-q", "-O", "-", "http://\(address)/")
        #expect(inside.output.contains("served by"), "\(inside.errors)")

        // Streams.
        #expect(try cluster.kubectl("-n", "shop", "logs", pod).output.contains("begins to serve"))
        #expect(try cluster.kubectl("-n", "shop", "exec", pod, "--", "sh", "-c", "exit 7").status == 7)
        #expect(
            try cluster.kubectl("-n", "shop", "exec", "-i", pod, "--", "cat", input: "through and back").output
                == "through and back")

        // A crash: what runs goes on running, and is taken over.
        let before = try Self.containers(cluster)
        cluster.crash()
        #expect(
            try Tools.run(["curl", "-s", "-m", "5", "http://\(address)/"]).output.contains("served by"),
            "services work without the control plane")
        try cluster.start()
        let same = try await cluster.eventually(60) { try Self.containers(cluster) == before }
        let after = try Self.containers(cluster)
        #expect(same, "containers were restarted: \(before) became \(after)")

        #expect(try cluster.kubectl("delete", "namespace", "shop", "--timeout=90s").status == 0)
        #expect(cluster.stop() == 0)
        let verified = try cluster.reckon("log", "verify", "--data", cluster.dataPath)
        #expect(verified.status == 0, "\(verified.output)")
    }

    /// Pod name → container id and restart count.
    private static func containers(_ cluster: ReckonProcess) throws -> [String: String] {
        let output = try cluster.kubectl("-n", "shop", "get", "pods", "-o", "json").output
        var found: [String: String] = [:]
        for pod in (try JSON(parsing: output))["items"]?.elements ?? [] {
            let status = pod["status", "containerStatuses"]?[0]
            found[pod["metadata", "name"]?.string ?? ""] =
                "\(status?["containerID"]?.string ?? "") \(status?["restartCount"]?.int ?? -1) \(status?["ready"]?.bool ?? false)"
        }
        return found
    }

    /// Takes away containers, containerd, mounts, links and rules of the run.
    static func clean(_ cluster: ReckonProcess) {
        cluster.stop()
        let reset = try? cluster.reckon("reset", "--data", cluster.dataPath, "--all")
        #expect(reset?.status == 0, "\(reset?.errors ?? "reckon reset did not start")")
        try? FileManager.default.removeItem(at: cluster.directory)
    }
}
