import ArgumentParser
import Glibc

struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Run a cluster: API server, controllers, scheduler and a node, in one process.")

    @OptionGroup var server: ServerOptions

    @Option(
        help: ArgumentHelp(
            "local runs containers here (needs root and containerd); none has no kubelet at all; simulated:N has N nodes whose pods run without containers.",
            valueName: "local|none|simulated:N"))
    var nodes = NodesOption.local

    @OptionGroup var loops: LoopOptions

    @Option(name: .customLong("node-name"), help: "The local node's name; the host's name by default.")
    var nodeName: String?

    @Option(
        name: .customLong("kubelet-port"),
        help: "Where the local node's kubelet serves its HTTPS API (nodes/NAME/proxy goes there); 0 serves none.")
    var kubeletPort = 10250

    func run() async throws {
        let cluster = try await Cluster(server, loops: loops)
        do {
            try await cluster.startNodes(nodes, name: nodeName, kubeletPort: kubeletPort)
        } catch {
            await cluster.stop()
            throw error
        }
        cluster.announce()
        await StopSignal.wait()
        await cluster.stop()
    }
}

struct APIServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apiserver", abstract: "Run the API server alone: no controllers, no scheduler, no nodes.")

    @OptionGroup var server: ServerOptions

    func run() async throws {
        let cluster = try await Cluster(server, loops: nil)
        cluster.announce()
        await StopSignal.wait()
        await cluster.stop()
    }
}
