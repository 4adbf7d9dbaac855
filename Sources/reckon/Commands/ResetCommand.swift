import ArgumentParser
import Foundation
import Glibc
import KubeProxy
import Kubelet

/// Gives the machine back: what a node with containers left running when its server stopped.
struct ResetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "End the containers that a stopped local node left running, and remove its links and rules.",
        discussion: """
            A server that stops leaves its containers running, for its next start to take over. This ends them: pods, \
            containerd, mounts, the bridge and the service rules. The log and the images stay; --all removes the directory.
            Exit status: 0 done, 1 a server runs on the directory, or no permission.
            """)

    @Option(help: "The data directory of the stopped server.")
    var data: String
    @Flag(help: "Remove the whole directory too, the log included.")
    var all = false

    func run() async throws {
        guard FileManager.default.fileExists(atPath: data) else { throw StartupError("\(data) does not exist") }
        guard geteuid() == 0 else { throw StartupError("ending containers needs root") }
        let lock = open(data + "/lock", O_RDWR | O_CLOEXEC)
        if lock >= 0, flock(lock, LOCK_EX | LOCK_NB) != 0 {
            throw StartupError("a server runs on \(data): stop it first")
        }
        defer { if lock >= 0 { close(lock) } }
        if FileManager.default.fileExists(atPath: data + "/node") {
            await Kubelet.reset(KubeletConfiguration(nodeName: "", directory: data + "/node"))
            KubeProxy.removeRules()
        }
        if all { try FileManager.default.removeItem(atPath: data) }
        print(all ? "\(data) is gone" : "the node of \(data) has ended; its log and images stay")
    }
}
