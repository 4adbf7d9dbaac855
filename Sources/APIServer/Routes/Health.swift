import ClusterState
import Engine
import FlowControl
import HTTPEdge
import Requests
import Schema

/// What `/livez`, `/readyz` and `/healthz` look at.
extension APIServer {
    /// The checks that fail now, with the reason. A check that has no entry here and none below tells of something that cannot fail by itself.
    func failingChecks(_ snapshot: Snapshot) -> [String: String] {
        var failing: [String: String] = [:]
        if let trouble = engine.writeTrouble(after: Limits.stuckWriterSeconds) {
            failing["etcd"] = trouble
            failing["poststarthook/storage-readiness"] = trouble
        }
        if isStopping { failing["shutdown"] = "process is shutting down" }
        // What a cluster begins with need not be in a log that is only shown.
        guard shown == nil else { return failing }
        let state = snapshot.state
        func expect(_ check: String, _ group: String, _ resource: String, _ name: String) {
            if state.object(GroupResource(group: group, resource: resource), "", name) == nil {
                failing["poststarthook/" + check] = "\(resource) \"\(name)\" does not exist"
            }
        }
        expect("rbac/bootstrap-roles", "rbac.authorization.k8s.io", "clusterroles", "cluster-admin")
        expect(
            "scheduling/bootstrap-system-priority-classes", "scheduling.k8s.io", "priorityclasses",
            "system-cluster-critical")
        expect("start-system-namespaces-controller", "", "namespaces", "kube-system")
        return failing
    }

    /// `/metrics/slis`: each check of `/healthz` as a number.
    func sliText(_ snapshot: Snapshot) -> String {
        var out = Exposition()
        let failing = failingChecks(snapshot)
        out.family("kubernetes_healthcheck", .gauge, "Whether a check passes.")
        for root in ["healthz", "livez", "readyz"] {
            for check in HealthPaths.checks(root) {
                out.sample([("name", check), ("type", root)], failing[check] == nil ? 1 : 0)
            }
        }
        return out.text
    }

    /// The tables of `/debug/api_priority_and_fairness/`.
    func fairnessDump(_ path: String) -> String {
        let report = fairness.report
        var lines: [String]
        if path.hasSuffix("dump_queues") {
            lines = ["PriorityLevelName, Index, PendingRequests"]
            for level in report.levels {
                lines += level.activeQueues.map { "\(level.name), \($0.queue), \($0.length)" }
            }
        } else {
            lines = [
                "PriorityLevelName, ActiveQueues, IsIdle, IsQuiescing, WaitingRequests, ExecutingRequests, DispatchedRequests, RejectedRequests, TimedoutRequests"
            ]
            for level in report.levels {
                let schemas = report.schemas.filter { $0.level == level.name }
                func refused(_ wanted: (FlowRefusal) -> Bool) -> UInt64 {
                    schemas.reduce(0) { $0 + $1.refused.reduce(0) { $0 + (wanted($1.reason) ? $1.count : 0) } }
                }
                lines.append(
                    "\(level.name), \(level.activeQueues.count), \(level.waiting + level.executing == 0), false, \(level.waiting), \(level.executing), \(schemas.reduce(0) { $0 + $1.dispatched }), \(refused { $0 != .timeOut }), \(refused { $0 == .timeOut })"
                )
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
