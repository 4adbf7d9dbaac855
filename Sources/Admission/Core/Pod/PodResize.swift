import Document
import Schema

/// The `resize` endpoint: processor time and memory of running containers.
enum PodResize {
    /// Takes nothing but resources and resize policies from the request.
    static func prepare(_ pod: inout JSON, old: JSON) {
        let asked = pod
        pod = old
        pod["metadata", "resourceVersion"] = asked["metadata", "resourceVersion"]
        for key in ["containers", "initContainers"] {
            let new = asked["spec"]?.list(key) ?? []
            pod.modify("spec") { spec in
                spec.modify(key) { containers in
                    containers.modifyElements { _, container in
                        guard let match = new.first(where: { $0.text("name") == container.text("name") }) else {
                            return
                        }
                        container["resources"] = match["resources"]
                        if match.has("resizePolicy") { container["resizePolicy"] = match["resizePolicy"] }
                    }
                }
            }
        }
        if let whole = asked["spec", "resources"] { pod["spec", "resources"] = whole }
        PodResources.defaultRequests(&pod)
    }

    static func validate(_ pod: JSON, old: JSON) -> [FieldError] {
        if old["metadata", "annotations"]?.has(PodAnnotationValidation.mirror) ?? false {
            return [.forbidden("", "static pods cannot be resized")]
        }
        if old["spec", "os", "name"]?.string == "windows" { return [.forbidden("", "windows pods cannot be resized")] }
        var errors = PodUpdate.validateCommon(pod, old: old)
        let spec = pod["spec"] ?? [:]
        let before = old["spec"] ?? [:]
        let oldClass = old["status"]?.text("qosClass") ?? ""
        if (oldClass.isEmpty ? PodResources.qualityOfService(before) : oldClass) != PodResources.qualityOfService(spec)
        {
            errors.append(
                .invalid(
                    "spec", pod["status", "qosClass"] ?? "", "Pod QOS Class may not change as a result of resizing"))
        }
        if let running = (old["status"]?.list("containerStatuses") ?? []).first(where: {
            $0["state"]?.has("running") ?? false
        }),
            !running.has("resources")
        {
            errors.append(.forbidden("spec", "Pod running on node without support for resize"))
        }
        for key in ["initContainers", "containers"] {
            for (i, (container, previous)) in zip(spec.list(key), before.list(key)).enumerated()
            where errors.hasRoom {
                if key == "initContainers", previous.text("restartPolicy") != "Always" { continue }
                validateContainer(container, previous, path: "spec.\(key)[\(i)].resources", &errors)
            }
        }
        validateOnlyCompute(spec, before, &errors)
        return errors
    }

    private static func validateContainer(_ new: JSON, _ old: JSON, path: String, _ errors: inout [FieldError]) {
        for (kind, name) in [("requests", "resource requests"), ("limits", "resource limits")] {
            let list = new["resources", kind]?.entries ?? JSONObject()
            if (old["resources", kind]?.entries ?? JSONObject()).contains(where: { list[$0.key] == nil }) {
                errors.append(.forbidden("\(path).\(kind)", name + " cannot be removed"))
            }
        }
        let policy = new.list("resizePolicy").first { $0.text("resourceName") == "memory" }?.text("restartPolicy") ?? ""
        if policy == "RestartContainer" { return }
        // A lower limit is fine: the kubelet shrinks the container as soon as it uses less.
        if new["resources", "limits", "memory"] != nil, old["resources", "limits", "memory"] == nil {
            errors.append(
                .forbidden(
                    "\(path).limits[memory]", "memory limits cannot be added unless resizePolicy is RestartContainer"))
        }
    }

    private static func validateOnlyCompute(_ spec: JSON, _ before: JSON, _ errors: inout [FieldError]) {
        func withoutCompute(_ container: JSON) -> JSON {
            var container = container
            for kind in ["limits", "requests"] {
                for name in ["cpu", "memory"] { container["resources", kind, name] = nil }
                if container["resources", kind]?.entries.isEmpty ?? false { container["resources", kind] = nil }
            }
            return container
        }
        for (container, previous) in zip(spec.list("containers"), before.list("containers"))
        where !Semantics.equal(withoutCompute(container), withoutCompute(previous)) {
            errors.append(.forbidden("spec", "only cpu and memory resources are mutable"))
        }
        for (container, previous) in zip(spec.list("initContainers"), before.list("initContainers"))
        where errors.hasRoom {
            if container.text("restartPolicy") == "Always" {
                if !Semantics.equal(withoutCompute(container), withoutCompute(previous)) {
                    errors.append(
                        .forbidden("spec", "only cpu and memory resources for sidecar containers are mutable"))
                }
            } else if !Semantics.equal(container, previous) {
                errors.append(.forbidden("spec", "resources for non-sidecar init containers are immutable"))
            }
        }
    }
}
