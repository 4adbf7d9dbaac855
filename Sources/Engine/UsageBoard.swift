public import ClusterState
public import Document
import Schema
public import Usage

/// A node, or nodes, of this process that know what they and their pods use.
public protocol UsageSource: Sendable {
    /// nil when the node is another's, or nothing is known of it yet.
    func usage(ofNode name: String, in state: ClusterState, now: Timestamp) -> NodeUsage?
    /// nil when the pod is on another's node, or nothing is known of it yet.
    func usage(of pod: StoredObject, now: Timestamp) -> PodUsage?
}

/// What nodes and pods use now, as the nodes of this process tell. It is observed and not recorded: what was decided because of it
/// says so in its own record.
public final class UsageBoard: Sendable {
    private let sources = Monitor([any UsageSource]())

    public func add(_ source: any UsageSource) { sources.with { $0.append(source) } }

    /// Whether anybody measures: without a node there is no metrics API.
    public var isServed: Bool { sources.with { !$0.isEmpty } }

    public func usage(ofNode name: String, in state: ClusterState, now: Timestamp) -> NodeUsage? {
        for source in sources.with({ $0 }) {
            if let usage = source.usage(ofNode: name, in: state, now: now) { return usage }
        }
        return nil
    }

    public func usage(of pod: StoredObject, now: Timestamp) -> PodUsage? {
        for source in sources.with({ $0 }) {
            if let usage = source.usage(of: pod, now: now) { return usage }
        }
        return nil
    }
}

extension ClusterDoor {
    public func measure(_ question: UsageQuestion) -> [PodUsage]? { nil }
}

extension Engine {
    /// What those pods use, as far as it is known; nil when nobody measures.
    public func measure(_ question: UsageQuestion) -> [PodUsage]? {
        guard usage.isServed else { return nil }
        let (state, now) = (state, now)
        return question.pods.compactMap { name in
            state.object(GroupResource(resource: "pods"), question.namespace, name).flatMap {
                usage.usage(of: $0, now: now)
            }
        }
    }
}
