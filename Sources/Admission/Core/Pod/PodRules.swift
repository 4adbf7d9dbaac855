import Document
import Schema

/// Pods: what they get when they are made, and which of their fields each endpoint may change.
struct PodRules: KindRules {
    func setDefaults(_ pod: inout JSON) {
        pod.fill("spec", [:])
        pod.modify("spec") { PodSpecDefaults.apply(&$0) }
        PodResources.defaultRequests(&pod)
        pod.modify("spec") { spec in
            spec.fill("enableServiceLinks", true)
            if spec.flag("hostNetwork") {
                for key in ["containers", "initContainers"] {
                    spec.modify(key) { $0.modifyElements { _, container in PodRules.fillHostPorts(&container) } }
                }
            }
        }
        pod.modify("status") { PodRules.fillAddresses(&$0) }
    }

    /// The first of a pod's addresses is also kept under its old name, which decides where the two say different things.
    private static func fillAddresses(_ status: inout JSON) {
        let (first, all) = (status.text("podIP"), status.list("podIPs"))
        if first.isEmpty {
            if let address = all.first?["ip"] { status["podIP"] = address }
        } else if all.first?.text("ip") != first {
            status["podIPs"] = [["ip": .string(first)]]
        }
    }

    /// On the host's network a container's ports are the host's.
    private static func fillHostPorts(_ container: inout JSON) {
        container.modify("ports") { ports in
            ports.modifyElements { _, port in
                if (port.integer("hostPort") ?? 0) == 0, let number = port["containerPort"] {
                    port["hostPort"] = number
                }
            }
        }
    }

    func prepareForCreate(_ pod: inout JSON, _ context: inout WriteContext) throws(APIError) {
        if let grace = pod["spec", "terminationGracePeriodSeconds"]?.int, grace < 0 {
            pod["spec", "terminationGracePeriodSeconds"] = 1
        }
        let spec = pod["spec"] ?? [:]
        var status: JSON = ["phase": "Pending", "qosClass": .string(PodResources.qualityOfService(spec))]
        if !spec.list("schedulingGates").isEmpty {
            status["conditions"] = [
                [
                    "type": "PodScheduled", "status": "False", "reason": "SchedulingGated", "lastProbeTime": nil,
                    "lastTransitionTime": .string(context.now.rfc3339),
                    "message": "Scheduling is blocked due to non-empty scheduling gates",
                ]
            ]
        }
        pod["status"] = status
        PodSelectorKeys.apply(&pod)
    }

    func prepareForUpdate(_ pod: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        switch subresource {
        case "":
            pod["status"] = old["status"]
            PodRules.noteUngating(&pod, old: old, context)
        case "status":
            pod["spec"] = old["spec"]
            pod["metadata", "ownerReferences"] = old["metadata", "ownerReferences"]
            pod.fill("status", [:])
            if pod["status"]?.text("qosClass").isEmpty ?? true { pod["status", "qosClass"] = old["status", "qosClass"] }
        case "ephemeralcontainers":
            let containers = pod["spec", "ephemeralContainers"]
            let version = pod["metadata", "resourceVersion"]
            pod = old
            pod["spec", "ephemeralContainers"] = containers
            pod["metadata", "resourceVersion"] = version
        case "resize": PodResize.prepare(&pod, old: old)
        default: break
        }
    }

    /// The gate's condition is for as long as there are gates.
    private static func noteUngating(_ pod: inout JSON, old: JSON, _ context: WriteContext) {
        guard !(old["spec"]?.list("schedulingGates").isEmpty ?? true),
            pod["spec"]?.list("schedulingGates").isEmpty ?? true
        else { return }
        let remaining = (pod["status"]?.list("conditions") ?? []).filter {
            !($0.text("type") == "PodScheduled" && $0.text("reason") == "SchedulingGated")
        }
        pod["status", "conditions"] = remaining.isEmpty ? Optional.none : .array(remaining)
    }

    func validateCreate(_ pod: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        PodRules.validateContent(pod, &errors)
        let spec = pod["spec"] ?? [:]
        if !spec.list("ephemeralContainers").isEmpty {
            errors.append(.forbidden("spec.ephemeralContainers", "cannot be set on create"))
        }
        if !spec.text("nodeName").isEmpty, !spec.list("schedulingGates").isEmpty {
            errors.append(.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared"))
        }
        PodAnnotationValidation.validateFieldsMatch(pod["metadata"], spec: spec, path: "spec", &errors)
        return errors
    }

    /// What holds for a pod at any time besides its metadata.
    static func validateContent(_ pod: JSON, allowsInvalidSelectorValues: Bool = false, _ errors: inout [FieldError]) {
        let spec = pod["spec"] ?? [:]
        PodAnnotationValidation.validate(
            pod["metadata", "annotations"], spec: spec, path: "metadata.annotations", &errors)
        var scope = PodValidationScope()
        scope.isPod = true
        scope.podName = pod["metadata", "name"]?.string ?? ""
        scope.allowsInvalidSelectorValues = allowsInvalidSelectorValues
        PodSpecValidation.validate(spec, path: "spec", scope, &errors)
        if spec.text("serviceAccountName").isEmpty {
            for (i, volume) in spec.list("volumes").enumerated() where errors.hasRoom {
                for (j, source) in (volume["projected"]?.list("sources") ?? []).enumerated()
                where source.has("serviceAccountToken") {
                    errors.append(
                        .forbidden(
                            "spec.volumes[\(i)].projected.sources[\(j)].serviceAccountToken",
                            "must not be specified when serviceAccountName is not set"))
                }
            }
        }
        for key in ["containers", "initContainers"] {
            for (i, container) in spec.list(key).enumerated() where errors.hasRoom {
                ContainerValidation.validateImageSpacing(container, path: "spec.\(key)[\(i)]", &errors)
            }
        }
    }

    func validateUpdate(_ pod: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        switch subresource {
        case "": return PodUpdate.validate(pod, old: old)
        case "status": return PodStatusUpdate.validate(pod, old: old)
        case "ephemeralcontainers": return PodUpdate.validateEphemeralContainers(pod, old: old)
        case "resize": return PodResize.validate(pod, old: old)
        default: return []
        }
    }

    /// Changes of pods are frequent and seldom made by people: nothing is said about them.
    func warnings(_ pod: JSON, old: JSON?) -> [String] {
        if old != nil { return [] }
        return PodWarnings.ofName(pod)
            + PodWarnings.ofSpec(pod["spec"] ?? [:], metadata: pod["metadata"], path: "spec", old: nil)
    }
}
