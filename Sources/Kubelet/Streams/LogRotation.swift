import CRI
import Foundation
import PodLifecycle

/// Keeps container logs within 10 MiB a file and five files a container, as upstream does by default.
struct LogRotation: Sendable {
    static let bytesMax: off_t = 10 << 20
    static let filesMax = 5
    let runtime: ContainerRuntime
    let manager: PodManager

    func round() async {
        for (_, container) in await manager.runningContainers {
            guard let status = await runtime.container(container.id) else { continue }
            var info = stat()
            guard stat(status.logPath, &info) == 0, info.st_size > LogRotation.bytesMax else { continue }
            let rotated = status.logPath + "." + String(UInt64(info.st_mtim.tv_sec))
            guard rename(status.logPath, rotated) == 0 else { continue }
            _ = try? await runtime.runtime.reopenContainerLog(
                .with { $0.containerID = container.id }, options: ContainerRuntime.within(10))
            removeOld(status.logPath)
        }
    }

    private func removeOld(_ path: String) {
        guard let slash = path.lastIndex(of: "/") else { return }
        let folder = String(path[..<slash])
        let name = String(path[path.index(after: slash)...])
        let old = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
            $0.hasPrefix(name + ".")
        }.sorted()
        for file in old.dropLast(LogRotation.filesMax - 1) { unlink(folder + "/" + file) }
    }
}
