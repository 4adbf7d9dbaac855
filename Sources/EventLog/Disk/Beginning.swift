import ClusterState
import Records

extension DiskLog {
    /// A new log in a new directory that begins with a state instead of with nothing, as one whose past was forgotten. Its chain begins
    /// there.
    convenience init(directory: String, beginningWith state: ClusterState) throws(LogError) {
        if state.revision > 0 {
            let log = try DiskLog(directory: directory)
            try CheckpointFile.write(state, to: log.checkpointPath(state.revision), in: directory)
            let anchor = Anchor(
                revision: state.revision, chain: HashChain.origin, ordinal: 0, accessChain: HashChain.origin)
            var objects: [StoredObject] = []
            for store in state.storesInUse { objects += state.objects(store) }
            objects.sort { $0.number < $1.number }
            let (databases, sorted) = (log.databases, objects)
            try log.environment.write(growth: sorted.count * 1024 + (1 << 20)) { transaction throws(LogError) in
                try transaction.put(databases.meta, Self.floorKey, Array("\(state.revision)".utf8))
                try transaction.put(databases.meta, Self.floorTimeKey, Array("\(state.time.microseconds)".utf8))
                try transaction.put(databases.anchors, state.revision, anchor.encoded())
                for object in sorted {
                    let identity = ObjectIdentity(key: object.key, uid: object.uid)
                    try transaction.append(
                        databases.objects, object.number, Checked.seal(identity.encoded(), seed: object.number))
                    let life = VersionIndex.Life(
                        number: object.number, created: min(object.revision, state.revision), deleted: 0)
                    try transaction.put(
                        databases.keys, VersionIndex.lifeKey(object.key, number: object.number),
                        VersionIndex.encode(life))
                }
            }
            log.abandon()
        }
        try self.init(directory: directory)
    }
}
