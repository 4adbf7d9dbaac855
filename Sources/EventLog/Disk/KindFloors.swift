import ClusterState
import Document
import Records
public import Schema
import Synchronization

/// Up to where a kind's objects are forgotten while the rest of the journal is kept.
struct KindFloor: Equatable, Sendable {
    /// The oldest revision at which objects of the kind are known.
    var revision: UInt64
    /// When it was made.
    var time: Timestamp
    /// Up to where their bodies are gone from the file: before `revision` while forgetting goes on or was cut short.
    var forgotten: UInt64
}

/// The floors of kinds are one small value in the file, sealed with a checksum.
extension DiskLog {
    static let kindFloorsKey = Array("kinds".utf8)

    public var kindFloors: [GroupResource: UInt64] {
        shared.withLock { shared in
            shared.kindFloors.mapValues(\.revision).filter { $0.value > shared.floor }
        }
    }

    public func floor(of store: GroupResource) -> UInt64 {
        shared.withLock { max($0.floor, $0.kindFloors[store]?.revision ?? 0) }
    }

    /// Refuses what asks for an object of a kind from before its floor.
    func requireKept(_ store: GroupResource, at revision: UInt64) throws(LogError) {
        guard let floor = shared.withLock({ $0.kindFloors[store]?.revision }), revision < floor else { return }
        throw .belowKindFloor(store, floor: floor)
    }

    /// The kinds of which nothing is known at a revision.
    func kindsForgotten(at revision: UInt64) -> [GroupResource] {
        shared.withLock { $0.kindFloors.filter { $0.value.revision > revision }.map(\.key) }
    }

    static func readKindFloors(_ transaction: Transaction, _ databases: Databases) throws(LogError)
        -> [GroupResource: KindFloor]
    {
        guard let bytes = try transaction.get(databases.meta, kindFloorsKey) else { return [:] }
        return try damage(nil) { () throws(RecordError) in try decodeKindFloors(bytes) }
    }

    static func decodeKindFloors(_ bytes: [UInt8]) throws(RecordError) -> [GroupResource: KindFloor] {
        try bytes.withUnsafeBytesTyped { bytes throws(RecordError) in
            guard let content = Checked.open(bytes, seed: 0) else {
                throw RecordError("the checksum of the floors of kinds is wrong")
            }
            var reader = ByteReader(content)
            var floors: [GroupResource: KindFloor] = [:]
            for _ in 0..<(try reader.count()) {
                let store = GroupResource(group: try reader.text(), resource: try reader.text())
                floors[store] = KindFloor(
                    revision: try reader.varint(), time: Timestamp(microseconds: try reader.zigzag()),
                    forgotten: try reader.varint())
            }
            return floors
        }
    }

    static func encode(_ floors: [GroupResource: KindFloor]) -> [UInt8] {
        var out = ByteWriter()
        out.count(floors.count)
        for (store, floor) in floors.sorted(by: { $0.key < $1.key }) {
            out.text(store.group)
            out.text(store.resource)
            out.varint(floor.revision)
            out.zigzag(floor.time.microseconds)
            out.varint(floor.forgotten)
        }
        return Checked.seal(out.bytes, seed: 0)
    }

    /// Writes a kind's floor to the file and then tells readers.
    func set(_ floor: KindFloor, of store: GroupResource) throws(LogError) {
        let floors = try change { transaction, _ throws(LogError) in
            var floors = try Self.readKindFloors(transaction, databases)
            floors[store] = floor
            try transaction.put(databases.meta, Self.kindFloorsKey, Self.encode(floors))
            return floors
        }
        shared.withLock { $0.kindFloors = floors }
    }
}
