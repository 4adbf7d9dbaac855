import Document
import Records
import Schema

/// One look at a Job: what finished is counted, then what is missing is made. Each finished pod is written into the status
/// first, then loses its finalizer, then becomes a number: three looks, so that a crash between them counts nothing twice.
struct JobSync {
    static let finalizer = "batch.kubernetes.io/job-tracking"
    static let indexAnnotation = "batch.kubernetes.io/job-completion-index"
    static let failureCount = "batch.kubernetes.io/job-index-failure-count"
    static let ignoredFailureCount = "batch.kubernetes.io/job-index-ignored-failure-count"

    let job: JSON
    let view: ClusterView
    var work: Work
    var failures: JobFailures
    var status: JSON
    var pods: [PodRecord] = []
    var succeededIndexes = CompletionIndexes()
    var failedIndexes = CompletionIndexes()
    /// Finished pods of this look that are not numbers yet, by what they count as.
    var newlySucceeded = 0
    var newlyFailed = 0

    init(_ job: JSON, view: ClusterView, work: Work, failures: JobFailures) {
        self.job = job
        self.view = view
        self.work = work
        self.failures = failures
        status = job["status"] ?? .object(JSONObject())
    }

    var spec: JSON { job["spec"] ?? .null }
    var isIndexed: Bool { spec["completionMode"]?.string == "Indexed" }
    var completions: Int? { spec["completions"]?.int.map { Int($0) } }
    var parallelism: Int { Int(spec["parallelism"]?.int ?? 1) }
    var backoffLimit: Int { Int(spec["backoffLimit"]?.int ?? 6) }
    var backoffPerIndex: Int? { spec["backoffLimitPerIndex"]?.int.map { Int($0) } }
    var isSuspended: Bool { spec["suspend"]?.bool ?? false }
    /// `podReplacementPolicy: Failed`: a terminating pod is waited for.
    var waitsForFailed: Bool { spec["podReplacementPolicy"]?.string == "Failed" || spec["podFailurePolicy"] != nil }
    var isFinished: Bool { Conditions.isTrue(status, "Complete") || Conditions.isTrue(status, "Failed") }
    func number(_ field: String) -> Int { Int(status[field]?.int ?? 0) }
    /// The last failure's or success's condition that ends the job, waiting for its pods to be gone.
    var target: JSON? {
        for type in ["FailureTarget", "SuccessCriteriaMet"] {
            if let condition = Conditions.find(status, type), condition["status"]?.string == "True" { return condition }
        }
        return nil
    }

    private var endsWell: Bool { Conditions.isTrue(status, "SuccessCriteriaMet") }

    mutating func run() {
        if let manager = spec["managedBy"]?.string, manager != "kubernetes.io/job-controller" { return }
        pods = view.pods.controlled(by: job.objectUID)
        if isFinished || job.isBeingDeleted {
            for pod in pods where pod.finalizers.contains(Self.finalizer) { Self.removeFinalizer(pod, &work) }
            return
        }
        claim()
        if status["startTime"] == nil, !isSuspended {
            status["startTime"] = .string(work.now.rfc3339)
        }
        succeededIndexes = CompletionIndexes(parsing: status["completedIndexes"]?.string ?? "")
        failedIndexes = CompletionIndexes(parsing: status["failedIndexes"]?.string ?? "")
        let moved = track()
        noteFailures()
        let active = pods.filter(\.isActive)
        if target == nil, let (type, reason, message) = judge(active) { setTarget(type, reason, message) }
        var stillActive = active.count
        if target != nil {
            for pod in active { remove(pod, keepsCount: !endsWell) }
            stillActive = 0
        } else {
            stillActive = manage(active)
        }
        suspend()
        finish(moved: moved)
        writeStatus(active: stillActive)
    }

    private mutating func claim() {
        let selector = LabelSelector(spec["selector"])
        if selector.isEverything { return }
        for pod in view.pods.orphans(in: job.objectNamespace) where pod.isActive && selector.matches(pod.labels) {
            PodClaim.adopt(pod, by: OwnerReference.controller(of: job, apiVersion: "batch/v1", kind: "Job"), in: &work)
        }
    }

    // MARK: Counting

    /// Moves finished pods one step on their way into the counts; whether anything is still on its way.
    private mutating func track() -> Bool {
        var uncounted = status["uncountedTerminatedPods"] ?? .object(JSONObject())
        var listed: [String: Bool] = [:]
        for uid in uncounted["succeeded"]?.strings ?? [] { listed[uid] = true }
        for uid in uncounted["failed"]?.strings ?? [] { listed[uid] = false }
        let byUID = Dictionary(pods.map { ($0.uid, $0) }, uniquingKeysWith: { a, _ in a })
        // Those without the finalizer by now become numbers.
        var (succeeded, failed) = (number("succeeded"), number("failed"))
        for (uid, success) in listed {
            if let pod = byUID[uid], pod.finalizers.contains(Self.finalizer) { continue }
            listed[uid] = nil
            if success { succeeded += 1 } else { failed += 1 }
        }
        var onTheWay = false
        for pod in pods where pod.finalizers.contains(Self.finalizer) {
            let success = pod.phase == .succeeded
            let failure = pod.phase == .failed || (pod.deletion != nil && !success && !waitsForFailed)
            guard success || failure else { continue }
            onTheWay = true
            let index = pod.completionIndex
            if isIndexed, let completions, index < 0 || index >= completions {
                // Not one of ours any more: it counts for nothing.
                Self.removeFinalizer(pod, &work)
                continue
            }
            if success, isIndexed {
                if succeededIndexes.indexes.contains(index) {
                    Self.removeFinalizer(pod, &work)
                } else {
                    succeededIndexes.indexes.insert(index)
                }
                continue
            }
            if listed[pod.uid] != nil {
                Self.removeFinalizer(pod, &work)
                continue
            }
            if failure, endsWell {
                // Cut short because the job has succeeded without it.
                Self.removeFinalizer(pod, &work)
                continue
            }
            if failure, let rule = JobFailurePolicy.match(pod, job: job, view: view), rule.action == "Ignore" {
                Self.removeFinalizer(pod, &work)
                continue
            }
            listed[pod.uid] = success
        }
        if let completions, isIndexed {
            succeededIndexes.indexes = succeededIndexes.indexes.filter { $0 < completions }
            succeeded = succeededIndexes.indexes.count
            status["completedIndexes"] = succeeded == 0 ? Optional.none : .string(succeededIndexes.text)
        }
        newlySucceeded = listed.values.filter { $0 }.count
        newlyFailed = listed.values.filter { !$0 }.count
        uncounted = .object(JSONObject())
        let sorted = listed.sorted { $0.key < $1.key }
        let successes = sorted.filter(\.value).map { JSON.string($0.key) }
        let losses = sorted.filter { !$0.value }.map { JSON.string($0.key) }
        if !successes.isEmpty { uncounted["succeeded"] = .array(successes) }
        if !losses.isEmpty { uncounted["failed"] = .array(losses) }
        status["uncountedTerminatedPods"] = uncounted
        status.setUnlessZero("succeeded", succeeded)
        status.setUnlessZero("failed", failed)
        return onTheWay || !listed.isEmpty
    }

    static func removeFinalizer(_ pod: PodRecord, _ work: inout Work) {
        let rest = pod.finalizers.filter { $0 != finalizer }
        guard rest.count != pod.finalizers.count else { return }
        work.patch(
            "v1", "pods", pod.namespace, pod.name, .merge,
            [
                "metadata": [
                    "uid": .string(pod.uid), "finalizers": rest.isEmpty ? .null : .array(rest.map { .string($0) }),
                ]
            ],
            tolerating: [404, 409])
    }

    /// Failures in a row, for the delay before the next pod.
    private mutating func noteFailures() {
        for pod in pods.sorted(by: { ($0.creation, $0.name) < ($1.creation, $1.name) })
        where pod.isFinished || pod.deletion != nil {
            guard failures.seen.insert(pod.uid).inserted else { continue }
            if pod.phase == .succeeded {
                failures.count = 0
                failures.byIndex[pod.completionIndex] = nil
                continue
            }
            if JobFailurePolicy.match(pod, job: job, view: view)?.action == "Ignore" { continue }
            let time = pod.deletion.map { min($0, work.now) } ?? work.now
            failures.count += 1
            failures.last = max(failures.last, time)
            if isIndexed {
                let old = failures.byIndex[pod.completionIndex]
                let given = view.document(pod.key)?.annotation(Self.failureCount).flatMap { Int($0) }
                failures.byIndex[pod.completionIndex] = ((given ?? old?.count ?? 0) + 1, time)
            }
        }
    }

    // MARK: Judgement

    /// Whether the job ends now, as a condition of type FailureTarget or SuccessCriteriaMet.
    private mutating func judge(_ active: [PodRecord]) -> (String, String, String)? {
        let succeeded = number("succeeded") + (isIndexed ? 0 : newlySucceeded)
        let failed = number("failed") + newlyFailed
        for pod in pods where pod.phase == .failed {
            if let rule = JobFailurePolicy.match(pod, job: job, view: view), rule.action == "FailJob" {
                return ("FailureTarget", "PodFailurePolicy", rule.message)
            }
        }
        if isIndexed, let limit = backoffPerIndex {
            for pod in pods
            where pod.phase == .failed || (pod.deletion != nil && pod.phase != .succeeded && !waitsForFailed) {
                let rule = JobFailurePolicy.match(pod, job: job, view: view)
                if rule?.action == "Ignore" { continue }
                let count = view.document(pod.key)?.annotation(Self.failureCount).flatMap { Int($0) } ?? 0
                if count >= limit || rule?.action == "FailIndex" { failedIndexes.indexes.insert(pod.completionIndex) }
            }
            failedIndexes.indexes.subtract(succeededIndexes.indexes)
            status["failedIndexes"] = .string(failedIndexes.text)
            if let most = spec["maxFailedIndexes"]?.int, failedIndexes.indexes.count > Int(most) {
                return (
                    "FailureTarget", "MaxFailedIndexesExceeded",
                    "Job has exceeded the specified maximal number of failed indexes"
                )
            }
        }
        if failed > backoffLimit || restartsExceeded(active) {
            return ("FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit")
        }
        if let deadline = spec["activeDeadlineSeconds"]?.int, let start = status.time("startTime"), !isSuspended {
            let left = start.adding(seconds: deadline).since(work.now)
            if left <= 0 {
                return ("FailureTarget", "DeadlineExceeded", "Job was active longer than specified deadline")
            }
            work.requeue(after: left)
        }
        if isIndexed, let policy = spec["successPolicy"] {
            for (i, rule) in (policy["rules"]?.elements ?? []).enumerated() {
                let among = rule["succeededIndexes"]?.string.map { CompletionIndexes(parsing: $0).indexes }
                let hits = among.map { succeededIndexes.indexes.intersection($0) } ?? succeededIndexes.indexes
                let needed = rule["succeededCount"]?.int.map { Int($0) } ?? among?.count ?? completions ?? 0
                if hits.count >= needed {
                    return ("SuccessCriteriaMet", "SuccessPolicy", "Matched rules at index \(i)")
                }
            }
        }
        if isIndexed, let completions, backoffPerIndex != nil, !failedIndexes.indexes.isEmpty,
            failedIndexes.indexes.count + succeededIndexes.indexes.count >= completions
        {
            return ("FailureTarget", "FailedIndexes", "Job has failed indexes")
        }
        let enough: Bool
        if let completions {
            enough = succeeded >= completions && active.isEmpty
        } else {
            enough = succeeded > 0 && active.isEmpty
        }
        return enough ? ("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods") : nil
    }

    /// `pastBackoffLimitOnFailure`: restarts in place count with OnFailure.
    private func restartsExceeded(_ active: [PodRecord]) -> Bool {
        guard spec["template"]?["spec"]?["restartPolicy"]?.string == "OnFailure" else { return false }
        var restarts = 0
        for pod in active where pod.phase == .running || pod.phase == .pending {
            let tree = view.document(pod.key)?["status"]
            for member in ["initContainerStatuses", "containerStatuses"] {
                for container in tree?[member]?.elements ?? [] { restarts += Int(container["restartCount"]?.int ?? 0) }
            }
        }
        return backoffLimit == 0 ? restarts > 0 : restarts >= backoffLimit
    }

    private mutating func setTarget(_ type: String, _ reason: String, _ message: String) {
        Conditions.set(&status, type, "True", reason: reason, message: message, now: work.now, probeTime: true)
        work.decision = ["controller": "job-controller", "why": .string(message)]
    }

    // MARK: Pods

    /// Makes what is missing, deletes what is too much; how many will be active.
    private mutating func manage(_ active: [PodRecord]) -> Int {
        if isSuspended {
            for pod in active { remove(pod, keepsCount: false) }
            return 0
        }
        var terminating = 0
        if waitsForFailed { terminating = pods.filter(\.isTerminating).count }
        var wanted = parallelism
        let succeeded = number("succeeded") + (isIndexed ? 0 : newlySucceeded)
        if let completions {
            wanted = min(parallelism, max(0, completions - succeeded))
        } else if succeeded > 0 {
            wanted = active.count
        }
        var kept = active
        if isIndexed, let completions {
            // One pod an index, and none beyond the completions or of an index that is done.
            var taken: Set<Int> = []
            for pod in active.sorted(by: { ($0.creation, $0.name) < ($1.creation, $1.name) }) {
                let index = pod.completionIndex
                if index < 0 || index >= completions || succeededIndexes.indexes.contains(index)
                    || failedIndexes.indexes.contains(index)
                    || !taken.insert(index).inserted
                {
                    remove(pod, keepsCount: false)
                    kept.removeAll { $0.uid == pod.uid }
                }
            }
        }
        if kept.count > wanted {
            let order = ActivePodOrder(ranks: [:], now: work.now)
            for pod in kept.sorted(by: order.precedes).prefix(kept.count - wanted) {
                remove(pod, keepsCount: false)
                kept.removeAll { $0.uid == pod.uid }
            }
            return kept.count
        }
        let missing = wanted - kept.count - terminating
        guard missing > 0 else { return kept.count }
        // Pods count as active once they are there: a quota may refuse them.
        if isIndexed {
            createIndexed(missing, kept)
            return kept.count
        }
        if let pause = pause(failures.count, failures.last), pause > 0 {
            work.requeue(after: pause)
            return kept.count
        }
        for _ in 0..<min(missing, 500) { create(index: nil) }
        return kept.count
    }

    private func pause(_ count: Int, _ last: Timestamp) -> Int64? {
        guard count > 0 else { return nil }
        let delay = min(JobController.backoffMin << Int64(min(count - 1, 6)), JobController.backoffMax)
        return last.adding(microseconds: delay).since(work.now)
    }

    private mutating func createIndexed(_ missing: Int, _ kept: [PodRecord]) {
        guard let completions else { return }
        var taken = Set(kept.map(\.completionIndex))
        taken.formUnion(succeededIndexes.indexes)
        taken.formUnion(failedIndexes.indexes)
        for pod in pods where pod.phase == .succeeded || (waitsForFailed && pod.isTerminating) {
            taken.insert(pod.completionIndex)
        }
        if backoffPerIndex == nil, let pause = pause(failures.count, failures.last), pause > 0 {
            work.requeue(after: pause)
            return
        }
        var made = 0
        for index in 0..<completions where made < min(missing, 500) && !taken.contains(index) {
            if backoffPerIndex != nil, let known = failures.byIndex[index], let pause = pause(known.count, known.last),
                pause > 0
            {
                work.requeue(after: pause)
                continue
            }
            create(index: index)
            made += 1
        }
    }

    private mutating func create(index: Int?) {
        var pod = PodTemplate.pod(
            from: spec["template"] ?? .null, namespace: job.objectNamespace, generateName: job.objectName + "-",
            owner: OwnerReference.controller(of: job, apiVersion: "batch/v1", kind: "Job"))
        pod["metadata", "finalizers"] = .array(
            [.string(Self.finalizer)] + (pod["metadata"]?["finalizers"]?.elements ?? []))
        if let index {
            pod["metadata", "generateName"] = .string("\(job.objectName)-\(index)-")
            pod["metadata", "annotations", Self.indexAnnotation] = .string(String(index))
            pod["metadata", "labels", Self.indexAnnotation] = .string(String(index))
            if backoffPerIndex != nil {
                pod["metadata", "annotations", Self.failureCount] = .string(String(failures.byIndex[index]?.count ?? 0))
            }
            pod["spec", "hostname"] = .string("\(job.objectName)-\(index)")
            let variable: JSON = [
                "name": "JOB_COMPLETION_INDEX",
                "valueFrom": ["fieldRef": ["fieldPath": .string("metadata.labels['\(Self.indexAnnotation)']")]],
            ]
            for member in ["initContainers", "containers"] {
                guard var list = pod["spec"]?[member]?.array else { continue }
                for i in list.indices
                where !(list[i]["env"]?.elements.contains { $0["name"]?.string == "JOB_COMPLETION_INDEX" } ?? false) {
                    list[i]["env"] = .array((list[i]["env"]?.elements ?? []) + [variable])
                }
                pod["spec", member] = .array(list)
            }
        }
        if work.decision.isNull { work.decision = ["controller": "job-controller", "why": "pods are missing"] }
        work.create(
            "pods", pod, success: EventNote(job, "SuccessfulCreate", "Created pod: {}"),
            failure: EventNote(job, "FailedCreate", "Error creating: {}", warning: true))
    }

    /// Deletes a pod. One that is not to count as failed loses its finalizer first.
    private mutating func remove(_ pod: PodRecord, keepsCount: Bool) {
        if !keepsCount { Self.removeFinalizer(pod, &work) }
        work.delete(
            "v1", "pods", pod.namespace, pod.name, uid: pod.uid,
            success: EventNote(job, "SuccessfulDelete", "Deleted pod: " + pod.name))
    }

    // MARK: Status

    private mutating func suspend() {
        let condition = Conditions.find(status, "Suspended")
        if isSuspended {
            if condition?["status"]?.string != "True", target == nil {
                Conditions.set(
                    &status, "Suspended", "True", reason: "JobSuspended", message: "Job suspended", now: work.now,
                    probeTime: true)
                work.note(EventNote(job, "Suspended", "Job suspended"))
            }
            status["startTime"] = nil
        } else if condition?["status"]?.string == "True" {
            Conditions.set(
                &status, "Suspended", "False", reason: "JobResumed", message: "Job resumed", now: work.now,
                probeTime: true)
            status["startTime"] = .string(work.now.rfc3339)
            work.note(EventNote(job, "Resumed", "Job resumed"))
        }
    }

    /// The last condition, once every pod is gone or counted.
    private mutating func finish(moved: Bool) {
        guard let target, !moved,
            job["status"]?["conditions"]?.elements.contains(where: { $0["type"] == target["type"] }) == true,
            !pods.contains(where: { $0.isActive || $0.isTerminating })
        else { return }
        let type = target["type"]?.string == "FailureTarget" ? "Failed" : "Complete"
        let (reason, message) = (target["reason"]?.string ?? "", target["message"]?.string ?? "")
        Conditions.set(&status, type, "True", reason: reason, message: message, now: work.now, probeTime: true)
        if type == "Complete" {
            status["completionTime"] = .string(work.now.rfc3339)
            work.note(EventNote(job, "Completed", "Job completed"))
        } else {
            work.note(EventNote(job, reason, message, warning: true))
        }
    }

    private mutating func writeStatus(active: Int) {
        status.setUnlessZero("active", active)
        status["ready"] = .int(Int64(pods.filter { $0.isActive && $0.isReady }.count))
        status["terminating"] = .int(Int64(pods.filter(\.isTerminating).count))
        if target != nil || isSuspended { status["ready"] = 0 }
        if status == job["status"] { return }
        var changed = job
        changed["status"] = status
        work.update("jobs", changed, subresource: "status", tolerating: [404])
    }
}
