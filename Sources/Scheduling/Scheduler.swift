public import ClusterState
public import Controllers
public import Document
public import Records
public import Schema

/// Finds a node for each pod that has none. A value: committed events go in, requests come out, their answers go back in.
///
///     observe(events) ─► queue, placements ─► nextBatch ─► (sent by the owner) ─► answered
public struct Scheduler: Sendable {
    /// Requests that belong together, and what each of them is for.
    public struct Batch: Sendable {
        public let intents: [Intent]
        fileprivate let purposes: [Purpose]
    }
    fileprivate enum Purpose: Sendable {
        /// The binding of a pod that is assumed to be on a node.
        case binding(PodDemand, node: String, cause: UInt64)
        case other
        /// The binding waits until these claims are bound.
        case claim(String)
    }
    static let podsPerBatchMax = 512
    static let schedulerName = "default-scheduler"

    private var placements = Placements()
    private var queue = SchedulingQueue()
    /// Pods bound by us whose binding is not yet seen in the log.
    private var assumed: Set<String> = []
    /// Pods that wait on a node for their volumes: uid → node.
    private var awaitingVolumes: [String: String] = [:]
    /// Nodes promised by preemption: uid → (node, pod).
    private var nominated: [String: (node: String, pod: PodDemand)] = [:]
    private var recorder = EventRecorder(component: Scheduler.schedulerName)
    private var notes: [EventNote] = []
    private var state: ClusterState
    private var turn = 0
    private var attempts = SchedulerMeter()
    /// The default spreading of pods that have the same controller and labels, until a service or controller changes.
    private var defaultSpread: [String: [SpreadConstraint]] = [:]

    private let settings: SchedulerSettings
    /// Which of equal nodes a pod goes to, by the pod's uid: what a record says of it. Others take turns.
    public var tieBreaks: [String: String] = [:]

    public init(state: ClusterState, now: Timestamp, settings: SchedulerSettings = SchedulerSettings()) {
        self.settings = settings
        self.state = state
        for node in state.objects(.nodes) { _ = placements.put(node: node.document) }
        for pod in state.objects(.pods) { take(PodDemand(pod.document), cause: pod.revision, now: now) }
    }

    /// The revision up to which events have been seen.
    public var revision: UInt64 { state.revision }
    /// Nobody waits and no Event is to be written.
    public var isIdle: Bool { queue.isEmpty && notes.isEmpty }
    public var nextDue: Timestamp? { queue.nextDue }
    /// What has been done, and who waits.
    public var meter: SchedulerMeter {
        var meter = attempts
        queue.count(into: &meter)
        return meter
    }
    /// How many pods wait for a node in whatever way.
    public var pendingCount: Int { queue.count }

    // MARK: Events in

    public mutating func observe(_ events: [EventRecord], state: ClusterState, now: Timestamp) {
        self.state = state
        for event in events {
            for change in event.changes { observe(change, revision: event.revision, now: now) }
        }
    }

    private mutating func observe(_ change: Change, revision: UInt64, now: Timestamp) {
        switch (change.key.group, change.key.resource) {
        case ("", "pods"):
            guard let tree = try? JSON(parsing: change.body) else { return }
            let pod = PodDemand(tree)
            if change.kind == .deleted {
                drop(pod, cause: revision, now: now)
            } else {
                take(pod, cause: revision, now: now)
            }
        case ("", "nodes"):
            if change.kind == .deleted {
                placements.remove(node: change.key.name)
                return
            }
            guard let tree = try? JSON(parsing: change.body) else { return }
            let old = placements[change.key.name].map { placements.nodes[$0] }
            let (place, isNew) = placements.put(node: tree)
            let new = placements.nodes[place]
            if isNew || old?.allocatable != new.allocatable || old?.podsMax != new.podsMax
                || old?.facts.labels != new.facts.labels
                || old?.facts.taints != new.facts.taints || old?.facts.isUnschedulable != new.facts.isUnschedulable
            {
                queue.changed(.node, cause: revision, now: now)
            }
        case ("", "services"), ("apps", _), ("", "replicationcontrollers"):
            // Their selectors are what default spreading goes by; counts in a status are not.
            if change.kind != .updated || change.key.resource == "services" {
                defaultSpread.removeAll(keepingCapacity: true)
            }
        case ("", "persistentvolumeclaims"), ("", "persistentvolumes"), ("storage.k8s.io", _):
            queue.changed(.volume, cause: revision, now: now)
        default: break
        }
    }

    private mutating func take(_ pod: PodDemand, cause: UInt64, now: Timestamp) {
        if !pod.nodeName.isEmpty {
            queue.remove(pod.uid)
            nominated[pod.uid] = nil
            if pod.isFinished { return drop(pod, cause: cause, now: now) }
            let before = placements.node(ofPod: pod.uid).map { placements.nodes[$0].pods[pod.uid] } ?? nil
            if before != nil, assumed.remove(pod.uid) != nil {
                // Our own binding comes back: the counts stand, the facts are fresher.
                placements.add(pod, to: pod.nodeName)
                queue.changed(.podPlaced, cause: cause, now: now)
                return
            }
            if let before, before.requests == pod.requests, before.labels == pod.labels,
                before.isTerminating == pod.isTerminating
            {
                return
            }
            placements.add(pod, to: pod.nodeName)
            // A pod that is about to end has given nothing back yet: only its end helps those who wait for room.
            var helps: SchedulingQueue.Hope = before?.labels == pod.labels ? [] : .podPlaced
            if let before, before.requests != pod.requests { helps.insert(.podGone) }
            if !helps.isEmpty { queue.changed(helps, cause: cause, now: now) }
            return
        }
        guard pod.schedulerName == Self.schedulerName else { return }
        if pod.isFinished || pod.isTerminating || pod.isGated {
            queue.remove(pod.uid)
            nominated[pod.uid] = nil
            return
        }
        if placements.node(ofPod: pod.uid) != nil { return }
        if pod.nominatedNode.isEmpty { nominated[pod.uid] = nil } else { nominated[pod.uid] = (pod.nominatedNode, pod) }
        let old = queue.pod(pod.uid)
        queue.put(
            pod, cause: cause, helps: old.map { $0.generation != pod.generation || $0.labels != pod.labels } ?? true,
            now: now)
    }

    private mutating func drop(_ pod: PodDemand, cause: UInt64, now: Timestamp) {
        queue.remove(pod.uid)
        nominated[pod.uid] = nil
        assumed.remove(pod.uid)
        awaitingVolumes[pod.uid] = nil
        if placements.remove(pod: pod.uid) != nil { queue.changed(.podGone, cause: cause, now: now) }
    }

    // MARK: Requests out

    /// Places waiting pods, and says what to send for that; nil when nothing is to be done.
    public mutating func nextBatch(now: Timestamp) -> Batch? {
        var intents: [Intent] = []
        var purposes: [Purpose] = []
        func send(_ intent: Intent, _ purpose: Purpose = .other) {
            intents.append(intent)
            purposes.append(purpose)
        }
        var count = 0
        while count < Self.podsPerBatchMax, let (pod, cause) = queue.take(now: now) {
            count += 1
            schedule(pod, cause: cause, now: now, send: send)
        }
        for note in notes {
            if let intent = recorder.intent(for: note, now: now) { send(intent) }
        }
        notes = []
        return intents.isEmpty ? nil : Batch(intents: intents, purposes: purposes)
    }

    private mutating func context(for pod: PodDemand) -> PodContext {
        var context = PodContext(pod: pod)
        for constraint in pod.spread where constraint.isHard {
            let all = placements.counts(constraint.term)
            // Only the domains of nodes that the pod may go to at all count for the least.
            var counts: [String: Int] = [:]
            for node in placements.nodes where node.exists {
                guard let value = node.facts.labels[constraint.term.topologyKey] else { continue }
                if constraint.honoursAffinity, !Filters.matchesAffinity(pod, node) { continue }
                if constraint.honoursTaints, Filters.untolerated(node.facts.taints, pod) { continue }
                counts[value] = all[value] ?? 0
            }
            let least = counts.count < constraint.minDomains ? 0 : counts.values.min() ?? 0
            context.spread.append((constraint, counts, least))
        }
        for term in pod.affinity { context.affinity.append((term, placements.counts(term))) }
        for term in pod.antiAffinity { context.antiAffinity.append((term, placements.counts(term))) }
        if !pod.affinity.isEmpty {
            context.mayBeFirst =
                context.affinity.allSatisfy { $0.counts.values.allSatisfy { $0 <= 0 } }
                && pod.affinity.allSatisfy { $0.matches(namespace: pod.namespace, labels: pod.labels) }
        }
        for (term, counts) in placements.repelling where term.matches(namespace: pod.namespace, labels: pod.labels) {
            context.repelled.append((term, counts))
        }
        for (uid, entry) in nominated where uid != pod.uid && entry.pod.priority >= pod.priority {
            context.promised[entry.node, default: []].append(entry.pod)
        }
        return context
    }

    private mutating func schedule(_ pod: PodDemand, cause: UInt64, now: Timestamp, send: (Intent, Purpose) -> Void) {
        if placements.nodeCount == 0 {
            return fail(
                pod, FitMessage.header(0) + ": " + FitMessage.noNodes, hope: .node, plugins: [], cause: cause, now: now,
                send: send)
        }
        var context = context(for: pod)
        if !pod.claims.isEmpty {
            switch VolumeBinding.needs(of: pod, state: state) {
            case .ready(let needs):
                context.volumes = needs
                context.exclusiveClaims = Set(needs.filter(\.isExclusive).map(\.claim))
                if !context.exclusiveClaims.isEmpty {
                    context.claimsInUse = placements.uses(of: context.exclusiveClaims, in: pod.namespace)
                }
            case .refused(let reason):
                return fail(
                    pod, FitMessage.header(placements.nodeCount) + ": " + reason + ". not found", hope: .volume,
                    plugins: ["VolumeBinding"],
                    cause: cause, now: now, send: send)
            }
        }
        let feasible = feasibleNodes(context)
        if feasible.isEmpty { return explain(pod, context, cause: cause, now: now, send: send) }
        let (place, score, scores) = choose(pod, context, feasible)
        let decision: JSON = [
            "scheduler": .string(Self.schedulerName), "nodes": .int(Int64(placements.nodeCount)),
            "feasible": .int(Int64(feasible.count)),
            "score": .int(score), "shares": scores,
        ]
        bind(pod, to: place, context, decision: decision, cause: cause, now: now, send: send)
    }

    /// The nodes that would do; in a large cluster no more than upstream would look for, from where the last search ended.
    private mutating func feasibleNodes(_ context: PodContext) -> [Int] {
        let total = placements.nodes.count
        let pod = context.pod
        if let node = nominated[pod.uid]?.node, let place = placements[node],
            Filters.fits(context, placements.nodes[place])
        {
            return [place]
        }
        let enough = total < 100 ? total : max(100, total * max(5, 50 - total / 125) / 100)
        var out: [Int] = []
        out.reserveCapacity(min(enough, total))
        var seen = 0
        while seen < total, out.count < enough {
            let place = (turn + seen) % total
            seen += 1
            if placements.nodes[place].exists, Filters.fits(context, placements.nodes[place]) { out.append(place) }
        }
        turn = (turn + seen) % max(1, total)
        return out
    }

    private mutating func choose(_ pod: PodDemand, _ context: PodContext, _ feasible: [Int]) -> (Int, Int64, JSON) {
        var scores = Scores(pod: pod, settings: settings)
        if feasible.count == 1 { return (feasible[0], 0, .object(JSONObject())) }
        var soft = pod.spread.filter { !$0.isHard }
        if pod.spread.isEmpty { soft = defaultConstraints(pod) }
        for constraint in soft { scores.spread.append((constraint, placements.counts(constraint.term))) }
        for entry in pod.preferred { scores.near.append((entry.term, entry.weight, placements.counts(entry.term))) }
        for entry in pod.preferredAnti {
            scores.near.append((entry.term, -entry.weight, placements.counts(entry.term)))
        }
        for (term, weights) in placements.attracting where term.matches(namespace: pod.namespace, labels: pod.labels) {
            scores.drawn.append((term, weights))
        }
        let totals = scores.total(feasible, placements)
        var best = 0
        for i in totals.indices where totals[i] > totals[best] { best = i }
        // Equal nodes take turns.
        let equals = totals.indices.filter { totals[$0] == totals[best] }
        if equals.count > 1 {
            let known = tieBreaks[pod.uid].flatMap { node in
                equals.first { placements.nodes[feasible[$0]].facts.name == node }
            }
            best = known ?? equals[turn % equals.count]
            turn += 1
        }
        return (feasible[best], totals[best], scores.shares(feasible[best], among: feasible, placements))
    }

    private mutating func defaultConstraints(_ pod: PodDemand) -> [SpreadConstraint] {
        var key = pod.namespace + "/" + (pod.controller?.uid ?? "")
        for label in pod.labels.pairs { key += "," + label.key + "=" + label.value }
        if let known = defaultSpread[key] { return known }
        let made = DefaultSpread.constraints(for: pod, state: state)
        if defaultSpread.count >= 1024 { defaultSpread.removeAll() }
        defaultSpread[key] = made
        return made
    }

    private mutating func bind(
        _ pod: PodDemand, to place: Int, _ context: PodContext, decision: JSON, cause: UInt64, now: Timestamp,
        send: (Intent, Purpose) -> Void
    ) {
        let node = placements.nodes[place].facts.name
        if !context.volumes.isEmpty, let choice = VolumeBinding.choice(context.volumes, placements.nodes[place]),
            !choice.isEmpty
        {
            // Claims first; the pod follows once they are bound. Meanwhile it says where it is going.
            awaitingVolumes[pod.uid] = node
            if pod.nominatedNode != node {
                nominated[pod.uid] = (node, pod)
                send(
                    Intent(
                        .patch(
                            .strategic,
                            ["metadata": ["uid": .string(pod.uid)], "status": ["nominatedNodeName": .string(node)]]),
                        apiVersion: "v1", resource: "pods", namespace: pod.namespace, name: pod.name,
                        subresource: "status", cause: cause,
                        decision: decision), .other)
            }
            for (claim, volume) in choice {
                for intent in VolumeRequests.prepare(claim, volume, pod.namespace, node, state) {
                    var intent = intent
                    intent.cause = cause
                    send(intent, .claim(pod.uid))
                }
            }
            queue.park(pod.uid, hope: .volume, now: now)
            return
        }
        awaitingVolumes[pod.uid] = nil
        placements.add(pod, to: node)
        assumed.insert(pod.uid)
        let binding: JSON = [
            "apiVersion": "v1", "kind": "Binding",
            "metadata": ["name": .string(pod.name), "namespace": .string(pod.namespace), "uid": .string(pod.uid)],
            "target": ["kind": "Node", "name": .string(node)],
        ]
        send(
            Intent(
                .create(binding), apiVersion: "v1", resource: "pods", namespace: pod.namespace, name: pod.name,
                subresource: "binding",
                cause: cause, decision: decision), .binding(pod, node: node, cause: cause))
    }

    // MARK: No node

    private mutating func explain(
        _ pod: PodDemand, _ context: PodContext, cause: UInt64, now: Timestamp, send: (Intent, Purpose) -> Void
    ) {
        var reasons: [String] = []
        var helpable: [Int] = []
        var plugins: Set<String> = []
        var perNode = JSONObject()
        for (place, node) in placements.nodes.enumerated() where node.exists {
            guard let verdict = Filters.verdict(context, node) else { continue }
            reasons += verdict.reasons
            plugins.insert(verdict.plugin)
            if !verdict.isFinal { helpable.append(place) }
            if perNode.count < 20 {
                perNode[node.facts.name] = .string(verdict.plugin + ": " + verdict.reasons.joined(separator: ", "))
            }
        }
        let total = placements.nodeCount
        var message = FitMessage.filters(total, reasons)
        var nominate: String?
        if !pod.preempts {
            message += " " + FitMessage.preemption("not eligible due to preemptionPolicy=Never.")
        } else if let node = nominated[pod.uid]?.node, let place = placements[node],
            placements.nodes[place].pods.values.contains(where: { $0.isTerminating && $0.priority < pod.priority })
        {
            message += " " + FitMessage.preemption("not eligible due to a terminating pod on the nominated node.")
            nominate = node
        } else {
            let preemption = Preemption(
                placements: placements, context: context,
                budgets: helpable.isEmpty
                    ? [] : state.objects(.disruptionBudgets).map { Preemption.Budget($0.document) })
            var candidates: [Preemption.Candidate] = []
            var failures = [String](repeating: FitMessage.notHelpful, count: total - helpable.count)
            for place in helpable {
                let (candidate, why) = preemption.tryNode(place)
                if let candidate { candidates.append(candidate) } else { failures += why }
            }
            if let best = Preemption.best(candidates) {
                nominate = placements.nodes[best.place].facts.name
                evict(best, for: pod, cause: cause, now: now, send: send)
            } else {
                message += " " + FitMessage.preemption(FitMessage.filters(total, failures))
            }
        }
        if let nominate { nominated[pod.uid] = (nominate, pod) }
        fail(
            pod, message, hope: hope(plugins), plugins: plugins.sorted(), nominate: nominate, perNode: .object(perNode),
            cause: cause, now: now,
            send: send)
    }

    private func hope(_ plugins: Set<String>) -> SchedulingQueue.Hope {
        var out: SchedulingQueue.Hope = .node
        for plugin in plugins {
            switch plugin {
            case "NodeResourcesFit", "NodePorts", "VolumeRestrictions": out.insert(.podGone)
            case "InterPodAffinity", "PodTopologySpread": out.formUnion([.podGone, .podPlaced])
            case "VolumeBinding": out.insert(.volume)
            default: break
            }
        }
        return out
    }

    private mutating func evict(
        _ candidate: Preemption.Candidate, for pod: PodDemand, cause: UInt64, now: Timestamp,
        send: (Intent, Purpose) -> Void
    ) {
        let node = placements.nodes[candidate.place].facts.name
        for victim in candidate.victims {
            let decision: JSON = [
                "scheduler": .string(Self.schedulerName), "preemptedFor": .string(pod.key.description),
                "node": .string(node),
            ]
            send(
                Intent(
                    .patch(
                        .strategic,
                        [
                            "metadata": ["uid": .string(victim.uid)],
                            "status": [
                                "conditions": [
                                    [
                                        "type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler",
                                        "message": .string(
                                            Self.schedulerName + ": preempting to accommodate a higher priority pod"),
                                        "observedGeneration": .int(victim.generation),
                                        "lastTransitionTime": .string(now.rfc3339),
                                    ]
                                ]
                            ],
                        ]), apiVersion: "v1", resource: "pods", namespace: victim.namespace, name: victim.name,
                    subresource: "status",
                    cause: cause, decision: decision), .other)
            send(
                Intent(
                    .delete([
                        "kind": "DeleteOptions", "apiVersion": "v1", "preconditions": ["uid": .string(victim.uid)],
                    ]), apiVersion: "v1",
                    resource: "pods", namespace: victim.namespace, name: victim.name, cause: cause, decision: decision),
                .other)
            var note = EventNote(
                reference: victim.reference, "Preempted", "Preempted by pod \(pod.uid) on node \(node)")
            note.action = "Preempting"
            note.related = pod.reference
            notes.append(note)
        }
    }

    private mutating func fail(
        _ pod: PodDemand, _ message: String, hope: SchedulingQueue.Hope, plugins: [String], nominate: String? = nil,
        perNode: JSON = .null,
        cause: UInt64, now: Timestamp, send: (Intent, Purpose) -> Void
    ) {
        attempts.unschedulable += 1
        queue.park(pod.uid, hope: hope, now: now)
        var note = EventNote(reference: pod.reference, "FailedScheduling", message, warning: true)
        note.action = "Scheduling"
        notes.append(note)
        if pod.schedulingMessage == message, nominate == nil || pod.nominatedNode == nominate { return }
        var status: JSON = [
            "conditions": [
                [
                    "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": .string(message),
                    "lastProbeTime": .null, "lastTransitionTime": .string(now.rfc3339),
                    "observedGeneration": .int(pod.generation),
                ]
            ]
        ]
        if let nominate { status["nominatedNodeName"] = .string(nominate) }
        var decision: JSON = [
            "scheduler": .string(Self.schedulerName), "nodes": .int(Int64(placements.nodeCount)), "feasible": 0,
            "refusedBy": .array(plugins.map { .string($0) }),
        ]
        if !perNode.isNull { decision["filters"] = perNode }
        if let nominate { decision["nominated"] = .string(nominate) }
        send(
            Intent(
                .patch(.strategic, ["metadata": ["uid": .string(pod.uid)], "status": status]), apiVersion: "v1",
                resource: "pods",
                namespace: pod.namespace, name: pod.name, subresource: "status", cause: cause, decision: decision),
            .other)
    }

    // MARK: Answers in

    /// Takes the answers to a batch, in the order of its intents.
    public mutating func answered(_ batch: Batch, _ answers: [Result<JSON, APIError>], now: Timestamp) {
        for (place, purpose) in batch.purposes.enumerated() {
            switch (purpose, answers[place]) {
            case (.binding(let pod, let node, _), .success):
                attempts.scheduled += 1
                var note = EventNote(
                    reference: pod.reference, "Scheduled",
                    "Successfully assigned \(pod.namespace)/\(pod.name) to \(node)")
                note.action = "Binding"
                notes.append(note)
            case (.binding(let pod, _, _), .failure(let error)):
                attempts.errors += 1
                assumed.remove(pod.uid)
                placements.remove(pod: pod.uid)
                if error.code == 404 || error.code == 409 {
                    queue.remove(pod.uid)
                } else {
                    queue.retry(pod.uid, now: now)
                }
            case (.claim(let uid), .failure):
                attempts.errors += 1
                queue.retry(uid, now: now)
            default: break
            }
        }
    }
}
