public import ClusterState
public import Document
public import Engine
public import Usage

/// What simulated nodes say they use: what the annotations of their pods say.
extension SimulatedNodes: UsageSource {
    public func usage(ofNode name: String, in state: ClusterState, now: Timestamp) -> NodeUsage? {
        guard holds(name) else { return nil }
        var all = NodeUsage(name: name, time: now, window: SimulatedUsage.window, usage: Usage())
        for pod in state.pods(onNode: name) {
            if let usage = SimulatedUsage.of(pod.document, now: now) { all.usage += usage.total }
        }
        return all
    }

    public func usage(of pod: StoredObject, now: Timestamp) -> PodUsage? {
        holds(pod.nodeName) ? SimulatedUsage.of(pod.document, now: now) : nil
    }
}
