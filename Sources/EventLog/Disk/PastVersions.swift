import ClusterState

/// Versions that were read from the log lately: who looks at a moment looks at others near it, and most objects are the same in
/// both. Bounded by bytes; what was not asked for in a while goes.
struct PastVersions {
    private struct Version: Hashable {
        let number: UInt64
        let revision: UInt64
    }
    private let bytesMax: Int
    private var young: [Version: StoredObject] = [:]
    private var old: [Version: StoredObject] = [:]
    private var youngBytes = 0

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    mutating func find(_ number: UInt64, _ revision: UInt64) -> StoredObject? {
        let version = Version(number: number, revision: revision)
        if let found = young[version] { return found }
        guard let found = old[version] else { return nil }
        keep(found, version)
        return found
    }

    mutating func keep(_ objects: [StoredObject]) {
        for object in objects { keep(object, Version(number: object.number, revision: object.revision)) }
    }

    private mutating func keep(_ object: StoredObject, _ version: Version) {
        let bytes = object.bodyCount + 300
        if youngBytes + bytes > bytesMax / 2 {
            old = young
            young = [:]
            youngBytes = 0
        }
        if young.updateValue(object, forKey: version) == nil { youngBytes += bytes }
    }
}
