import ClusterState
import Records
import Schema

/// An object that was there.
struct FoundLife: Sendable {
    let number: UInt64
    let key: ObjectKey
    /// The object in the nearest state at hand after the moment, when it is still there.
    var later: StoredObject?
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

    /// An object with what is known of it later.
    func found(_ number: UInt64, _ key: ObjectKey) -> FoundLife {
        FoundLife(number: number, key: key, later: Self.same(after?.object(key), number))
    }

    /// The objects that had a fact in the nearest state after the moment, in order.
    func later(with fact: ListedFact, _ store: GroupResource) -> [StoredObject] {
        guard let after else { return [] }
        return switch fact {
        case .label(let key, let value): after.objects(store, label: (key, value))
        case .node(let name): after.pods(onNode: name)
        }
    }

    /// Finds objects of a store, which are in order, in the nearest state after the moment: a walk along both when they lie close
    /// together there.
    func findLater(_ lives: inout [FoundLife], _ listing: StateListing) {
        guard let after, let first = lives.first else { return }
        lives[0].later = Self.same(after.object(first.key), first.number)
        var (i, steps) = (1, 0)
        let most = lives.count * 4
        after.forEach(
            listing.store, namespace: listing.namespace.isEmpty ? nil : listing.namespace,
            after: (first.key.namespace, first.key.name)
        ) { object in
            while i < lives.count {
                if lives[i].number == object.number {
                    lives[i].later = object
                    i += 1
                    break
                }
                guard ListOrder.isBefore(lives[i].key, object.key) else { break }
                i += 1
            }
            steps += 1
            return i < lives.count && steps < most
        }
        while i < lives.count {
            lives[i].later = Self.same(after.object(lives[i].key), lives[i].number)
            i += 1
        }
    }

    /// The version itself: a later state still has it when the object did not change in between.
    func atHand(_ life: FoundLife) -> StoredObject? { life.later.flatMap { $0.revision <= revision ? $0 : nil } }

    /// The object in a state before the moment.
    func earlier(_ life: FoundLife) -> StoredObject? { Self.same(before?.object(life.key), life.number) }

    /// The object at the log's floor.
    func atFloor(_ life: FoundLife) -> StoredObject? { Self.same(base.object(life.key), life.number) }

    private static func same(_ object: StoredObject?, _ number: UInt64) -> StoredObject? {
        object?.number == number ? object : nil
    }
}
