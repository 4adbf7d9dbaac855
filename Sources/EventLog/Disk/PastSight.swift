import ClusterState
import Records

/// An object that was there.
struct FoundLife: Sendable {
    let number: UInt64
    let key: ObjectKey
}

/// What is known before the log is read: the moment that is looked at, the newest stretch of the index, and the states at hand.
struct PastSight: Sendable {
    let revision: UInt64
    let tail: VersionIndex
    /// The state at the floor.
    let base: ClusterState
    /// Whether the log goes on from another one's moment: objects of before have no keys in its file.
    let isForked: Bool
    /// The nearest states at hand before and after the moment.
    private let before: ClusterState?
    private let after: ClusterState?

    init(revision: UInt64, tail: VersionIndex, base: ClusterState, isForked: Bool, atHand: [ClusterState]) {
        self.revision = revision
        self.tail = tail
        self.base = base
        self.isForked = isForked
        before = atHand.filter { $0.revision <= revision }.max { $0.revision < $1.revision }
        after = atHand.filter { $0.revision >= revision }.min { $0.revision < $1.revision }
    }

    var nearestBefore: UInt64? { before?.revision }

    /// The version itself: a later state still has it when the object did not change in between.
    func atHand(_ life: FoundLife) -> StoredObject? { later(life).flatMap { $0.revision <= revision ? $0 : nil } }

    /// The object in a state before the moment.
    func earlier(_ life: FoundLife) -> StoredObject? { Self.same(before?.object(life.key), life) }
    /// The object in a state after it.
    func later(_ life: FoundLife) -> StoredObject? { Self.same(after?.object(life.key), life) }

    /// The object at the log's floor.
    func atFloor(_ life: FoundLife) -> StoredObject? { Self.same(base.object(life.key), life) }

    private static func same(_ object: StoredObject?, _ life: FoundLife) -> StoredObject? {
        object?.number == life.number ? object : nil
    }
}
