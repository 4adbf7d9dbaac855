import ClusterState
public import Document
import Records
public import Schema

/// Keeps as many pods of a template as are wanted: ReplicaSets, and ReplicationControllers, which work the same.
public struct ReplicaSetController: Controller {
    public enum Flavour: Sendable { case replicaSet, replicationController }
    /// Pods made or deleted in one go.
    static let burstReplicas = 500

    public let name: String
    private let flavour: Flavour
    private let store: GroupResource
    private let apiVersion: String
    private let kind: String
    /// How many pods the next attempt of a key may create: doubles while it goes well (slow start).
    private var attempts: [ObjectKey: Int] = [:]
    /// The refusal that the last attempt met, for the ReplicaFailure condition.
    private var refusals: [ObjectKey: (reason: String, message: String)] = [:]

    public init(_ flavour: Flavour = .replicaSet) {
        self.flavour = flavour
        switch flavour {
        case .replicaSet:
            (name, store, apiVersion, kind) = ("replicaset-controller", .replicaSets, "apps/v1", "ReplicaSet")
        case .replicationController:
            (name, store, apiVersion, kind) = (
                "replication-controller", .replicationControllers, "v1", "ReplicationController"
            )
        }
    }

    public var watches: Set<GroupResource>? { [store, .pods] }

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == store {
            if change.kind == .deleted {
                attempts[change.key] = nil
                refusals[change.key] = nil
            }
            dirty.add(change.key)
            return
        }
        guard let pod = change.pod else { return }
        for owner in [pod.controller, change.previousPod?.controller] {
            if let owner, owner.kind == kind { dirty.add(store.key(pod.namespace, owner.name)) }
        }
        if pod.controller == nil, change.kind != .deleted {
            // An orphan: whoever selects it may want it.
            for stored in view.state.objects(store, namespace: pod.namespace) {
                if selector(view.document(stored)).matches(pod.labels) { dirty.add(stored.key) }
            }
        }
    }

    private func selector(_ set: JSON) -> LabelSelector {
        switch flavour {
        case .replicaSet: LabelSelector(set["spec"]?["selector"])
        case .replicationController: LabelSelector(map: set["spec"]?["selector"])
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let set = view.document(work.key) else { return }
        let uid = set.objectUID
        let selector = selector(set)
        let wanted = Int(set["spec"]?["replicas"]?.int ?? 1)
        let minReady = set["spec"]?["minReadySeconds"]?.int ?? 0
        let deleting = set.isBeingDeleted
        var active: [PodRecord] = []
        var terminating = 0
        for pod in view.pods.controlled(by: uid) {
            guard selector.matches(pod.labels) else {
                if !deleting, pod.isActive { PodClaim.release(pod, from: uid, in: &work) }
                continue
            }
            if pod.isActive { active.append(pod) } else if pod.isTerminating { terminating += 1 }
        }
        if !deleting, !selector.matchesNothing {
            for pod in view.pods.orphans(in: work.key.namespace) where pod.isActive && selector.matches(pod.labels) {
                PodClaim.adopt(
                    pod, by: OwnerReference.controller(of: set, apiVersion: apiVersion, kind: kind), in: &work)
                active.append(pod)
            }
        }
        let difference = active.count - wanted
        work.decision = [
            "controller": .string(name), "wanted": .int(Int64(wanted)), "active": .int(Int64(active.count)),
            "terminating": .int(Int64(terminating)),
            "why": .string(difference < 0 ? "too few" : difference > 0 ? "too many" : "enough"),
        ]
        if !deleting { manage(set, active, difference, view: view, work: &work) }
        writeStatus(set, active: active, terminating: terminating, minReady: minReady, work: &work)
    }

    private mutating func manage(
        _ set: JSON, _ active: [PodRecord], _ difference: Int, view: ClusterView, work: inout Work
    ) {
        if difference < 0 {
            let most = min(-difference, Self.burstReplicas, attempts[work.key] ?? 1)
            let template = PodTemplate.pod(
                from: set["spec"]?["template"] ?? .null, namespace: work.key.namespace,
                generateName: set.objectName + "-",
                owner: OwnerReference.controller(of: set, apiVersion: apiVersion, kind: kind))
            for _ in 0..<most {
                work.create(
                    "pods", template, success: EventNote(set, "SuccessfulCreate", "Created pod: {}"),
                    failure: EventNote(set, "FailedCreate", "Error creating: {}", warning: true), tag: "create")
            }
        } else if difference > 0 {
            attempts[work.key] = nil
            let order = ActivePodOrder(ranks: relatedPods(set, view), now: work.now)
            let going = active.sorted(by: order.precedes).prefix(min(difference, Self.burstReplicas))
            for pod in going {
                work.delete(
                    "v1", "pods", pod.namespace, pod.name,
                    success: EventNote(set, "SuccessfulDelete", "Deleted pod: " + pod.name),
                    failure: EventNote(set, "FailedDelete", "Error deleting: {}", warning: true), tag: "delete")
            }
        } else {
            attempts[work.key] = nil
            refusals[work.key] = nil
        }
    }

    /// The active pods of every set with the same controller (of this set alone without one), by node.
    private func relatedPods(_ set: JSON, _ view: ClusterView) -> [String: Int] {
        var ranks: [String: Int] = [:]
        var uids = [set.objectUID]
        if let owner = set.controllerReference {
            uids = view.documents(store, namespace: set.objectNamespace).filter {
                $0.controllerReference?.uid == owner.uid
            }.map(\.objectUID)
        }
        for uid in uids {
            for pod in view.pods.controlledUnordered(by: uid) where pod.isActive {
                ranks[pod.nodeName, default: 0] += 1
            }
        }
        return ranks
    }

    private func writeStatus(_ set: JSON, active: [PodRecord], terminating: Int, minReady: Int64, work: inout Work) {
        let labels = set["spec"]?["template"]?["metadata"]?["labels"]?.entries ?? JSONObject()
        var (labelled, ready, available) = (0, 0, 0)
        var nextAvailable: Int64 = .max
        for pod in active {
            if labels.stringPairs.allSatisfy({ pod.labels[$0.key] == $0.value }) { labelled += 1 }
            if pod.isReady {
                ready += 1
                if pod.isAvailable(minReadySeconds: minReady, now: work.now) {
                    available += 1
                } else if let since = pod.readySince {
                    nextAvailable = min(nextAvailable, since.adding(seconds: minReady).since(work.now))
                }
            }
        }
        if nextAvailable != .max { work.requeue(after: nextAvailable) }
        let old = set["status"] ?? .null
        var status = old
        status["replicas"] = .int(Int64(active.count))
        status.setUnlessZero("fullyLabeledReplicas", labelled)
        status.setUnlessZero("readyReplicas", ready)
        status.setUnlessZero("availableReplicas", available)
        if flavour == .replicaSet { status["terminatingReplicas"] = .int(Int64(terminating)) }
        if let refusal = refusals[work.key] {
            if !Conditions.isTrue(status, "ReplicaFailure") {
                Conditions.set(
                    &status, "ReplicaFailure", "True", reason: refusal.reason, message: refusal.message, now: work.now)
            }
        } else {
            Conditions.remove(&status, "ReplicaFailure")
        }
        status["observedGeneration"] = old["observedGeneration"]
        if status == old, old["observedGeneration"]?.int == set.objectGeneration { return }
        status["observedGeneration"] = .int(set.objectGeneration)
        var changed = set
        changed["status"] = status
        work.update(store.resource, changed, subresource: "status", tag: "status", tolerating: [404])
    }

    public mutating func answered(_ work: Work, answers: [Result<JSON, APIError>], dirty: inout DirtyKeys) {
        var created = 0
        var refusal: (reason: String, message: String)?
        for (request, answer) in zip(work.requests, answers) where request.tag == "create" || request.tag == "delete" {
            switch answer {
            case .success: if request.tag == "create" { created += 1 }
            case .failure(let error):
                // A namespace that is going away refuses everything: nothing to report and nothing to retry.
                if error.causes.contains(where: { $0.reason == "NamespaceTerminating" }) { continue }
                if error.code == 404, request.tag == "delete" { continue }
                refusal = (request.tag == "create" ? "FailedCreate" : "FailedDelete", error.message)
            }
        }
        if let refusal {
            attempts[work.key] = 1
            if refusals[work.key] == nil { dirty.add(work.key) }
            refusals[work.key] = refusal
        } else if created > 0 {
            attempts[work.key] = min((attempts[work.key] ?? 1) * 2, Self.burstReplicas)
            refusals[work.key] = nil
            dirty.add(work.key)
        }
    }
}
