import Foundation
import Logging

extension Kubelet {
    /// Removes everything a kubelet with its own containerd left on this machine: pods, containerd and its shims, mounts, the
    /// bridge. The directory itself stays, with its images. For tests, and for who wants the machine back.
    public static func reset(_ configuration: KubeletConfiguration) async {
        let directory = configuration.containerdDirectory
        let own = OwnContainerd(
            directory: directory, podCIDR: configuration.podCIDR, host: HostFacts.read(),
            pauseImage: BuiltinImages.pause)
        if OwnContainerd.pid(directory) != nil, let runtime = try? ContainerRuntime(socket: own.socket),
            await runtime.version() != nil
        {
            let cgroups = Cgroups(host: own.host)
            for (uid, pod) in (try? await runtime.list()) ?? [:] {
                for sandbox in pod.sandboxes {
                    try? await runtime.stopSandbox(sandbox.id)
                    try? await runtime.removeSandbox(sandbox.id)
                }
                cgroups.remove(uid: uid)
            }
            runtime.close()
        }
        if let pid = OwnContainerd.pid(directory) { end(pid) }
        // Shims of pods that containerd could not remove.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let pid = pid_t(name) else { continue }
            let line = HostFacts.text("/proc/\(pid)/cmdline")
            if line.contains("containerd-shim"), line.contains(own.socket) { end(pid) }
        }
        for line in HostFacts.text("/proc/self/mounts").split(separator: "\n").reversed() {
            let parts = line.split(separator: " ")
            if parts.count > 1, parts[1].hasPrefix(configuration.directory + "/") { umount2(String(parts[1]), 2) }
        }
        _ = Shell.run("ip", ["link", "delete", own.bridge])
        unlink(directory + "/containerd.pid")
        unlink(own.socket)
    }

    private static func end(_ pid: pid_t) {
        kill(pid, SIGTERM)
        for _ in 0..<100 {
            var status: Int32 = 0
            // A child of ours has to be waited for; anything else just goes.
            waitpid(pid, &status, WNOHANG)
            if kill(pid, 0) != 0 { return }
            usleep(50_000)
        }
        kill(pid, SIGKILL)
    }
}
