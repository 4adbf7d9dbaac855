public import ClusterState
public import Document

/// Keeps what was made of stored objects, a policy's compiled expressions for one, as long as the objects stay as they are. What is
/// made of an object depends on nothing else, so that a decision does not depend on whether it was kept.
public protocol CompiledObjects: Sendable {
    /// What `compile` makes of that version of the object's document, now or before. One type of value for an object.
    func value<Value: Sendable>(of object: StoredObject, _ compile: (JSON) -> Value) -> Value
}

/// Keeps nothing.
public struct NothingCompiled: CompiledObjects {
    public init() {}
    public func value<Value: Sendable>(of object: StoredObject, _ compile: (JSON) -> Value) -> Value {
        compile(object.document)
    }
}
