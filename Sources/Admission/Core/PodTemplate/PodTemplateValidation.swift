import Document
import Schema

/// Checks of a pod template: upstream's `ValidatePodTemplateSpec`.
enum PodTemplateValidation {
    static func validate(_ template: JSON, path: String, _ errors: inout [FieldError]) {
        let metadata = template["metadata"]
        let spec = template["spec"] ?? [:]
        errors += LabelRules.validateLabels(metadata?["labels"], path: path + ".labels")
        errors += ObjectMetaRules.validateAnnotations(metadata?["annotations"], path: path + ".annotations")
        PodAnnotationValidation.validate(metadata?["annotations"], spec: spec, path: path + ".annotations", &errors)
        PodSpecValidation.validate(spec, path: path + ".spec", PodValidationScope(), &errors)
        PodAnnotationValidation.validateFieldsMatch(metadata, spec: spec, path: path + ".spec", &errors)
        if !spec.list("ephemeralContainers").isEmpty {
            errors.append(
                .forbidden(path + ".spec.ephemeralContainers", "ephemeral containers not allowed in pod template"))
        }
    }

    /// What a controller of ever-running pods asks of its template besides: its labels are selected, and the pods restart.
    static func validateForController(
        _ template: JSON?, selector: JSON?, path: String, kind: String, _ errors: inout [FieldError]
    ) {
        guard let template, !template.isNull else {
            errors.append(.required(path))
            return
        }
        if !LabelRules.isEmpty(selector), !LabelRules.matches(selector, labels: template["metadata", "labels"]) {
            errors.append(
                .invalid(
                    path + ".metadata.labels", template["metadata", "labels"] ?? .null,
                    "`selector` does not match template `labels`"))
        }
        validate(template, path: path, &errors)
        let policy = template["spec"]?.text("restartPolicy") ?? ""
        if policy != "Always" {
            errors.append(.notSupported(path + ".spec.restartPolicy", .string(policy), ["Always"]))
        }
        if template["spec"]?.has("activeDeadlineSeconds") ?? false {
            errors.append(
                .forbidden(path + ".spec.activeDeadlineSeconds", "activeDeadlineSeconds in \(kind) is not Supported"))
        }
    }
}
