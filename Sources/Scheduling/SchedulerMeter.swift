/// What the scheduler has done and who waits: kube-scheduler's `scheduler_schedule_attempts_total` and `scheduler_pending_pods`.
public struct SchedulerMeter: Sendable, Equatable {
    /// Attempts since the process began, by how they ended: bound, no node would take the pod, a request was refused.
    public internal(set) var scheduled: UInt64 = 0
    public internal(set) var unschedulable: UInt64 = 0
    public internal(set) var errors: UInt64 = 0
    /// Pods that wait now: to be tried, to be tried again after a while, for a change that may help.
    public internal(set) var active = 0
    public internal(set) var backoff = 0
    public internal(set) var parked = 0

    public init() {}
}
