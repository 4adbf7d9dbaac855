import ClusterState
import Document
import Records
public import Schema

/// Keeps a target's size between its bounds. There is no metrics API here, so that load never moves it, and the status says so.
public struct HorizontalPodAutoscalerController: Controller {
    /// `--horizontal-pod-autoscaler-sync-period`, in microseconds.
    static let period: Int64 = 15_000_000
    public let name = "horizontal-pod-autoscaler"
    public var watches: Set<GroupResource>? { [.autoscalers] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.kind != .deleted { dirty.add(change.key, after: Self.period) }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let scaler = view.document(work.key), !scaler.isBeingDeleted else { return }
        work.requeue(after: Self.period)
        let reference = scaler["spec"]?["scaleTargetRef"] ?? .null
        var status = scaler["status"] ?? .object(JSONObject())
        func condition(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String) {
            Conditions.set(&status, type, isTrue ? "True" : "False", reason: reason, message: message, now: work.now)
        }
        let apiVersion = reference["apiVersion"]?.string ?? "v1"
        let kind = reference["kind"]?.string ?? ""
        let target = reference["name"]?.string ?? ""
        if status["desiredReplicas"] == nil { status["desiredReplicas"] = 0 }
        guard let type = view.resource(apiVersion: apiVersion, kind: kind),
            let object = view.document(type.store, work.key.namespace, target)
        else {
            let store = view.resource(apiVersion: apiVersion, kind: kind)?.store.description
            let message =
                store.map { "\($0) \"\(target)\" not found" }
                ?? "no matches for kind \"\(kind)\" in group \"\(apiVersion)\""
            work.note(EventNote(scaler, "FailedGetScale", message, warning: true))
            condition(
                "AbleToScale", false, "FailedGetScale",
                "the HPA controller was unable to get the target's current scale: " + message)
            return write(scaler, status, &work)
        }
        condition(
            "AbleToScale", true, "SucceededGetScale", "the HPA controller was able to get the target's current scale")
        let specified = Int(object["spec"]?["replicas"]?.int ?? 1)
        let current = Int(object["status"]?["replicas"]?.int ?? 0)
        let least = Int(scaler["spec"]?["minReplicas"]?.int ?? 1)
        let most = Int(scaler["spec"]?["maxReplicas"]?.int ?? 1)
        status.setUnlessZero("currentReplicas", current)
        var desired = specified
        var why = ""
        if specified == 0, least != 0 {
            desired = 0
            condition(
                "ScalingActive", false, "ScalingDisabled",
                "scaling is disabled since the replica count of the target is zero")
        } else if specified > most {
            (desired, why) = (most, "Current number of replicas above Spec.MaxReplicas")
        } else if specified < least {
            (desired, why) = (least, "Current number of replicas below Spec.MinReplicas")
        } else {
            let metrics = scaler["spec"]?["metrics"]?.elements ?? []
            let missing = metrics.map { MissingMetric($0, namespace: work.key.namespace) }
            guard let first = missing.first else { return write(scaler, status, &work) }
            condition(
                "ScalingActive", false, first.reason,
                "the HPA was unable to compute the replica count: " + first.message)
            for metric in missing { work.note(EventNote(scaler, metric.reason, metric.message, warning: true)) }
            work.note(
                EventNote(
                    scaler, "FailedComputeMetricsReplicas",
                    "invalid metrics (\(missing.count) invalid out of \(missing.count)), first error is: \(first.what): "
                        + first.message, warning: true))
            status["currentMetrics"] = .array(missing.map { _ in ["type": ""] })
            return write(scaler, status, &work)
        }
        status["desiredReplicas"] = .int(Int64(desired))
        if desired != specified {
            condition(
                "AbleToScale", true, "SucceededRescale",
                "the HPA controller was able to update the target scale to \(desired)")
            status["lastScaleTime"] = .string(work.now.rfc3339)
            work.decision = [
                "controller": "horizontal-pod-autoscaler", "why": .string(why), "from": .int(Int64(specified)),
                "to": .int(Int64(desired)),
            ]
            let scale: JSON = [
                "apiVersion": "autoscaling/v1", "kind": "Scale",
                "metadata": [
                    "name": .string(target), "namespace": .string(work.key.namespace),
                    "resourceVersion": .string(object.objectRevision),
                ],
                "spec": ["replicas": .int(Int64(desired))],
            ]
            work.send(
                Intent(
                    .update(scale), apiVersion: apiVersion, resource: type.resource, namespace: work.key.namespace,
                    name: target,
                    subresource: "scale"),
                success: EventNote(scaler, "SuccessfulRescale", "New size: \(desired); reason: \(why)"),
                failure: EventNote(
                    scaler, "FailedRescale", "New size: \(desired); reason: \(why); error: {}", warning: true))
        }
        write(scaler, status, &work)
    }

    private func write(_ scaler: JSON, _ status: JSON, _ work: inout Work) {
        if status == scaler["status"] { return }
        var changed = scaler
        changed["status"] = status
        changed["apiVersion"] = "autoscaling/v2"
        work.update("horizontalpodautoscalers", changed, subresource: "status", tolerating: [404])
    }
}
