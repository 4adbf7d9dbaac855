import Document
import Records
import Schema

/// One look at a StatefulSet: `updateStatefulSet`.
struct StatefulSetSync {
    static let hashLabel = "controller.kubernetes.io/hash"
    static let revisionLabel = "controller-revision-hash"

    let set: JSON
    let view: ClusterView
    var work: Work
    private var current: JSON = .null
    private var update: JSON = .null
    private var status: JSON

    init(_ set: JSON, view: ClusterView, work: Work) {
        self.set = set
        self.view = view
        self.work = work
        status = set["status"] ?? .object(JSONObject())
    }

    private var spec: JSON { self.set["spec"] ?? .null }
    private var wanted: Int { Int(spec["replicas"]?.int ?? 1) }
    private var first: Int { Int(spec["ordinals"]?["start"]?.int ?? 0) }
    private var isParallel: Bool { spec["podManagementPolicy"]?.string == "Parallel" }
    private var minReady: Int64 { spec["minReadySeconds"]?.int ?? 0 }
    private var partition: Int { Int(spec["updateStrategy"]?["rollingUpdate"]?["partition"]?.int ?? 0) }
    private var isOnDelete: Bool { spec["updateStrategy"]?["type"]?.string == "OnDelete" }

    static func ordinal(_ pod: String, of set: String) -> Int? {
        guard pod.hasPrefix(set + "-") else { return nil }
        return Int(pod.dropFirst(set.utf8.count + 1))
    }

    mutating func run() {
        guard settleRevisions() else { return }
        let selector = LabelSelector(spec["selector"])
        var pods: [(ordinal: Int, pod: PodRecord)] = []
        for pod in view.pods.controlled(by: set.objectUID) {
            guard let ordinal = Self.ordinal(pod.name, of: set.objectName) else { continue }
            if selector.matches(pod.labels) {
                pods.append((ordinal, pod))
            } else if pod.deletion == nil, !set.isBeingDeleted {
                PodClaim.release(pod, from: set.objectUID, in: &work)
            }
        }
        if !set.isBeingDeleted {
            for pod in view.pods.orphans(in: set.objectNamespace)
            where pod.deletion == nil && selector.matches(pod.labels) {
                guard let ordinal = Self.ordinal(pod.name, of: set.objectName) else { continue }
                PodClaim.adopt(
                    pod, by: OwnerReference.controller(of: set, apiVersion: "apps/v1", kind: "StatefulSet"), in: &work)
                pods.append((ordinal, pod))
            }
        }
        pods.sort { $0.ordinal < $1.ordinal }
        count(pods.map(\.pod))
        if !set.isBeingDeleted { move(pods) }
        truncate(pods.map(\.pod))
        writeStatus()
    }

    // MARK: Revisions

    /// Finds or makes the current and update revisions; false when this look must wait for one to be made.
    private mutating func settleRevisions() -> Bool {
        if Revision.adopt(for: set, kind: "StatefulSet", selector: LabelSelector(spec["selector"]), view: view, &work) {
            return false
        }
        let revisions = Revision.all(of: set, view: view)
        let template = spec["template"] ?? .null
        let wanted = Revision.data(of: template)
        let next = (revisions.map(Revision.number).max() ?? 0) + 1
        let collisions = status["collisionCount"]?.int ?? 0
        status["collisionCount"] = .int(collisions)
        if let equal = revisions.last(where: { $0["data"] == wanted }) {
            update = equal
            if Revision.number(equal) != next - 1 {
                // An old template again: its revision becomes the newest.
                var raised = equal
                raised["revision"] = .int(next)
                work.update("controllerrevisions", raised)
                return false
            }
        } else {
            let hash = PodTemplateHash.of(wanted, collisions: collisions)
            work.decision = ["controller": "statefulset-controller", "why": "a new template"]
            work.create(
                "controllerrevisions",
                Revision.make(
                    for: set, kind: "StatefulSet", hash: hash, hashLabel: Self.hashLabel, number: next,
                    template: template,
                    annotations: copiedAnnotations))
            return false
        }
        let currentName = status["currentRevision"]?.string ?? ""
        current = revisions.first { $0.objectName == currentName } ?? update
        return true
    }
    private var copiedAnnotations: JSONObject {
        var out = set.objectAnnotations
        out["kubectl.kubernetes.io/last-applied-configuration"] = nil
        return out
    }

    private mutating func truncate(_ pods: [PodRecord]) {
        let limit = Int(spec["revisionHistoryLimit"]?.int ?? 10)
        var live: Set<String> = [current.objectName, update.objectName]
        for pod in pods { if let revision = pod.labels[Self.revisionLabel] { live.insert(revision) } }
        let dead = Revision.all(of: set, view: view).filter { !live.contains($0.objectName) }
        if dead.count <= limit { return }
        for revision in dead.prefix(dead.count - limit) {
            work.delete(
                "apps/v1", "controllerrevisions", revision.objectNamespace, revision.objectName, uid: revision.objectUID
            )
        }
    }

    // MARK: Status

    private mutating func count(_ pods: [PodRecord]) {
        var (replicas, ready, available, currents, updateds) = (0, 0, 0, 0, 0)
        var next: Int64 = .max
        for pod in pods {
            replicas += 1
            if isRunningAndReady(pod) {
                ready += 1
                if pod.isAvailable(minReadySeconds: minReady, now: work.now) {
                    available += 1
                } else if let since = pod.readySince {
                    next = min(next, since.adding(seconds: minReady).since(work.now))
                }
            }
            if pod.deletion == nil {
                let revision = pod.labels[Self.revisionLabel]
                if revision == current.objectName { currents += 1 }
                if revision == update.objectName { updateds += 1 }
            }
        }
        if next != .max { work.requeue(after: next) }
        status["observedGeneration"] = .int(set.objectGeneration)
        status["replicas"] = .int(Int64(replicas))
        status.setUnlessZero("readyReplicas", ready)
        status["availableReplicas"] = .int(Int64(available))
        status.setUnlessZero("currentReplicas", currents)
        status.setUnlessZero("updatedReplicas", updateds)
        status["currentRevision"] = .string(current.objectName)
        status["updateRevision"] = .string(update.objectName)
    }
    private mutating func writeStatus() {
        let number = { (status: JSON, field: String) in Int(status[field]?.int ?? 0) }
        if !isOnDelete, number(status, "updatedReplicas") == wanted, number(status, "readyReplicas") == wanted,
            number(status, "replicas") == wanted, number(status, "availableReplicas") == wanted || minReady == 0
        {
            status["currentReplicas"] = status["updatedReplicas"]
            status["currentRevision"] = status["updateRevision"]
        }
        if status == set["status"] { return }
        var changed = set
        changed["status"] = status
        work.update("statefulsets", changed, subresource: "status", tolerating: [404])
    }

    // MARK: Pods

    private func isRunningAndReady(_ pod: PodRecord) -> Bool { pod.phase == .running && pod.isReady }
    private func isAvailable(_ pod: PodRecord) -> Bool {
        isRunningAndReady(pod) && pod.isAvailable(minReadySeconds: minReady, now: work.now)
    }
    private func isHealthy(_ pod: PodRecord) -> Bool { isRunningAndReady(pod) && pod.deletion == nil }

    private mutating func move(_ pods: [(ordinal: Int, pod: PodRecord)]) {
        var replicas = [PodRecord?](repeating: nil, count: wanted)
        var condemned: [PodRecord] = []
        for (ordinal, pod) in pods {
            if ordinal >= first, ordinal < first + wanted {
                replicas[ordinal - first] = pod
            } else {
                condemned.append(pod)
            }
        }
        condemned.reverse()
        let firstUnhealthy = (replicas.compactMap { $0 } + condemned.reversed()).first { !isHealthy($0) }
        for i in replicas.indices {
            let ordinal = first + i
            guard let pod = replicas[i] else {
                create(ordinal, wantsCurrent: needsCurrent(ordinal))
                if !isParallel { return }
                continue
            }
            if pod.isFinished {
                if pod.deletion == nil { delete(pod) }
                return
            }
            claims(ordinal, pod: pod)
            if isParallel { continue }
            if pod.deletion != nil || !isAvailable(pod) { return }
        }
        for pod in condemned {
            if pod.deletion != nil {
                if !isParallel { return }
                continue
            }
            if !isParallel, !isAvailable(pod), pod.uid != firstUnhealthy?.uid { return }
            if let ordinal = Self.ordinal(pod.name, of: set.objectName) { claims(ordinal, pod: pod, isCondemned: true) }
            delete(pod)
            if !isParallel { return }
        }
        if isOnDelete { return }
        let allowed = max(
            1,
            (spec["updateStrategy"]?["rollingUpdate"]?["maxUnavailable"]).flatMap { $0.scaled(of: wanted, up: true) }
                ?? 1)
        var unavailable = replicas.reduce(0) { $0 + ($1.map(isAvailable) == true && $1?.deletion == nil ? 0 : 1) }
        guard wanted > 0 else { return }
        for i in stride(from: wanted - 1, through: max(0, partition - first), by: -1) {
            guard let pod = replicas[i] else { return }
            if pod.labels[Self.revisionLabel] != update.objectName, pod.deletion == nil {
                if allowed == 1 {
                    delete(pod)
                    return
                }
                if unavailable >= allowed, isHealthy(pod) { return }
                delete(pod)
                unavailable += 1
                continue
            }
            if allowed == 1, !isHealthy(pod) || !isAvailable(pod) { return }
        }
    }

    /// `isCurrentRevisionNeeded`: whether a missing pod comes back with the old template.
    private func needsCurrent(_ ordinal: Int) -> Bool {
        if isOnDelete { return false }
        if spec["updateStrategy"]?["rollingUpdate"]?["partition"] == nil {
            return ordinal < first + Int(set["status"]?["currentReplicas"]?.int ?? 0)
        }
        return ordinal < first + partition
    }

    private mutating func create(_ ordinal: Int, wantsCurrent: Bool) {
        let revision = wantsCurrent ? current : update
        let template = Revision.template(in: revision)
        let name = "\(set.objectName)-\(ordinal)"
        var pod = PodTemplate.pod(
            from: template, namespace: set.objectNamespace, generateName: set.objectName + "-", name: name,
            owner: OwnerReference.controller(of: set, apiVersion: "apps/v1", kind: "StatefulSet"))
        pod["metadata", "labels", "statefulset.kubernetes.io/pod-name"] = .string(name)
        pod["metadata", "labels", "apps.kubernetes.io/pod-index"] = .string(String(ordinal))
        pod["metadata", "labels", Self.revisionLabel] = .string(revision.objectName)
        pod["spec", "hostname"] = .string(name)
        if let service = spec["serviceName"]?.string, !service.isEmpty { pod["spec", "subdomain"] = .string(service) }
        let templates = spec["volumeClaimTemplates"]?.elements ?? []
        if !templates.isEmpty {
            let names = Set(templates.map(\.objectName))
            var volumes = templates.map { claim -> JSON in
                [
                    "name": .string(claim.objectName),
                    "persistentVolumeClaim": ["claimName": .string("\(claim.objectName)-\(name)")],
                ]
            }
            volumes += (pod["spec"]?["volumes"]?.elements ?? []).filter { !names.contains($0["name"]?.string ?? "") }
            pod["spec", "volumes"] = .array(volumes)
        }
        claims(ordinal)
        work.decision = [
            "controller": "statefulset-controller", "why": .string("\(name) is missing"),
            "revision": .string(revision.objectName),
        ]
        work.create(
            "pods", pod,
            success: EventNote(
                set, "SuccessfulCreate", "Create Pod \(name) in StatefulSet \(set.objectName) successful"),
            failure: EventNote(
                set, "FailedCreate", "Create Pod \(name) in StatefulSet \(set.objectName) failed error: {}",
                warning: true), tolerating: [409])
    }

    /// The claims of an ordinal, made when they are missing and owned as the retention policy says: by the set when they end with it,
    /// by a pod that is scaled away when they end with that.
    private mutating func claims(_ ordinal: Int, pod record: PodRecord? = nil, isCondemned: Bool = false) {
        let pod = "\(set.objectName)-\(ordinal)"
        let retention = spec["persistentVolumeClaimRetentionPolicy"]
        let deletesWithSet = retention?["whenDeleted"]?.string == "Delete"
        let deletesWhenScaled = retention?["whenScaled"]?.string == "Delete"
        for template in spec["volumeClaimTemplates"]?.elements ?? [] {
            let name = "\(template.objectName)-\(pod)"
            if let stored = view.state.object(.volumeClaims, set.objectNamespace, name) {
                guard retention != nil, let record else { continue }
                var claim = view.document(stored)
                let before = claim["metadata"]?["ownerReferences"]?.elements ?? []
                var owners = before.filter {
                    $0["uid"]?.string != set.objectUID
                        && !($0["kind"]?.string == "Pod" && $0["name"]?.string == pod)
                }
                if isCondemned, deletesWhenScaled {
                    owners.append(
                        [
                            "apiVersion": "v1", "kind": "Pod", "name": .string(pod), "uid": .string(record.uid),
                            "controller": true, "blockOwnerDeletion": true,
                        ])
                } else if deletesWithSet {
                    owners.append(OwnerReference.controller(of: set, apiVersion: "apps/v1", kind: "StatefulSet"))
                }
                if owners == before { continue }
                claim["metadata", "ownerReferences"] = owners.isEmpty ? Optional.none : .array(owners)
                work.update("persistentvolumeclaims", claim, tolerating: [404, 409])
                continue
            }
            if record != nil, isCondemned { continue }
            var claim = template
            var labels = template.objectLabels
            for (key, value) in spec["selector"]?["matchLabels"]?.entries ?? JSONObject() { labels[key] = value }
            claim["apiVersion"] = "v1"
            claim["kind"] = "PersistentVolumeClaim"
            claim["status"] = nil
            var metadata = JSONObject()
            metadata["name"] = .string(name)
            metadata["namespace"] = .string(set.objectNamespace)
            if !labels.isEmpty { metadata["labels"] = .object(labels) }
            if let annotations = template["metadata"]?["annotations"] { metadata["annotations"] = annotations }
            if deletesWithSet {
                metadata["ownerReferences"] = [
                    OwnerReference.controller(of: set, apiVersion: "apps/v1", kind: "StatefulSet")
                ]
            }
            claim["metadata"] = .object(metadata)
            work.create(
                "persistentvolumeclaims", claim,
                success: EventNote(
                    set, "SuccessfulCreate", "Create Claim \(name) Pod \(pod) in StatefulSet \(set.objectName) success"),
                failure: EventNote(
                    set, "FailedCreate",
                    "Create Claim \(name) for Pod \(pod) in StatefulSet \(set.objectName) failed error: {}",
                    warning: true), tolerating: [409])
        }
    }

    private mutating func delete(_ pod: PodRecord) {
        work.decision = ["controller": "statefulset-controller", "why": .string("\(pod.name) has to go")]
        work.delete(
            "v1", "pods", pod.namespace, pod.name, uid: pod.uid,
            success: EventNote(
                set, "SuccessfulDelete", "Delete Pod \(pod.name) in StatefulSet \(set.objectName) successful"),
            failure: EventNote(
                set, "FailedDelete", "Delete Pod \(pod.name) in StatefulSet \(set.objectName) failed error: {}",
                warning: true))
    }
}
