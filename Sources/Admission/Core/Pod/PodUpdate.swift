import Document
import Schema

/// What may change in a pod that exists: images, a shorter deadline, more tolerations, fewer gates.
enum PodUpdate {
    private static let updatable =
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
        + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
        + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"

    /// The checks that every endpoint of a pod repeats: metadata, annotations and the whole specification.
    static func validateCommon(_ pod: JSON, old: JSON) -> [FieldError] {
        var errors = ObjectMetaRules.revalidate(pod, old: old)
        errors += ObjectMetaRules.validateCreate(pod["metadata"] ?? .null, isNamespaced: true, nameRule: .dnsSubdomain)
        // What has not changed has been looked at before.
        if pod["spec"] == old["spec"], pod["metadata", "annotations"] == old["metadata", "annotations"] {
            return errors
        }
        var before: [FieldError] = []
        if old["spec"]?.has("affinity") ?? false { PodRules.validateContent(old, &before) }
        let hadInvalidSelectors = before.contains { $0.path.hasSuffix("]") && $0.path.contains(".values[") }
        PodRules.validateContent(pod, allowsInvalidSelectorValues: hadInvalidSelectors, &errors)
        return errors
    }

    static func validate(_ pod: JSON, old: JSON) -> [FieldError] {
        var errors = validateCommon(pod, old: old)
        PodAnnotationValidation.validateUpdate(pod, old: old, path: "metadata.annotations", &errors)
        let spec = pod["spec"] ?? [:]
        let before = old["spec"] ?? [:]
        for key in ["containers", "initContainers"] {
            guard validateContainers(spec.list(key), before.list(key), path: "spec." + key, &errors) else {
                return errors
            }
        }
        guard validateDeadline(spec, before, &errors) else { return errors }
        validateAddedTolerations(spec.list("tolerations"), before.list("tolerations"), &errors)
        let gates = before.list("schedulingGates").map { $0.text("name") }
        for (i, gate) in spec.list("schedulingGates").enumerated()
        where errors.hasRoom && !gates.contains(gate.text("name")) {
            errors.append(
                .forbidden(
                    "spec.schedulingGates[\(i)].name",
                    "only deletion is allowed, but found new scheduling gate '\(gate.text("name"))'"))
        }
        if Semantics.equal(spec, before) { return errors }

        var same = spec
        for key in ["containers", "initContainers"] {
            let images = before.list(key).map { $0["image"] }
            same.modify(key) { $0.modifyElements { i, container in container["image"] = images[i] } }
        }
        for key in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] { same[key] = before[key] }
        if let grace = before.integer("terminationGracePeriodSeconds"), grace < 0,
            same.integer("terminationGracePeriodSeconds") == 1
        {
            same["terminationGracePeriodSeconds"] = .int(grace)
        }
        if !gates.isEmpty { validateGated(&same, before, &errors) }
        if !Semantics.equal(same, before) {
            let difference = FormDifference.unified(
                InternalForm.text(before, "PodSpec"), InternalForm.text(same, "PodSpec"))
            errors.append(.forbidden("spec", updatable + difference))
        }
        return errors
    }

    /// Whether to go on: containers can neither come nor go.
    private static func validateContainers(_ new: [JSON], _ old: [JSON], path: String, _ errors: inout [FieldError])
        -> Bool
    {
        if new.count != old.count {
            errors.append(.forbidden(path, "pod updates may not add or remove containers"))
            return false
        }
        for (i, container) in new.enumerated() where errors.hasRoom {
            if container.text("image").isEmpty { errors.append(.required("\(path)[\(i)].image")) }
            ContainerValidation.validateImageSpacing(container, path: "\(path)[\(i)]", &errors)
        }
        return true
    }

    /// A deadline can be set once and then only come nearer.
    private static func validateDeadline(_ spec: JSON, _ before: JSON, _ errors: inout [FieldError]) -> Bool {
        let path = "spec.activeDeadlineSeconds"
        let old = before.integer("activeDeadlineSeconds")
        guard let new = spec.integer("activeDeadlineSeconds") else {
            if old != nil {
                errors.append(.invalid(path, .null, "must not update from a positive integer to nil value"))
            }
            return true
        }
        if new < 0 || new > Int64(Int32.max) {
            errors.append(.invalid(path, .int(new), Message.range(0, Int64(Int32.max))))
            return false
        }
        if let old, old < new {
            errors.append(.invalid(path, .int(new), "must be less than or equal to previous value"))
            return false
        }
        return true
    }

    private static func validateAddedTolerations(_ new: [JSON], _ old: [JSON], _ errors: inout [FieldError]) {
        func timeless(_ toleration: JSON) -> JSON {
            var toleration = toleration
            toleration["tolerationSeconds"] = nil
            return toleration
        }
        let kept = new.map(timeless)
        for toleration in old where errors.hasRoom && !kept.contains(timeless(toleration)) {
            errors.append(
                .forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds"))
            return
        }
        SchedulingValidation.validateTolerations(new, path: "spec.tolerations", &errors)
    }

    /// A gated pod may still be narrowed down to fewer nodes.
    private static func validateGated(_ same: inout JSON, _ before: JSON, _ errors: inout [FieldError]) {
        if !Semantics.equal(same["nodeSelector"], before["nodeSelector"]) {
            let new = same["nodeSelector"]?.entries ?? JSONObject()
            if (before["nodeSelector"]?.entries ?? JSONObject()).contains(where: { new[$0.key] != $0.value }) {
                errors.append(
                    .invalid(
                        "spec.nodeSelector", same["nodeSelector"] ?? .null,
                        "only additions to spec.nodeSelector are allowed (no mutations or deletions)"))
            }
            same["nodeSelector"] = before["nodeSelector"]
        }
        let new = same["affinity", "nodeAffinity"]
        let old = before["affinity", "nodeAffinity"]
        if Semantics.equal(new, old) { return }
        validateNarrowing(new, old, &errors)
        if before["affinity"] == nil, same["affinity"]?.entries.allSatisfy({ $0.key == "nodeAffinity" }) ?? true {
            same["affinity"] = nil
        } else {
            same["affinity", "nodeAffinity"] = old
        }
    }

    private static func validateNarrowing(_ new: JSON?, _ old: JSON?, _ errors: inout [FieldError]) {
        let required = "requiredDuringSchedulingIgnoredDuringExecution"
        let path = "spec.affinity.nodeAffinity.\(required).nodeSelectorTerms"
        let oldTerms = old?[required, "nodeSelectorTerms"]?.elements ?? []
        let newTerms = new?[required, "nodeSelectorTerms"]?.elements ?? []
        if oldTerms.isEmpty { return }
        if oldTerms.count != newTerms.count {
            let shown =
                newTerms.isEmpty
                ? "null" : "[" + newTerms.map { InternalForm.text($0, "NodeSelectorTerm") }.joined(separator: ",") + "]"
            errors.append(
                .invalidDump(path, shown, "no additions/deletions to non-empty NodeSelectorTerms list are allowed"))
            return
        }
        for (i, (newTerm, oldTerm)) in zip(newTerms, oldTerms).enumerated()
        where errors.hasRoom && !isNarrower(newTerm, oldTerm) {
            errors.append(
                .invalidDump(
                    "\(path)[\(i)]", InternalForm.text(newTerm, "NodeSelectorTerm"),
                    "only additions are allowed (no mutations or deletions)"))
        }
    }

    private static func isNarrower(_ new: JSON, _ old: JSON) -> Bool {
        let keys = ["matchExpressions", "matchFields"]
        if keys.allSatisfy({ old.list($0).isEmpty }), keys.contains(where: { !new.list($0).isEmpty }) { return false }
        return keys.allSatisfy { key in
            let before = old.list(key)
            return new.list(key).count >= before.count
                && zip(new.list(key), before).allSatisfy { Semantics.equal($0, $1) }
        }
    }

    /// Ephemeral containers are only ever added.
    static func validateEphemeralContainers(_ pod: JSON, old: JSON) -> [FieldError] {
        if old["metadata", "annotations"]?.has(PodAnnotationValidation.mirror) ?? false {
            return [.forbidden("", "static pods do not support ephemeral containers")]
        }
        var errors = validateCommon(pod, old: old)
        PodAnnotationValidation.validateUpdate(pod, old: old, path: "metadata.annotations", &errors)
        let new = pod["spec"]?.list("ephemeralContainers") ?? []
        for container in old["spec"]?.list("ephemeralContainers") ?? [] where errors.hasRoom {
            let name = container.text("name")
            if let match = new.last(where: { $0.text("name") == name }) {
                if !Semantics.equal(match, container) {
                    errors.append(
                        .forbidden(
                            "spec.ephemeralContainers", "existing ephemeral containers \"\(name)\" may not be changed\n"
                        ))
                }
            } else {
                errors.append(
                    .forbidden(
                        "spec.ephemeralContainers", "existing ephemeral containers \"\(name)\" may not be removed\n"))
            }
        }
        return errors
    }
}
