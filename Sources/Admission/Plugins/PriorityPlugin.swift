import ClusterState
import Document
import Schema

/// A pod's priority is that of its class; one class may be everyone's default: upstream's Priority.
struct PriorityPlugin: AdmissionPlugin {
    let name = "Priority"
    private static let classes = GroupResource(group: "scheduling.k8s.io", resource: "priorityclasses")

    func mutate(_ request: inout AdmissionRequest) throws(APIError) {
        if request.operation == .delete, request.isFor("priorityclasses", group: "scheduling.k8s.io"),
            PriorityClassRules.system[request.name] != nil
        {
            throw .forbidden(
                request.type.groupResource, request.name, "this is a system priority class and cannot be deleted")
        }
        guard request.isFor("pods") else { return }
        if request.operation == .update {
            for field in ["priority", "preemptionPolicy"] {
                if let kept = request.old["spec", field], request.object["spec", field] == nil {
                    request.object.modify("spec") { $0[field] = kept }
                }
            }
        }
        guard request.operation == .create else { return }
        let spec = request.object["spec"] ?? .null
        var className = spec.text("priorityClassName")
        var priority: Int64 = 0
        var policy = "PreemptLowerPriority"
        if className.isEmpty {
            if let standard = PriorityPlugin.standard(request.context.state) {
                className = standard.text("name")
                priority = standard.integer("value") ?? 0
                policy = standard["preemptionPolicy"]?.string ?? policy
                request.changed(self, "default class \(className)")
            }
        } else {
            guard let found = request.context.state.object(PriorityPlugin.classes, "", className)?.document else {
                throw request.forbidden("no PriorityClass with name \(className) was found")
            }
            priority = found.integer("value") ?? 0
            policy = found["preemptionPolicy"]?.string ?? policy
        }
        if let given = spec.integer("priority"), given != priority {
            throw request.forbidden(
                "the integer value of priority (\(given)) must not be provided in pod spec; priority admission controller computed \(priority) from the given PriorityClass name"
            )
        }
        if let given = spec["preemptionPolicy"]?.string, given != policy {
            throw request.forbidden(
                "the string value of PreemptionPolicy (\(given)) must not be provided in pod spec; priority admission controller computed \(policy) from the given PriorityClass name"
            )
        }
        request.object.modify("spec") { spec in
            spec["priority"] = .int(priority)
            spec["preemptionPolicy"] = .string(policy)
            if !className.isEmpty { spec["priorityClassName"] = .string(className) }
        }
    }

    func validate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.isFor("priorityclasses", group: "scheduling.k8s.io"),
            request.operation == .create || request.operation == .update,
            request.object.flag("globalDefault"), let standard = PriorityPlugin.standard(request.context.state)
        else { return }
        if request.operation == .create || standard.text("name") != request.name {
            throw request.forbidden(
                "PriorityClass \(standard.text("name")) is already marked as globalDefault. Only one default can exist")
        }
    }

    /// The class marked as everyone's default: its name, value and policy. Of several, the one of the lowest value.
    private static func standard(_ state: ClusterState) -> JSON? {
        var found: JSON?
        for object in state.objects(classes) where object.body.holds("\"globalDefault\":true") {
            let document = object.document
            guard document.flag("globalDefault") else { continue }
            let value = document.integer("value") ?? 0
            if let best = found, (best.integer("value") ?? 0) <= value { continue }
            found = ["name": .string(object.key.name), "value": .int(value)]
            found?["preemptionPolicy"] = document["preemptionPolicy"]
        }
        return found
    }
}
