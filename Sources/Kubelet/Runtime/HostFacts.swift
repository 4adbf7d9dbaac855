import Foundation

/// What this machine is like, read once at start.
struct HostFacts: Sendable {
    enum CgroupLayout: Sendable, Equatable {
        /// One tree at this place.
        case unified(String)
        /// A tree for each of these controllers.
        case perController([String])
    }
    let cgroups: CgroupLayout
    let hasSystemd: Bool
    /// Whether oom scores may be lowered (CAP_SYS_RESOURCE).
    let canLowerOOMScore: Bool
    let cniDirectory: String?

    static func read() -> HostFacts {
        let capabilities = field("CapEff", in: "/proc/self/status").flatMap { UInt64($0, radix: 16) } ?? 0
        let cniDirectory = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"].first {
            access($0 + "/bridge", X_OK) == 0
        }
        return HostFacts(
            cgroups: readCgroups(), hasSystemd: access("/run/systemd/system", F_OK) == 0,
            canLowerOOMScore: capabilities & (1 << 24) != 0, cniDirectory: cniDirectory)
    }

    private static func readCgroups() -> CgroupLayout {
        if access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0 { return .unified("/sys/fs/cgroup") }
        var places: [String] = []
        for line in text("/proc/self/mounts").split(separator: "\n") {
            let parts = line.split(separator: " ")
            if parts.count > 2, parts[2] == "cgroup" || parts[2] == "cgroup2" { places.append(String(parts[1])) }
        }
        return .perController(places)
    }

    /// A file of /proc or /sys; empty when it cannot be read.
    static func text(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count <= 0 { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `name: value` of a file like /proc/meminfo.
    static func field(_ name: String, in path: String) -> String? {
        for line in text(path).split(separator: "\n") where line.hasPrefix(name + ":") {
            return line.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
        }
        return nil
    }
}
