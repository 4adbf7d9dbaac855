import Foundation
import Logging

/// The kubelet's own containerd: its configuration, its process, its network for pods. It outlives the kubelet, as the
/// containers do, and is found again by its socket.
struct OwnContainerd: Sendable {
    let directory: String
    let podCIDR: String
    let host: HostFacts
    let pauseImage: String

    var socket: String { directory + "/containerd.sock" }
    private var configurationFile: String { directory + "/config.toml" }

    /// Writes the configuration and starts containerd when it does not run yet.
    func start(logger: Logger) throws {
        guard getuid() == 0 else {
            throw KubeletError(
                "running containers needs root: start reckon as root, or use --nodes simulated:1 or --nodes none")
        }
        guard let containerd = Shell.find("containerd") else {
            throw KubeletError("containerd is not installed: run tools/bootstrap, or use --nodes simulated:1")
        }
        guard Shell.find("runc") != nil else { throw KubeletError("runc is not installed: run tools/bootstrap") }
        guard let cni = host.cniDirectory else {
            throw KubeletError(
                "the CNI plugins are not installed (no bridge in /opt/cni/bin or /usr/lib/cni): run tools/bootstrap")
        }
        // A unix socket's path has room for 107 bytes.
        guard socket.utf8.count < 100 else {
            throw KubeletError(
                "the data directory's path is too long for containerd's socket (\(socket)): choose a shorter one")
        }
        for folder in ["", "/root", "/state", "/cni", "/certs.d", "/opt", "/cni-data"] {
            try? FileManager.default.createDirectory(atPath: directory + folder, withIntermediateDirectories: true)
        }
        try write(configuration(cni), to: configurationFile)
        try write(network, to: directory + "/cni/10-reckon.conflist")
        removeDeadBridges(logger: logger)
        if isAlive {
            logger.info("found containerd running", metadata: ["socket": "\(socket)"])
            return
        }
        unlink(socket)
        guard
            let pid = Shell.startDetached(
                containerd, ["-c", configurationFile], logFile: directory + "/containerd.log")
        else {
            throw KubeletError("containerd could not be started: see \(directory)/containerd.log")
        }
        try write("\(pid)\n", to: directory + "/containerd.pid")
        logger.info("started containerd", metadata: ["pid": "\(pid)", "socket": "\(socket)"])
    }

    /// A data directory that was removed leaves its bridge, whose address and route would draw the traffic of our pods. One without
    /// any port serves nobody: its owner, if there is one, makes it anew with the next pod.
    private func removeDeadBridges(logger: Logger) {
        let links = "/sys/class/net/"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: links)) ?? [] {
            guard name.hasPrefix("reckon"), name != bridge,
                let ports = try? FileManager.default.contentsOfDirectory(atPath: links + name + "/brif"), ports.isEmpty
            else { continue }
            logger.notice("removing the bridge of a node that is gone", metadata: ["bridge": "\(name)"])
            _ = Shell.run("ip", ["link", "delete", name])
        }
    }

    /// Starts containerd again when it has died; what runs in its containers is not touched by that.
    func revive(logger: Logger) {
        // One that we started ourselves has to be waited for, or it stays in the process table.
        var status: Int32 = 0
        let noted = HostFacts.text(directory + "/containerd.pid").trimmingCharacters(in: .whitespacesAndNewlines)
        if let pid = pid_t(noted) { waitpid(pid, &status, WNOHANG) }
        guard !isAlive else { return }
        logger.warning("containerd has died: starting it again")
        do { try start(logger: logger) } catch {
            logger.error("containerd did not start", metadata: ["error": "\(error)"])
        }
    }

    /// Whether the containerd that was started here earlier still runs.
    private var isAlive: Bool {
        guard let pid = OwnContainerd.pid(directory) else { return false }
        return kill(pid, 0) == 0 && access(socket, F_OK) == 0
    }

    /// The process id that was noted at the start, if it is containerd's.
    static func pid(_ directory: String) -> pid_t? {
        let text = HostFacts.text(directory + "/containerd.pid").trimmingCharacters(in: .whitespacesAndNewlines)
        guard let pid = pid_t(text), HostFacts.text("/proc/\(pid)/cmdline").contains(directory) else { return nil }
        return pid
    }

    private func write(_ text: String, to path: String) throws {
        do { try text.write(toFile: path, atomically: true, encoding: .utf8) } catch {
            throw KubeletError("cannot write \(path): \(error.localizedDescription)")
        }
    }

    func configuration(_ cni: String) -> String {
        """
        version = 2
        root = "\(directory)/root"
        state = "\(directory)/state"
        [grpc]
          address = "\(socket)"
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "\(pauseImage)"
          restrict_oom_score_adj = \(!host.canLowerOOMScore)
          netns_mounts_under_state_dir = true
          stream_server_address = "127.0.0.1"
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "\(cni)"
            conf_dir = "\(directory)/cni"
          [plugins."io.containerd.grpc.v1.cri".containerd]
            snapshotter = "overlayfs"
            default_runtime_name = "runc"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
              runtime_type = "io.containerd.runc.v2"
              [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
                SystemdCgroup = \(host.hasSystemd)
          [plugins."io.containerd.grpc.v1.cri".registry]
            config_path = "\(directory)/certs.d"
        [plugins."io.containerd.internal.v1.opt"]
          path = "\(directory)/opt"

        """
    }

    /// The bridge's name: one for each data directory, within the kernel's 15 bytes.
    var bridge: String {
        var hash: UInt32 = 2_166_136_261
        for byte in directory.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return "reckon" + String(hash & 0xFFFFFF, radix: 36)
    }

    var network: String {
        """
        {
          "cniVersion": "0.4.0",
          "name": "reckon",
          "plugins": [
            {
              "type": "bridge", "bridge": "\(bridge)", "isGateway": true, "ipMasq": false, "hairpinMode": true,
              "ipam": {
                "type": "host-local", "dataDir": "\(directory)/cni-data",
                "ranges": [[{"subnet": "\(podCIDR)"}]], "routes": [{"dst": "0.0.0.0/0"}]
              }
            },
            {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}
          ]
        }

        """
    }
}
