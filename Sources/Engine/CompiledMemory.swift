public import Admission
public import ClusterState
public import Document
import Records
import Synchronization

/// Remembers what was compiled of policies, their bindings and definitions. Bounded by how much text that was; what was not asked
/// for the longest goes first.
public final class CompiledMemory: CompiledObjects {
    private struct Kept {
        let object: StoredObject
        let value: any Sendable
        var turn: UInt64
    }
    private struct State: ~Copyable {
        var kept: [ObjectKey: Kept] = [:]
        var bytes = 0
        var turn: UInt64 = 0
    }
    /// The objects' encodings together. What is compiled of a text takes some ten times as much.
    private let bytesMax: Int
    private let state = Mutex(State())

    public init(bytesMax: Int = 4 << 20) { self.bytesMax = bytesMax }

    public func value<Value: Sendable>(of object: StoredObject, _ compile: (JSON) -> Value) -> Value {
        let key = object.key
        let found = state.withLock { state -> Kept? in
            state.turn += 1
            state.kept[key]?.turn = state.turn
            return state.kept[key]
        }
        // Forks and rehearsals give their own objects the same revisions: only the text tells them apart.
        if let found, let value = found.value as? Value,
            found.object === object || (found.object.revision == object.revision && found.object.body == object.body)
        {
            return value
        }
        let value = compile(object.document)
        state.withLock { state in
            if let former = state.kept[key] { state.bytes -= former.object.bodyCount }
            guard object.bodyCount <= bytesMax else {
                state.kept[key] = nil
                return
            }
            state.kept[key] = Kept(object: object, value: value, turn: state.turn)
            state.bytes += object.bodyCount
            while state.bytes > bytesMax, let oldest = state.kept.min(by: { $0.value.turn < $1.value.turn }) {
                state.kept[oldest.key] = nil
                state.bytes -= oldest.value.object.bodyCount
            }
        }
        return value
    }
}
