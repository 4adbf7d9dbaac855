import Document
import Records
import Schema

/// One look at a Deployment: its ReplicaSets as they are being changed, and the requests that come of it. Mirrors
/// `syncDeployment`; the sets here are working copies, so that the status is computed over what was decided.
struct Rollout {
    let view: ClusterView
    var work: Work
    /// As read, and with the annotations and conditions that this look gives it.
    let original: JSON
    var deployment: JSON
    var sets: [JSON] = []
    var new: JSON?
    let now: Timestamp

    init(_ deployment: JSON, view: ClusterView, work: Work) {
        self.view = view
        self.work = work
        original = deployment
        self.deployment = deployment
        now = work.now
    }

    // What the spec asks for.
    var spec: JSON { deployment["spec"] ?? .null }
    var wanted: Int { Int(spec["replicas"]?.int ?? 1) }
    var isPaused: Bool { spec["paused"]?.bool ?? false }
    var isRolling: Bool { spec["strategy"]?["type"]?.string != "Recreate" }
    var minReady: Int64 { spec["minReadySeconds"]?.int ?? 0 }
    /// nil for none: the field is unset or "infinite".
    var progressDeadline: Int64? {
        guard let seconds = spec["progressDeadlineSeconds"]?.int, seconds != Int64(Int32.max) else { return nil }
        return seconds
    }
    var limits: (surge: Int, unavailable: Int) {
        guard isRolling else { return (0, 0) }
        let rolling = spec["strategy"]?["rollingUpdate"]
        let surge = (rolling?["maxSurge"] ?? .string("25%")).scaled(of: wanted, up: true) ?? 0
        var unavailable = (rolling?["maxUnavailable"] ?? .string("25%")).scaled(of: wanted, up: false) ?? 0
        if surge == 0, unavailable == 0 { unavailable = 1 }
        return (surge, unavailable)
    }
    var maxUnavailable: Int { wanted == 0 ? 0 : min(limits.unavailable, wanted) }
    var old: [JSON] { sets.filter { $0.objectUID != new?.objectUID || new == nil } }
    /// Everything, the new set last when it exists (its uid is empty while it is only asked for).
    var all: [JSON] { new.map { old + [$0] } ?? old }

    static func replicas(_ set: JSON) -> Int { Int(set["spec"]?["replicas"]?.int ?? 1) }
    static func status(_ set: JSON, _ field: String) -> Int { Int(set["status"]?[field]?.int ?? 0) }
    func total(_ sets: [JSON], _ field: String) -> Int { sets.reduce(0) { $0 + Self.status($1, field) } }
    func totalWanted(_ sets: [JSON]) -> Int { sets.reduce(0) { $0 + Self.replicas($1) } }

    mutating func run() {
        let selector = LabelSelector(spec["selector"])
        if selector.isEverything {
            work.note(
                EventNote(
                    deployment, "SelectingAll",
                    "This deployment is selecting all pods. A non-empty selector is required.", warning: true))
            if original["status"]?["observedGeneration"]?.int ?? 0 < deployment.objectGeneration {
                deployment["status", "observedGeneration"] = .int(deployment.objectGeneration)
                work.update("deployments", deployment, subresource: "status")
            }
            return
        }
        claim(selector)
        findNew()
        if deployment.isBeingDeleted { return writeStatus() }
        checkPaused()
        if isPaused { return sync() }
        if deployment.annotation(Revisions.rollback) != nil { return rollBack() }
        if isScaling { return sync() }
        if isRolling { roll() } else { recreate() }
    }

    /// The sets that this Deployment controls; matching ones without a controller are adopted, others let go.
    private mutating func claim(_ selector: LabelSelector) {
        for set in view.documents(.replicaSets, namespace: deployment.objectNamespace) {
            let matches = selector.matches(set.objectLabels)
            if let owner = set.controllerReference {
                guard owner.uid == deployment.objectUID else { continue }
                if matches || deployment.isBeingDeleted {
                    sets.append(set)
                } else if !set.isBeingDeleted {
                    work.patch(
                        "apps/v1", "replicasets", set.objectNamespace, set.objectName, .strategic,
                        [
                            "metadata": [
                                "ownerReferences": [["$patch": "delete", "uid": .string(deployment.objectUID)]],
                                "uid": .string(set.objectUID),
                            ]
                        ], tolerating: [404, 422])
                }
            } else if matches, !deployment.isBeingDeleted, !set.isBeingDeleted {
                let reference = OwnerReference.controller(of: deployment, apiVersion: "apps/v1", kind: "Deployment")
                work.patch(
                    "apps/v1", "replicasets", set.objectNamespace, set.objectName, .strategic,
                    ["metadata": ["ownerReferences": [reference], "uid": .string(set.objectUID)]], tolerating: [404])
                // Its revision changes by this: anything else about it is for the next look.
                adopting = true
                sets.append(set)
            }
        }
    }
    /// A set is being adopted by this very look, so that its resourceVersion is no longer the one read.
    var adopting = false

    /// `FindNewReplicaSet`: the oldest set with the Deployment's template.
    private mutating func findNew() {
        new = sets.sorted { ($0.objectCreation, $0.objectName) < ($1.objectCreation, $1.objectName) }
            .first { Revisions.equalTemplates($0["spec"]?["template"], spec["template"]) }
    }

    var isScaling: Bool {
        all.filter { Self.replicas($0) > 0 }.contains { set in
            guard let desired = set.annotation(Revisions.desired).flatMap({ Int($0) }) else { return false }
            return desired != wanted
        }
    }

    private mutating func checkPaused() {
        guard progressDeadline != nil else { return }
        let condition = Conditions.find(deployment["status"], "Progressing")
        if condition?["reason"]?.string == "ProgressDeadlineExceeded" { return }
        let paused = condition?["reason"]?.string == "DeploymentPaused"
        if isPaused, !paused {
            set("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")
        } else if !isPaused, paused {
            set("Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed")
        }
    }

    mutating func set(_ type: String, _ value: String, _ reason: String, _ message: String) {
        var status = deployment["status"] ?? .object(JSONObject())
        if let old = Conditions.find(status, type), old["status"]?.string == value, old["reason"]?.string == reason {
            return
        }
        Conditions.set(&status, type, value, reason: reason, message: message, now: now, updateTime: true, toEnd: true)
        deployment["status"] = status
    }

    /// Paused, or a scaling event: no rollout step.
    private mutating func sync() {
        syncRevision(create: false)
        scale()
        if isPaused, deployment.annotation(Revisions.rollback) == nil { cleanUp() }
        writeStatus()
    }

    // MARK: Requests

    /// Scales a set and records it on the working copy: `scaleReplicaSet`. Whether it was scaled.
    @discardableResult
    mutating func scale(_ set: JSON, to count: Int) -> Bool {
        let before = Self.replicas(set)
        let most = wanted + limits.surge
        guard before != count || Revisions.replicasNeedUpdate(set, desired: wanted, max: most) else { return false }
        var changed = set
        changed["spec", "replicas"] = .int(Int64(count))
        Revisions.setReplicas(&changed, desired: wanted, max: most)
        var note: EventNote?
        if before != count {
            note = EventNote(
                deployment, "ScalingReplicaSet",
                "Scaled \(before < count ? "up" : "down") replica set \(set.objectName) from \(before) to \(count)")
        }
        put(changed, note)
        decide("scale \(set.objectName) from \(before) to \(count)")
        return before != count
    }

    mutating func put(_ set: JSON, _ note: EventNote?) {
        if adopting {
            work.retry = true
            return
        }
        // One PUT of a set in one look: a second one joins the first.
        if let place = work.requests.firstIndex(where: { $0.tag == set.objectUID && !set.objectUID.isEmpty }) {
            work.requests[place].intent.action = .update(set)
            if note != nil { work.requests[place].onSuccess = note }
        } else {
            work.update("replicasets", set, success: note, tag: set.objectUID)
        }
        replace(set)
    }
    mutating func replace(_ set: JSON) {
        if let place = sets.firstIndex(where: { $0.objectUID == set.objectUID }) { sets[place] = set }
        if new?.objectUID == set.objectUID { new = set }
    }

    mutating func decide(_ step: String) {
        var steps = work.decision["steps"]?.elements ?? []
        steps.append(.string(step))
        work.decision = [
            "controller": "deployment-controller", "steps": .array(steps), "wanted": .int(Int64(wanted)),
            "sets": .array(
                sets.map {
                    [
                        "name": .string($0.objectName), "replicas": .int(Int64(Self.replicas($0))),
                        "available": .int(Int64(Self.status($0, "availableReplicas"))),
                    ]
                }),
        ]
    }
}
