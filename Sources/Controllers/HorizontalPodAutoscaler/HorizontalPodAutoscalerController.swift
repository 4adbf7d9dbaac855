import ClusterState
public import Document
public import Records
public import Schema
public import Usage

/// Keeps a target's size between its bounds, and within them where the use of its pods is what the metrics want. Of the metrics those
/// of resources are served here; of the others the status says that nobody has them.
public struct HorizontalPodAutoscalerController: Controller {
    /// `--horizontal-pod-autoscaler-sync-period`, in microseconds.
    static let period: Int64 = 15_000_000
    public let name = "horizontal-pod-autoscaler"
    public var watches: Set<GroupResource>? { [.autoscalers] }
    private var memories: [ObjectKey: ScalingMemory] = [:]
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.kind == .deleted { memories[change.key] = nil } else { dirty.add(change.key, after: Self.period) }
    }

    public func usageQuestion(about key: ObjectKey, view: ClusterView) -> UsageQuestion? {
        guard let scaler = view.document(key),
            scaler["spec"]?["metrics"]?.elements.contains(where: { ResourceMetric($0) != nil }) == true,
            let target = ScaleTarget(scaler["spec"]?["scaleTargetRef"] ?? .null, namespace: key.namespace, view: view),
            let selector = target.selector
        else { return nil }
        return UsageQuestion(
            namespace: key.namespace,
            pods: view.pods.all(in: key.namespace).filter { selector.matches($0.labels) }.map(\.name))
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let scaler = view.document(work.key), !scaler.isBeingDeleted else { return }
        work.requeue(after: Self.period)
        let reference = scaler["spec"]?["scaleTargetRef"] ?? .null
        var status = AutoscalerStatus(scaler, now: work.now)
        guard let target = ScaleTarget(reference, namespace: work.key.namespace, view: view) else {
            let (apiVersion, kind) = (reference["apiVersion"]?.string ?? "v1", reference["kind"]?.string ?? "")
            let store = view.resource(apiVersion: apiVersion, kind: kind)?.store.description
            let message =
                store.map { "\($0) \"\(reference["name"]?.string ?? "")\" not found" }
                ?? "no matches for kind \"\(kind)\" in group \"\(apiVersion)\""
            work.note(EventNote(scaler, "FailedGetScale", message, warning: true))
            status.condition(
                "AbleToScale", false, "FailedGetScale",
                "the HPA controller was unable to get the target's current scale: " + message)
            return write(scaler, status, &work)
        }
        status.condition(
            "AbleToScale", true, "SucceededGetScale", "the HPA controller was able to get the target's current scale")
        let current = target.specified
        let least = Int(scaler["spec"]?["minReplicas"]?.int ?? 1)
        let most = Int(scaler["spec"]?["maxReplicas"]?.int ?? 1)
        status.document.setUnlessZero("currentReplicas", current)
        if memories[work.key] == nil { memories[work.key] = ScalingMemory(current, now: work.now) }
        var desired = current
        var why = ""
        if current == 0, least != 0 {
            desired = 0
            status.condition(
                "ScalingActive", false, "ScalingDisabled",
                "scaling is disabled since the replica count of the target is zero")
        } else if current > most {
            (desired, why) = (most, "Current number of replicas above Spec.MaxReplicas")
        } else if current < least {
            (desired, why) = (least, "Current number of replicas below Spec.MinReplicas")
        } else {
            guard let wanted = measure(scaler, target, &status, &work, view) else {
                return write(scaler, status, &work)
            }
            let rules = ScalingRules(least: least, most: most, behavior: scaler["spec"]?["behavior"])
            let outcome = rules.apply(
                wanted.replicas, current: current, memory: &memories[work.key]!, now: work.now)
            status.condition("AbleToScale", true, outcome.able.reason, outcome.able.message)
            status.condition(
                "ScalingLimited", outcome.limited.isTrue, outcome.limited.reason, outcome.limited.message)
            desired = outcome.replicas
            if wanted.replicas > current { why = "\(wanted.name) above target" }
            if wanted.replicas < current { why = "All metrics below target" }
            if outcome.replicas != wanted.replicas {
                work.decision["recommended"] = .int(Int64(wanted.replicas))
                work.decision["limitedBy"] = .string(
                    outcome.limited.isTrue ? outcome.limited.reason : outcome.able.reason)
            }
        }
        status.document["desiredReplicas"] = .int(Int64(desired))
        work.decision["controller"] = .string(name)
        work.decision["why"] = .string(why.isEmpty ? "as many as wanted" : why)
        work.decision["from"] = .int(Int64(current))
        work.decision["to"] = .int(Int64(desired))
        if desired != current { rescale(scaler, target, current, desired, why, &status, &work) }
        write(scaler, status, &work)
    }

    /// The largest size that a metric asks for; nil when too few of them can be told.
    private func measure(
        _ scaler: JSON, _ target: ScaleTarget, _ status: inout AutoscalerStatus, _ work: inout Work, _ view: ClusterView
    ) -> (replicas: Int, name: String)? {
        let metrics = scaler["spec"]?["metrics"]?.elements ?? []
        if metrics.isEmpty { return nil }
        let pods = target.selector.map { selector in
            view.pods.all(in: work.key.namespace).filter { selector.matches($0.labels) }
        }
        if pods == nil {
            return refuse(
                scaler, "SelectorRequired", "InvalidSelector", "selector is required",
                "the HPA target's scale is missing a selector", &status, &work)
        }
        if let rivals = rivals(of: scaler, target, work.key, view) {
            return refuse(scaler, "AmbiguousSelector", "AmbiguousSelector", rivals, rivals, &status, &work)
        }
        var best: (replicas: Int, name: String)?
        var missing: [MissingMetric] = []
        var (shown, looked): ([JSON], [JSON]) = ([], [])
        for metric in metrics {
            var failure: MetricError?
            do throws(MetricError) {
                guard let resource = ResourceMetric(metric) else { throw MetricError("") }
                let proposal = try resource.proposal(
                    current: target.specified, pods: pods ?? [],
                    documents: {
                        (pods ?? []).compactMap { view.document($0.key) }
                    }, usages: work.usages, tolerance: .init(scaler["spec"]?["behavior"]), now: work.now)
                if best.map({ proposal.replicas > $0.replicas }) ?? true { best = (proposal.replicas, proposal.name) }
                shown.append(proposal.status)
                looked.append(proposal.record)
                continue
            } catch { failure = error }
            missing.append(MissingMetric(metric, namespace: work.key.namespace, failure))
            shown.append(["type": ""])
        }
        if !looked.isEmpty { work.decision["metrics"] = .array(looked) }
        for metric in missing { work.note(EventNote(scaler, metric.reason, metric.message, warning: true)) }
        if let first = missing.first, best.map({ $0.replicas < target.specified }) ?? true {
            status.condition(
                "ScalingActive", false, first.reason,
                "the HPA was unable to compute the replica count: " + first.message)
            work.note(
                EventNote(
                    scaler, "FailedComputeMetricsReplicas",
                    "invalid metrics (\(missing.count) invalid out of \(metrics.count)), first error is: \(first.what): "
                        + first.message, warning: true))
            status.document["currentMetrics"] = .array(shown)
            return nil
        }
        guard let best else { return nil }
        status.condition(
            "ScalingActive", true, "ValidMetricFound",
            "the HPA was able to successfully calculate a replica count from \(best.name)")
        status.document["currentMetrics"] = .array(shown)
        return best
    }

    private func refuse(
        _ scaler: JSON, _ event: String, _ reason: String, _ message: String, _ text: String,
        _ status: inout AutoscalerStatus, _ work: inout Work
    ) -> (replicas: Int, name: String)? {
        work.note(EventNote(scaler, event, message, warning: true))
        status.condition("ScalingActive", false, reason, text)
        work.note(EventNote(scaler, "FailedComputeMetricsReplicas", message, warning: true))
        return nil
    }

    /// What is said when another autoscaler has the same target; nil when none has.
    private func rivals(of scaler: JSON, _ target: ScaleTarget, _ key: ObjectKey, _ view: ClusterView) -> String? {
        let reference = scaler["spec"]?["scaleTargetRef"] ?? .null
        let all = view.documents(.autoscalers, namespace: key.namespace).filter {
            let other = $0["spec"]?["scaleTargetRef"]
            return other?["kind"] == reference["kind"] && other?["name"] == reference["name"]
        }
        guard all.count > 1 else { return nil }
        let names = all.map { "{\($0.objectName) \(key.namespace)}" }.joined(separator: " ")
        return "pods by selector \(target.selector?.text ?? "") are controlled by multiple HPAs: [\(names)]"
    }

    private func rescale(
        _ scaler: JSON, _ target: ScaleTarget, _ current: Int, _ desired: Int, _ why: String,
        _ status: inout AutoscalerStatus, _ work: inout Work
    ) {
        status.condition(
            "AbleToScale", true, "SucceededRescale",
            "the HPA controller was able to update the target scale to \(desired)")
        status.document["lastScaleTime"] = .string(work.now.rfc3339)
        let scale: JSON = [
            "apiVersion": "autoscaling/v1", "kind": "Scale",
            "metadata": [
                "name": .string(target.name), "namespace": .string(work.key.namespace),
                "resourceVersion": .string(target.object.objectRevision),
            ],
            "spec": ["replicas": .int(Int64(desired))],
        ]
        work.send(
            Intent(
                .update(scale), apiVersion: target.apiVersion, resource: target.resource,
                namespace: work.key.namespace, name: target.name, subresource: "scale"),
            success: EventNote(scaler, "SuccessfulRescale", "New size: \(desired); reason: \(why)"),
            failure: EventNote(
                scaler, "FailedRescale", "New size: \(desired); reason: \(why); error: {}", warning: true),
            tag: "\(current) \(desired)")
    }

    public mutating func answered(_ work: Work, answers: [Result<JSON, APIError>], dirty: inout DirtyKeys) {
        for (request, answer) in zip(work.requests, answers) {
            let sizes = request.tag.split(separator: " ").compactMap { Int($0) }
            guard case .success = answer, sizes.count == 2 else { continue }
            memories[work.key]?.scaled(from: sizes[0], to: sizes[1], now: work.now)
        }
    }

    private func write(_ scaler: JSON, _ status: AutoscalerStatus, _ work: inout Work) {
        if status.document == scaler["status"] { return }
        var changed = scaler
        changed["status"] = status.document
        changed["apiVersion"] = "autoscaling/v2"
        work.update("horizontalpodautoscalers", changed, subresource: "status", tolerating: [404])
    }
}

/// The status of an autoscaler while it is written.
private struct AutoscalerStatus {
    var document: JSON
    private let now: Timestamp

    init(_ scaler: JSON, now: Timestamp) {
        document = scaler["status"] ?? .object(JSONObject())
        self.now = now
        if document["desiredReplicas"] == nil { document["desiredReplicas"] = 0 }
    }

    mutating func condition(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String) {
        Conditions.set(&document, type, isTrue ? "True" : "False", reason: reason, message: message, now: now)
    }
}
