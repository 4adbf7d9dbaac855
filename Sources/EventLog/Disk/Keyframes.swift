import ClusterState
import Glibc
import Records
import Synchronization

/// Keyframes are files beside the log, `keyframe-REVISION`, written with each checkpoint and a small part of its size, so that many
/// can be kept: derived data that may be deleted at any time.
extension DiskLog {
    static let keyframePrefix = "keyframe-"

    static func keyframePath(_ directory: String, _ revision: UInt64) -> String {
        directory + "/" + keyframePrefix + digits(of: revision)
    }

    static func keyframeRevisions(_ directory: String) -> [UInt64] { revisions(directory, prefix: keyframePrefix) }

    /// Looks again at which keyframes there are.
    func findKeyframes() {
        let found = Self.keyframeRevisions(directory)
        keyframes.withLock { $0.revisions = found }
    }

    /// The newest keyframe not after a revision that can be read.
    func keyframe(notAfter revision: UInt64) -> Keyframe? {
        while true {
            let (candidate, known) = keyframes.withLock { keyframes in
                let candidate = keyframes.revisions.last { $0 <= revision }
                return (candidate, candidate.flatMap { keyframes.find($0) })
            }
            guard let candidate else { return nil }
            if let known { return known }
            let opened = Keyframe(path: Self.keyframePath(directory, candidate), revision: candidate)
            keyframes.withLock { keyframes in
                if let opened { keyframes.keep(opened) } else { keyframes.revisions.removeAll { $0 == candidate } }
            }
            if let opened { return opened }
        }
    }

    /// What is forgotten by kind is in no keyframe: their bodies would stay.
    func writeKeyframe(_ state: ClusterState) throws(LogError) {
        let forgotten = Set(shared.withLock { Array($0.kindFloors.keys) })
        let path = Self.keyframePath(directory, state.revision)
        try KeyframeFile.write(state, to: path, in: directory) { !forgotten.isEmpty && forgotten.contains($0.store) }
        // What began to be forgotten meanwhile is in it.
        if shared.withLock({ $0.kindFloors.count }) != forgotten.count { unlink(path) }
        findKeyframes()
        thinKeyframes()
    }

    /// Removes keyframes that are older than a revision.
    func removeKeyframes(before revision: UInt64) {
        for old in Self.keyframeRevisions(directory) where old < revision {
            unlink(Self.keyframePath(directory, old))
        }
        keyframes.withLock { $0 = Keyframes() }
        findKeyframes()
    }

    /// Deletes keyframes until all take no more than their share: always the one that is missed least.
    private func thinKeyframes() {
        let most = max(Limits.keyframeBytesMin, UInt64(Double(environment.usedBytes) * Limits.keyframeShare))
        let files = keyframes.withLock { $0.revisions }.map {
            (revision: $0, bytes: fileBytes(Self.keyframePath(directory, $0)))
        }
        for doomed in Self.leastMissed(of: files, untilBelow: most, keeping: nil) {
            unlink(Self.keyframePath(directory, doomed))
        }
        findKeyframes()
    }
}

/// Which keyframes there are, and those used last, opened.
struct Keyframes {
    var revisions: [UInt64] = []
    private var open: [Keyframe] = []

    mutating func find(_ revision: UInt64) -> Keyframe? {
        guard let i = open.firstIndex(where: { $0.revision == revision }) else { return nil }
        let found = open.remove(at: i)
        open.append(found)
        return found
    }

    mutating func keep(_ keyframe: Keyframe) {
        open.append(keyframe)
        if open.count > Limits.openKeyframes { open.removeFirst() }
    }
}
