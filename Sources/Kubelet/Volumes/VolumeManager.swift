import Document
import Foundation

/// A pod's volumes on the node's disk.
///
///     pods/UID/volumes/TYPE/NAME     what is mounted into containers
///     pods/UID/etc-hosts             the pod's /etc/hosts
///     pods/UID/containers/NAME/…     termination messages
///     pods/UID/subpaths/…            nothing is copied: sub-paths are checked and mounted directly
struct VolumeManager: Sendable {
    let configuration: KubeletConfiguration
    let reader: ClusterReader

    func directory(_ uid: String) -> String { configuration.podsDirectory + "/" + uid }

    /// Makes every volume of the pod, or brings its files up to date.
    func prepare(_ pod: PodFacts, files: VolumeFiles, stamp: String) async throws(ConfigurationError) {
        let base = directory(pod.uid)
        try makeDirectory(base, mode: 0o750)
        try makeDirectory(base + "/volumes", mode: 0o750)
        try makeDirectory(base + "/containers", mode: 0o750)
        for volume in pod.spec["volumes"]?.elements ?? [] {
            let name = volume["name"]?.string ?? ""
            if let content = try await files.files(volume) {
                let place = base + "/volumes/files/" + name
                do { try AtomicWriter(directory: place).write(content, stamp: stamp) } catch {
                    throw ConfigurationError(
                        "MountVolume.SetUp failed for volume \"\(name)\" : \(error.localizedDescription)")
                }
            } else if let source = volume["emptyDir"] {
                try emptyDirectory(
                    source, place: base + "/volumes/empty-dir/" + name,
                    group: pod.spec["securityContext", "fsGroup"]?.int)
            } else if let source = volume["hostPath"] {
                try checkHostPath(source["path"]?.string ?? "", type: source["type"]?.string ?? "", volume: name)
            } else if volume["persistentVolumeClaim"] != nil {
                _ = try claimPath(pod, volume)
            } else if volume["ephemeral"] != nil {
                _ = try claimPath(pod, volume)
            } else {
                let type = volume.entries.keys.first { $0 != "name" } ?? "unknown"
                throw ConfigurationError(
                    "volume \"\(name)\" has type \(type), which this node does not support: it knows configMap, secret, projected, "
                        + "downwardAPI, emptyDir, hostPath and persistentVolumeClaim (hostPath and local volumes)")
            }
        }
    }

    /// Where on the host a volume of the pod is.
    func path(_ pod: PodFacts, _ name: String) throws(ConfigurationError) -> String {
        guard let volume = (pod.spec["volumes"]?.elements ?? []).first(where: { $0["name"]?.string == name }) else {
            throw ConfigurationError("container refers to volume \"\(name)\", which the pod does not have")
        }
        if volume["emptyDir"] != nil { return directory(pod.uid) + "/volumes/empty-dir/" + name }
        if let source = volume["hostPath"] { return source["path"]?.string ?? "/" }
        if volume["persistentVolumeClaim"] != nil || volume["ephemeral"] != nil { return try claimPath(pod, volume) }
        return directory(pod.uid) + "/volumes/files/" + name
    }

    /// Unmounts and deletes what the pod had.
    func remove(_ uid: String) {
        let base = directory(uid)
        guard !uid.isEmpty, access(base, F_OK) == 0 else { return }
        for line in HostFacts.text("/proc/self/mounts").split(separator: "\n").reversed() {
            let parts = line.split(separator: " ")
            if parts.count > 1, parts[1].hasPrefix(base + "/") { umount2(String(parts[1]), 2) }
        }
        try? FileManager.default.removeItem(atPath: base)
    }

    // MARK: kinds

    private func emptyDirectory(_ source: JSON, place: String, group: Int64?) throws(ConfigurationError) {
        if access(place, F_OK) == 0 { return }
        try makeDirectory(place, mode: 0o777)
        switch source["medium"]?.string ?? "" {
        case "": break
        case "Memory":
            var options = "mode=777"
            if let limit = source["sizeLimit"].flatMap({ Quantity($0) }), !limit.isZero {
                options += ",size=\(limit.units)"
            }
            guard mount("tmpfs", place, "tmpfs", 0, options) == 0 else {
                throw ConfigurationError("cannot mount a tmpfs for an emptyDir: \(String(cString: strerror(errno)))")
            }
        case let medium: throw ConfigurationError("emptyDir medium \"\(medium)\" is not supported by this node")
        }
        if let group {
            chown(place, 0, UInt32(group))
            chmod(place, 0o2777)
        }
    }

    /// hostPath's `type`: checks, or creates with the `OrCreate` ones.
    private func checkHostPath(_ path: String, type: String, volume: String) throws(ConfigurationError) {
        var info = stat()
        let exists = stat(path, &info) == 0
        let kind = info.st_mode & S_IFMT
        func fail(_ what: String) -> ConfigurationError {
            ConfigurationError(
                "MountVolume.SetUp failed for volume \"\(volume)\" : hostPath type check failed: \(path) is not \(what)"
            )
        }
        switch type {
        case "": break
        case "DirectoryOrCreate":
            if !exists { try makeDirectory(path, mode: 0o755) } else if kind != S_IFDIR { throw fail("a directory") }
        case "Directory": if !exists || kind != S_IFDIR { throw fail("a directory") }
        case "FileOrCreate":
            if !exists {
                let file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o644)
                guard file >= 0 else { throw fail("a file") }
                close(file)
            } else if kind != S_IFREG {
                throw fail("a file")
            }
        case "File": if !exists || kind != S_IFREG { throw fail("a file") }
        case "Socket": if !exists || kind != S_IFSOCK { throw fail("a socket file") }
        case "CharDevice": if !exists || kind != S_IFCHR { throw fail("a character device") }
        case "BlockDevice": if !exists || kind != S_IFBLK { throw fail("a block device") }
        default: throw ConfigurationError("hostPath type \"\(type)\" is unknown")
        }
    }

    private func claimPath(_ pod: PodFacts, _ volume: JSON) throws(ConfigurationError) -> String {
        let name = volume["persistentVolumeClaim", "claimName"]?.string ?? "\(pod.name)-\(volume["name"]?.string ?? "")"
        guard let claim = reader.claim(pod.namespace, name) else {
            throw ConfigurationError("persistentvolumeclaim \"\(name)\" not found")
        }
        guard let bound = claim["spec", "volumeName"]?.string, let object = reader.volume(bound) else {
            throw ConfigurationError("persistentvolumeclaim \"\(name)\" is not bound to a volume yet")
        }
        if let path = object["spec", "hostPath", "path"]?.string {
            if object["spec", "hostPath", "type"]?.string == "DirectoryOrCreate" {
                try makeDirectory(path, mode: 0o777)
            }
            return path
        }
        if let path = object["spec", "local", "path"]?.string { return path }
        throw ConfigurationError(
            "persistentvolume \"\(bound)\" is neither hostPath nor local: this node supports no other kind")
    }

    func makeDirectory(_ path: String, mode: Int) throws(ConfigurationError) {
        do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
            throw ConfigurationError("cannot make the directory \(path): \(error.localizedDescription)")
        }
        chmod(path, mode_t(mode))
    }

    // MARK: sub-paths

    /// A path beneath a volume that does not leave it by a symbolic link; made when it does not exist.
    func subPath(_ base: String, _ relative: String) throws(ConfigurationError) -> String {
        guard !relative.hasPrefix("/"), !relative.split(separator: "/").contains("..") else {
            throw ConfigurationError("subPath \"\(relative)\" must be relative and must not contain '..'")
        }
        let full = base + "/" + relative
        guard let root = VolumeManager.resolved(base) else {
            throw ConfigurationError("the volume at \(base) does not exist")
        }
        if let real = VolumeManager.resolved(full) {
            guard real == root || real.hasPrefix(root + "/") else {
                throw ConfigurationError("subPath \"\(relative)\" leads out of its volume")
            }
            return real
        }
        // The longest part that exists must lie inside too before the rest is made.
        var parent = full
        while let slash = parent.lastIndex(of: "/") {
            parent = String(parent[..<slash])
            guard let real = VolumeManager.resolved(parent) else { continue }
            guard real == root || real.hasPrefix(root + "/") else {
                throw ConfigurationError("subPath \"\(relative)\" leads out of its volume")
            }
            break
        }
        try makeDirectory(full, mode: 0o750)
        return full
    }

    private static func resolved(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }
}
