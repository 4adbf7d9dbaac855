import ClusterState
import Records
import Schema

/// What readers of bodies stand on besides the journal: the log's floor with the state there, and the floors of kinds.
struct BodyGround {
    let floor: UInt64
    private let base: () throws(LogError) -> ClusterState
    private let kindFloor: (GroupResource) -> UInt64

    init(_ log: DiskLog) {
        floor = log.floor
        base = { () throws(LogError) in try log.floorState() }
        kindFloor = { log.floor(of: $0) }
    }

    /// The version of an object from at or before the floor.
    func object(_ key: ObjectKey, at revision: UInt64) throws(LogError) -> StoredObject {
        guard let object = try base().object(key), object.revision == revision else {
            throw .damaged(revision: revision, "the version of \(key.description) before the floor is missing")
        }
        return object
    }

    /// The refusal of a body that is no longer kept.
    func forgotten(_ key: ObjectKey) -> LogError { .belowKindFloor(key.store, floor: kindFloor(key.store)) }
}
