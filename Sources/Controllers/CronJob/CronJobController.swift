import ClusterState
import Document
import Records
public import Schema
public import TimeZones

/// Starts a Job at each time of a schedule: CronJobs.
public struct CronJobController: Controller {
    public let name = "cronjob-controller"
    public var watches: Set<GroupResource>? { [.cronJobs, .jobs] }
    /// The rules of a zone of the tz database.
    private let timeZone: @Sendable (String) -> TimeZoneRules?

    public init(timeZone: @escaping @Sendable (String) -> TimeZoneRules? = { _ in nil }) { self.timeZone = timeZone }

    private func zone(_ name: String) -> TimeZoneRules? {
        ["UTC", "Etc/UTC", "GMT", "Etc/GMT"].contains(name) ? .utc : timeZone(name)
    }

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == .cronJobs {
            dirty.add(change.key)
        } else if let owner = change.document.controllerReference, owner.kind == "CronJob" {
            dirty.add(GroupResource.cronJobs.key(change.key.namespace, owner.name))
        }
    }

    private func end(_ job: JSON) -> String? {
        ["Complete", "Failed"].first { Conditions.isTrue(job["status"], $0) }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let cron = view.document(work.key) else { return }
        let jobs = view.state.dependents(.jobs, ofUID: cron.objectUID, namespace: work.key.namespace).map(view.document)
            .filter { $0.controllerReference?.uid == cron.objectUID }
        var status = cron["status"] ?? .object(JSONObject())
        var active = status["active"]?.elements ?? []
        trimHistory(cron, jobs, &work)
        for job in jobs {
            let known = active.contains { $0["uid"]?.string == job.objectUID }
            if let how = end(job) {
                if known {
                    active.removeAll { $0["uid"]?.string == job.objectUID }
                    work.note(
                        EventNote(cron, "SawCompletedJob", "Saw completed job: \(job.objectName), condition: \(how)"))
                }
                if how == "Complete", let time = job.time("status", "completionTime"),
                    time > status.time("lastSuccessfulTime") ?? Timestamp(microseconds: 0)
                {
                    status["lastSuccessfulTime"] = .string(time.rfc3339)
                }
            } else if !known {
                let tracked = (cron["status"]?["active"]?.elements ?? []).contains {
                    $0["name"]?.string == job.objectName
                }
                // The one just started is not in the status yet.
                if !tracked, job.annotation(Self.scheduled) == nil || !isOurs(job, cron) {
                    work.note(
                        EventNote(
                            cron, "UnexpectedJob",
                            "Saw a job that the controller did not create or forgot: \(job.objectName)", warning: true))
                } else {
                    active.append(reference(job))
                }
            }
        }
        for entry in active where !jobs.contains(where: { $0.objectUID == entry["uid"]?.string }) {
            active.removeAll { $0["uid"] == entry["uid"] }
            work.note(EventNote(cron, "MissingJob", "Active job went missing: \(entry["name"]?.string ?? "")"))
        }
        if !cron.isBeingDeleted { schedule(cron, jobs, &active, &status, &work) }
        status["active"] = active.isEmpty ? Optional.none : .array(active)
        if status == cron["status"] { return }
        var changed = cron
        changed["status"] = status
        work.update("cronjobs", changed, subresource: "status", tolerating: [404])
    }

    static let scheduled = "batch.kubernetes.io/cronjob-scheduled-timestamp"
    private func isOurs(_ job: JSON, _ cron: JSON) -> Bool { job.objectName.hasPrefix(cron.objectName + "-") }
    private func reference(_ job: JSON) -> JSON {
        [
            "apiVersion": "batch/v1", "kind": "Job", "namespace": .string(job.objectNamespace),
            "name": .string(job.objectName),
            "uid": .string(job.objectUID), "resourceVersion": .string(job.objectRevision),
        ]
    }

    private func trimHistory(_ cron: JSON, _ jobs: [JSON], _ work: inout Work) {
        for (field, type, standard) in [
            ("successfulJobsHistoryLimit", "Complete", Int64(3)), ("failedJobsHistoryLimit", "Failed", 1),
        ] {
            let limit = Int(cron["spec"]?[field]?.int ?? standard)
            let ended = jobs.filter { end($0) == type && !$0.isBeingDeleted }
                .sorted {
                    ($0.time("status", "startTime") ?? $0.objectCreation, $0.objectName) < (
                        $1.time("status", "startTime") ?? $1.objectCreation, $1.objectName
                    )
                }
            guard ended.count > limit else { continue }
            for job in ended.prefix(ended.count - limit) {
                work.delete(
                    "batch/v1", "jobs", job.objectNamespace, job.objectName, uid: job.objectUID, policy: "Background",
                    success: EventNote(cron, "SuccessfulDelete", "Deleted job \(job.objectName)"))
            }
        }
    }

    private mutating func schedule(
        _ cron: JSON, _ jobs: [JSON], _ active: inout [JSON], _ status: inout JSON, _ work: inout Work
    ) {
        let spec = cron["spec"] ?? .null
        if spec["suspend"]?.bool == true { return }
        var zone = TimeZoneRules.utc
        if let name = spec["timeZone"]?.string, !name.isEmpty {
            guard let found = self.zone(name) else {
                work.note(
                    EventNote(
                        cron, "UnknownTimeZone", "invalid timeZone: \"\(name)\": unknown time zone \(name)",
                        warning: true))
                return
            }
            zone = found
        }
        guard let schedule = CronSchedule(spec["schedule"]?.string ?? "") else {
            work.note(
                EventNote(
                    cron, "UnParseableCronJobSchedule",
                    "unparseable schedule for cronjob: \(spec["schedule"]?.string ?? "")", warning: true))
            return
        }
        var from = status.time("lastScheduleTime") ?? cron.objectCreation
        let deadline = spec["startingDeadlineSeconds"]?.int
        if let deadline { from = max(from, work.now.adding(seconds: -deadline)) }
        var due: Timestamp?
        var missed = 0
        var next = schedule.next(after: from, in: zone)
        while let time = next, time <= work.now {
            due = time
            missed += 1
            if missed > 100 {
                work.note(
                    EventNote(
                        cron, "TooManyMissedTimes",
                        "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
                        warning: true))
                // Straight to the last one.
                next = schedule.next(after: work.now.adding(seconds: -3600), in: zone)
                while let late = next, late <= work.now {
                    due = late
                    next = schedule.next(after: late, in: zone)
                }
                break
            }
            next = schedule.next(after: time, in: zone)
        }
        if let next = next ?? schedule.next(after: work.now, in: zone) {
            work.requeue(after: next.since(work.now) + 100_000)
        }
        guard let due else { return }
        let name = "\(cron.objectName)-\(due.seconds / 60)"
        if jobs.contains(where: { $0.objectName == name }) {
            status["lastScheduleTime"] = .string(due.rfc3339)
            return
        }
        switch spec["concurrencyPolicy"]?.string {
        case "Forbid" where !active.isEmpty:
            work.note(
                EventNote(
                    cron, "JobAlreadyActive",
                    "Not starting job because prior execution is running and concurrency policy is Forbid"))
            return
        case "Replace":
            for entry in active {
                work.delete(
                    "batch/v1", "jobs", cron.objectNamespace, entry["name"]?.string ?? "",
                    uid: entry["uid"]?.string ?? "",
                    policy: "Background",
                    success: EventNote(cron, "SuccessfulDelete", "Deleted job \(entry["name"]?.string ?? "")"))
            }
            active = []
        default: break
        }
        let template = spec["jobTemplate"] ?? .null
        var metadata = template["metadata"] ?? .object(JSONObject())
        metadata["name"] = .string(name)
        metadata["namespace"] = .string(cron.objectNamespace)
        metadata["annotations", Self.scheduled] = .string(due.rfc3339)
        metadata["ownerReferences"] = [OwnerReference.controller(of: cron, apiVersion: "batch/v1", kind: "CronJob")]
        work.decision = ["controller": "cronjob-controller", "scheduled": .string(due.rfc3339)]
        work.create(
            "jobs", ["apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": template["spec"] ?? .null],
            success: EventNote(cron, "SuccessfulCreate", "Created job \(name)"),
            failure: EventNote(cron, "FailedCreate", "Error creating job: {}", warning: true), tolerating: [409])
        status["lastScheduleTime"] = .string(due.rfc3339)
    }
}
