import APIServer
import Document
import HTTPEdge
import Scheduling

/// What the scheduler says of itself, under kube-scheduler's names.
enum SchedulerReport {
    static func of(_ meter: SchedulerMeter) -> StatusReports.Report {
        let pending = [("active", meter.active), ("backoff", meter.backoff), ("unschedulable", meter.parked)]
        let document = JSON.object(JSONObject(pending.map { ($0.0, .int(Int64($0.1))) }))
        return .init(document) { out in
            out.family("scheduler_pending_pods", .gauge, "Pods that wait for a node, by why.")
            for (queue, count) in pending { out.sample([("queue", queue)], count) }
            out.family("scheduler_schedule_attempts_total", .counter, "Attempts to find a node for a pod, by result.")
            for (result, count) in [
                ("error", meter.errors), ("scheduled", meter.scheduled), ("unschedulable", meter.unschedulable),
            ] { out.sample([("profile", "default-scheduler"), ("result", result)], count) }
        }
    }
}
