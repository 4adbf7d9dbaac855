import Foundation

/// The pod's place in the cgroup tree. The runtime makes it; removing it is the kubelet's work.
struct Cgroups: Sendable {
    let host: HostFacts

    /// What CRI takes as `cgroup_parent`: `/kubepods/burstable/pod<uid>`, or a slice where systemd keeps the tree.
    func parent(_ pod: PodFacts) -> String {
        if host.hasSystemd {
            let uid = pod.uid.replacingOccurrences(of: "-", with: "_")
            switch pod.qos {
            case .guaranteed: return "/kubepods.slice/kubepods-pod\(uid).slice"
            case .burstable: return "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(uid).slice"
            case .bestEffort: return "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod\(uid).slice"
            }
        }
        switch pod.qos {
        case .guaranteed: return "/kubepods/pod" + pod.uid
        case .burstable: return "/kubepods/burstable/pod" + pod.uid
        case .bestEffort: return "/kubepods/besteffort/pod" + pod.uid
        }
    }

    private var roots: [String] {
        switch host.cgroups {
        case .unified(let root): [root]
        case .perController(let roots): roots
        }
    }

    /// Removes the pod's directories in every tree, children first; whatever still holds a process stays.
    func remove(uid: String) {
        guard !uid.isEmpty, !host.hasSystemd else { return }
        for root in roots {
            for group in ["/kubepods/pod", "/kubepods/burstable/pod", "/kubepods/besteffort/pod"] {
                let place = root + group + uid
                guard access(place, F_OK) == 0 else { continue }
                for child in (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? [] {
                    rmdir(place + "/" + child)
                }
                rmdir(place)
            }
        }
    }
}
