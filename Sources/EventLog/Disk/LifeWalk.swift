import ClusterState
import Records
import Schema

/// A walk along the keys of all objects that ever were in a store, in order, that stops at those that were there at a revision.
struct LifeWalk {
    private let listing: StateListing
    private let past: PastSight
    private let prefix: [UInt8]
    /// Where the walk goes on; nil at the end of the keys in the file.
    private var from: [UInt8]?
    /// What the index in memory alone knows, in order.
    private var recent: ArraySlice<FoundLife>
    private let inMemory: Set<UInt64>
    /// Read from the file, not given out yet.
    private var waiting: ArraySlice<FoundLife> = []
    /// False once a key was met that is too long to stand in its place.
    private(set) var isOrdered = true

    init(_ listing: StateListing, _ past: PastSight) {
        self.listing = listing
        self.past = past
        prefix = VersionIndex.storePrefix(listing.store, namespace: listing.namespace)
        var start = prefix
        if let after = listing.after {
            start = VersionIndex.lifePrefix(
                ObjectKey(
                    group: listing.store.group, resource: listing.store.resource, namespace: after.namespace,
                    name: after.name))
        }
        from = start.lexicographicallyPrecedes(prefix) ? prefix : start
        var recent: [FoundLife] = []
        for (key, lives) in past.tail.created
        where key.group == listing.store.group && key.resource == listing.store.resource && listing.covers(key) {
            for life in lives where life.isAlive(at: past.revision) {
                recent.append(FoundLife(number: life.number, key: key))
            }
        }
        // What a fork found there has no key in its own file.
        if past.isForked {
            past.base.forEach(listing.store) { object in
                let gone = past.tail.deleted[object.number]?.revision ?? .max
                if gone > past.revision, listing.covers(object.key) {
                    recent.append(FoundLife(number: object.number, key: object.key))
                }
                return true
            }
        }
        recent.sort { ListOrder.isBefore($0.key, $1.key) }
        inMemory = Set(recent.map(\.number))
        self.recent = recent[...]
    }

    mutating func next(_ most: Int, _ log: DiskLog) throws(LogError) -> [FoundLife] {
        var found = try walk(most, log)
        past.findLater(&found, listing)
        return found
    }

    private mutating func walk(_ most: Int, _ log: DiskLog) throws(LogError) -> [FoundLife] {
        if recent.isEmpty, waiting.isEmpty {
            // What the file knows is given out as it is read.
            var found: [FoundLife] = []
            while from != nil, found.count < most {
                try read(log, most - found.count)
                found = found.isEmpty ? Array(waiting) : found + waiting
                waiting = []
            }
            return found
        }
        var found: [FoundLife] = []
        found.reserveCapacity(min(most, 4096))
        while found.count < most {
            if waiting.isEmpty, from != nil { try read(log, most) }
            guard let stored = waiting.first else {
                if from != nil { continue }
                let rest = recent.prefix(most - found.count)
                recent = recent.dropFirst(rest.count)
                return found + rest
            }
            if let first = recent.first, ListOrder.isBefore(first.key, stored.key) {
                found.append(recent.removeFirst())
            } else {
                found.append(waiting.removeFirst())
            }
        }
        return found
    }

    /// One short transaction of the walk.
    private mutating func read(_ log: DiskLog, _ most: Int) throws(LogError) {
        guard let start = from else { return }
        let (listing, past, prefix, inMemory) = (listing, past, prefix, inMemory)
        let (found, next) = try log.read { transaction throws(LogError) -> ([FoundLife]?, [UInt8]?) in
            var found: [FoundLife] = []
            var seen = 0
            var cursor = try transaction.cursor(log.databases.keys)
            var more = try cursor.seek(start)
            while more, cursor.key.starts(with: prefix) {
                if seen >= Limits.excerptKeysBatch || found.count >= most { return (found, Array(cursor.key)) }
                seen += 1
                let number = VersionIndex.number(ofLifeKey: cursor.key)
                let (bytes, value) = (cursor.key, cursor.value)
                var life = try damage(nil, "object \(number)") { () throws(RecordError) in
                    try VersionIndex.decode(value, number: number)
                }
                // A segment may have been written since the index in memory was looked at.
                if life.deleted == 0, let gone = past.tail.deleted[number] { life.deleted = gone.revision }
                if life.isAlive(at: past.revision), !inMemory.contains(number) {
                    guard let key = VersionIndex.key(ofLifeKey: bytes, in: listing.store) else { return (nil, nil) }
                    if listing.covers(key) { found.append(FoundLife(number: number, key: key)) }
                }
                more = try cursor.next()
            }
            return (found, nil)
        }
        waiting = (found ?? [])[...]
        isOrdered = isOrdered && found != nil
        from = next
    }
}

extension VersionIndex {
    /// The object's key, from the one that its life is kept under; nil for one that was cut.
    static func key(ofLifeKey bytes: UnsafeRawBufferPointer, in store: GroupResource) -> ObjectKey? {
        guard bytes.count < lifeKeyBytesCut else { return nil }
        let place = bytes.dropFirst(store.group.utf8.count + store.resource.utf8.count + 2).dropLast(9)
        guard let middle = place.firstIndex(of: 0) else { return nil }
        return ObjectKey(
            group: store.group, resource: store.resource,
            namespace: String(decoding: UnsafeRawBufferPointer(rebasing: place[..<middle]), as: UTF8.self),
            name: String(decoding: UnsafeRawBufferPointer(rebasing: place[(middle + 1)...]), as: UTF8.self))
    }
}
