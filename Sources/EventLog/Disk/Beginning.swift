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
            let (databases, sorted) = (log.databases, Self.byNumber(state))
            try log.environment.write(growth: sorted.count * 1024 + (1 << 20)) { transaction throws(LogError) in
                try transaction.put(databases.meta, Self.floorKey, Array("\(state.revision)".utf8))
                try transaction.put(databases.meta, Self.floorTimeKey, Array("\(state.time.microseconds)".utf8))
                try transaction.put(databases.anchors, state.revision, anchor.encoded())
                for object in sorted {
                    let identity = ObjectIdentity(key: object.key, uid: object.uid)
                    try transaction.append(
                        databases.objects, object.number, Checked.seal(identity.encoded(), seed: object.number))
                    try Self.putLife(of: object, databases, transaction)
                }
            }
            log.abandon()
        }
        try self.init(directory: directory)
    }

    /// A state's objects in the order of their creation.
    static func byNumber(_ state: ClusterState) -> [StoredObject] {
        var objects: [StoredObject] = []
        for store in state.storesInUse { objects += state.objects(store) }
        return objects.sorted { $0.number < $1.number }
    }

    /// Notes an object that is older than the log: that it was there at the floor is all that is known of its creation.
    static func putLife(of object: StoredObject, _ databases: Databases, _ transaction: Transaction) throws(LogError) {
        let life = VersionIndex.Life(number: object.number, created: object.revision, deleted: 0)
        try transaction.put(
            databases.keys, VersionIndex.lifeKey(object.key, number: object.number), VersionIndex.encode(life))
    }
}
