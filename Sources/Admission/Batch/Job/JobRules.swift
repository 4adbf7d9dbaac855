import Document
import Schema

/// Jobs: the server makes their selector, and little of them changes afterwards.
struct JobRules: KindRules {
    static let controllerLabel = "batch.kubernetes.io/controller-uid"
    static let nameLabel = "batch.kubernetes.io/job-name"
    private static let oldControllerLabel = "controller-uid"
    private static let oldNameLabel = "job-name"

    /// The labels that the server gives the template count for the job as well, once it is read from the store.
    var isDefaultedWhenStored: Bool { true }

    func setDefaults(_ object: inout JSON) {
        object.fill("spec", [:])
        object.modify("spec") { spec in
            if !spec.has("completions"), !spec.has("parallelism") { spec["completions"] = 1 }
            spec.fill("parallelism", 1)
            let hasIndexLimit = spec.has("backoffLimitPerIndex")
            spec.fill("backoffLimit", hasIndexLimit ? .int(Int64(Int32.max)) : 6)
            spec.fill("completionMode", "NonIndexed")
            spec.fill("suspend", false)
            let hasFailurePolicy = spec.has("podFailurePolicy")
            spec.fill("podReplacementPolicy", hasFailurePolicy ? "Failed" : "TerminatingOrFailed")
            spec.fill("manualSelector", false)
            JobRules.fillTemplate(&spec)
        }
        guard let labels = object["spec", "template", "metadata", "labels"], !labels.entries.isEmpty else { return }
        if object["metadata", "labels"]?.entries.isEmpty ?? true { object["metadata", "labels"] = labels }
    }

    /// Defaults that also hold for the jobs a CronJob will make.
    static func fillTemplate(_ spec: inout JSON) {
        PodTemplateDefaults.apply(&spec, "template")
        spec.modify("podFailurePolicy") { policy in
            policy.modify("rules") { rules in
                rules.modifyElements { _, rule in
                    rule.modify("onPodConditions") {
                        $0.modifyElements { _, pattern in pattern.fillText("status", "True") }
                    }
                }
            }
        }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = [:]
        if object["spec"]?.flag("manualSelector") ?? false { return }
        let uid = object["metadata", "uid"] ?? ""
        let name = object["metadata", "name"] ?? ""
        // Labels that a job has of its template are one map with the template's, and grow with it; those it was sent with are not,
        // even when they are the same.
        let templateLabels = object["spec", "template", "metadata", "labels"] ?? .null
        let isShared =
            !context.isLabelledBySender && !templateLabels.entries.isEmpty
            && object["metadata", "labels"] == templateLabels
        defer {
            if isShared { object["metadata", "labels"] = object["spec", "template", "metadata", "labels"] }
        }
        for (label, value) in [
            (JobRules.nameLabel, name), (JobRules.oldNameLabel, name), (JobRules.controllerLabel, uid),
            (JobRules.oldControllerLabel, uid),
        ] where object["spec", "template", "metadata", "labels", label] == nil {
            object["spec", "template", "metadata", "labels", label] = value
        }
        if object["spec", "selector", "matchLabels", JobRules.controllerLabel] == nil {
            object["spec", "selector", "matchLabels", JobRules.controllerLabel] = uid
        }
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        if subresource == "status" { object["spec"] = old["spec"] } else { object["status"] = old["status"] }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        validateGeneratedSelector(object, &errors)
        JobValidation.validateSpecWithSelector(object["spec"] ?? [:], &errors)
        let spec = object["spec"] ?? [:]
        if spec.text("completionMode") == "Indexed", let completions = spec.integer("completions"), completions > 0 {
            let name = object["metadata"]?.text("name") ?? ""
            let host = "\(name)-\(completions - 1)"
            if !Names.dnsLabel(host).isEmpty {
                errors.append(
                    .invalid(
                        "metadata.name", .string(name), "will not able to create pod with invalid DNS label: \(host)"))
            }
        }
        return errors
    }

    private func validateGeneratedSelector(_ object: JSON, _ errors: inout [FieldError]) {
        guard !(object["spec"]?.flag("manualSelector") ?? false), let selector = object["spec"]?.given("selector")
        else { return }
        let uid = object["metadata"]?.text("uid") ?? ""
        let name = object["metadata"]?.text("name") ?? ""
        if uid.isEmpty { errors.append(.required("metadata.uid")) }
        let labels = object["spec", "template", "metadata", "labels"]
        let expected = [
            (JobRules.oldControllerLabel, uid), (JobRules.oldNameLabel, name), (JobRules.controllerLabel, uid),
            (JobRules.nameLabel, name),
        ]
        for (label, value) in expected where errors.hasRoom {
            let path = "spec.template.metadata.labels[\(label)]"
            if let actual = labels?[label] {
                if actual.string != value { errors.append(.invalid(path, labels ?? .null, "must be '\(value)'")) }
            } else {
                errors.append(.required(path, "must be '\(value)'"))
            }
        }
        let all: JSON = .object(JSONObject(expected.map { ($0.0, .string($0.1)) }))
        if WorkloadRules.isReadable(selector), !LabelRules.matches(selector, labels: all) {
            errors.append(.invalid("spec.selector", selector, "`selector` not auto-generated"))
        }
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        if subresource == "status" {
            return ObjectMetaRules.revalidate(object, old: old) + JobStatusUpdate.validate(object, old: old)
        }
        return ObjectMetaRules.validateCreate(object["metadata"] ?? .null, isNamespaced: true, nameRule: nameRule)
            + validateCreate(object, context) + ObjectMetaRules.revalidate(object, old: old)
            + JobUpdate.validate(object, old: old)
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        WorkloadRules.nameWarnings(object, old: old)
            + PodWarnings.ofTemplate(object["spec", "template"], path: "spec.template", old: old?["spec", "template"])
            + JobWarnings.ofSpec(object["spec"] ?? [:], path: "spec")
    }
}

/// Texts of `Warning` headers for jobs.
enum JobWarnings {
    static func ofSpec(_ spec: JSON, path: String) -> [String] {
        let (completions, parallelism) = (spec.integer("completions") ?? 0, spec.integer("parallelism") ?? 0)
        guard spec.text("completionMode") == "Indexed", completions > 100_000, parallelism > 10_000 else { return [] }
        return [
            "\(path).completions: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, "
                + "Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
        ]
    }
}
