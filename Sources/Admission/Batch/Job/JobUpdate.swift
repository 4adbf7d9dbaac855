import Document
import Schema

/// What of a Job may change: parallelism, its suspension, and where its pods run as long as none has.
enum JobUpdate {
    static func validate(_ object: JSON, old: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        let (spec, before) = (object["spec"] ?? [:], old["spec"] ?? [:])
        JobValidation.validateSpecWithSelector(spec, &errors)
        validateCompletions(spec, before, &errors)
        errors += Immutability.check(spec["selector"], before["selector"], path: "spec.selector")
        validateTemplate(spec, before, hasStarted: old["status"]?.has("startTime") ?? false, &errors)
        errors += Immutability.check(spec["completionMode"], before["completionMode"], path: "spec.completionMode")
        dumped(spec, before, "podFailurePolicy", "PodFailurePolicy", &errors)
        errors += Immutability.check(
            spec["backoffLimitPerIndex"], before["backoffLimitPerIndex"], path: "spec.backoffLimitPerIndex")
        errors += Immutability.check(spec["managedBy"], before["managedBy"], path: "spec.managedBy")
        dumped(spec, before, "successPolicy", "SuccessPolicy", &errors)
        return errors
    }

    private static func dumped(
        _ spec: JSON, _ before: JSON, _ key: String, _ type: String, _ errors: inout [FieldError]
    ) {
        if Semantics.equal(spec[key], before[key]) { return }
        errors.append(.invalidDump("spec." + key, InternalForm.text(spec[key], type), Message.immutable))
    }

    /// An indexed job may grow and shrink together with its parallelism.
    private static func validateCompletions(_ spec: JSON, _ before: JSON, _ errors: inout [FieldError]) {
        let path = "spec.completions"
        guard spec.text("completionMode") == "Indexed" else {
            errors += Immutability.check(spec["completions"], before["completions"], path: path)
            return
        }
        guard let completions = spec.integer("completions"), completions != before.integer("completions") else {
            return
        }
        if completions != spec.integer("parallelism") {
            errors.append(.invalid(path, .int(completions), "can only be modified in tandem with spec.parallelism"))
        }
    }

    private static func validateTemplate(_ spec: JSON, _ before: JSON, hasStarted: Bool, _ errors: inout [FieldError]) {
        let template = spec["template"] ?? [:]
        var old = before["template"] ?? [:]
        if before.flag("suspend"), !hasStarted {
            old["spec", "affinity", "nodeAffinity"] = template["spec", "affinity", "nodeAffinity"]
            if old["spec", "affinity"]?.entries.isEmpty ?? false { old["spec", "affinity"] = nil }
            for key in ["nodeSelector", "tolerations", "schedulingGates"] { old["spec", key] = template["spec", key] }
            // The metadata is free, and so the rest is told apart by itself.
            if !Semantics.equal(template["spec"], old["spec"]) {
                errors.append(
                    .invalidDump(
                        "spec.template.spec", InternalForm.text(template["spec"], "PodSpec"), Message.immutable))
            }
            return
        }
        if !Semantics.equal(template, old) {
            errors.append(.invalidDump("spec.template", InternalForm.podTemplate(template), Message.immutable))
        }
    }
}

/// Checks of what the job controller reports: a finished job stays finished, counters only rise.
enum JobStatusUpdate {
    private static func isTrue(_ object: JSON, _ type: String) -> Bool {
        (object["status"]?.list("conditions") ?? []).contains { $0.text("type") == type && $0.text("status") == "True" }
    }

    static func validate(_ object: JSON, old: JSON) -> [FieldError] {
        let (status, before) = (object["status"] ?? [:], old["status"] ?? [:])
        var errors = WorkloadRules.validateCounts(status, ["active", "succeeded", "failed", "ready", "terminating"])
        validateUncounted(status, &errors)
        func refuse(_ text: String) { errors.append(.invalidOmitted("status.conditions", text)) }
        let (complete, failed) = (isTrue(object, "Complete"), isTrue(object, "Failed"))
        let (target, met) = (isTrue(object, "FailureTarget"), isTrue(object, "SuccessCriteriaMet"))
        if complete, failed { refuse("cannot set Complete=True and Failed=true conditions") }
        if complete, target { refuse("cannot set Complete=True and FailureTarget=true conditions") }
        validateTimes(status, isComplete: complete, &errors)
        if failed, !target, !isTrue(old, "Failed") || isTrue(old, "FailureTarget") {
            refuse("cannot set Failed=True condition without the FailureTarget=true condition")
        }
        if complete, !met, !isTrue(old, "Complete") || isTrue(old, "SuccessCriteriaMet") {
            refuse("cannot set Complete=True condition without the SuccessCriteriaMet=true condition")
        }
        if complete || failed { validateFinished(status, &errors) }
        validateIndexes(object, status, &errors)
        if let ready = status.integer("ready"), ready > status.integer("active") ?? 0 {
            errors.append(.invalid("status.ready", .int(ready), "cannot set more ready pods than active"))
        }
        if met, failed { refuse("cannot set SuccessCriteriaMet=True and Failed=true conditions") }
        if met, target { refuse("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions") }
        for type in ["Failed", "Complete", "FailureTarget"] where isTrue(old, type) && !isTrue(object, type) {
            refuse("cannot disable the terminal \(type)=True condition")
        }
        for key in ["failed", "succeeded"] where (status.integer(key) ?? 0) < before.integer(key) ?? 0 {
            errors.append(
                .invalid("status." + key, .int(status.integer(key) ?? 0), "cannot decrease the \(key) counter"))
        }
        if status.has("completionTime"), before.has("completionTime"),
            status["completionTime"] != before["completionTime"]
        {
            errors.append(
                .invalid("status.completionTime", status["completionTime"] ?? .null, "completionTime cannot be mutated")
            )
        }
        if before.has("startTime"), status["startTime"] != before["startTime"],
            !(object["spec"]?.flag("suspend") ?? false)
        {
            errors.append(
                .invalid(
                    "status.startTime", status["startTime"] ?? .null,
                    "field is immutable for unsuspended job once set"))
        }
        if isTrue(old, "SuccessCriteriaMet"), !met { refuse("cannot disable the SuccessCriteriaMet=True condition") }
        return errors
    }

    private static func validateUncounted(_ status: JSON, _ errors: inout [FieldError]) {
        var seen: Set<String> = []
        for key in ["succeeded", "failed"] {
            for (i, uid) in (status["uncountedTerminatedPods"]?.list(key) ?? []).enumerated()
            where errors.hasRoom {
                let at = "status.uncountedTerminatedPods.\(key)[\(i)]"
                let text = uid.string ?? ""
                if text.isEmpty {
                    errors.append(.invalid(at, "", "must not be empty"))
                } else if !seen.insert(text).inserted {
                    errors.append(.duplicate(at, uid))
                }
            }
        }
    }

    private static func validateTimes(_ status: JSON, isComplete: Bool, _ errors: inout [FieldError]) {
        let end = status.given("completionTime")
        if let end, !isComplete {
            errors.append(
                .invalid(
                    "status.completionTime", end, "cannot set completionTime when there is no Complete=True condition"))
        }
        if end == nil, isComplete {
            errors.append(.required("status.completionTime", "completionTime is required for Complete jobs"))
        }
        if let end, let start = status.given("startTime"), let a = Timestamp(rfc3339: start.string ?? ""),
            let b = Timestamp(rfc3339: end.string ?? ""), b < a
        {
            errors.append(.invalid("status.completionTime", end, "completionTime cannot be set before startTime"))
        }
    }

    private static func validateFinished(_ status: JSON, _ errors: inout [FieldError]) {
        if let active = status.integer("active"), active > 0 {
            errors.append(.invalid("status.active", .int(active), "active>0 is invalid for finished job"))
        }
        if !status.has("startTime") {
            errors.append(.required("status.startTime", "startTime is required for finished job"))
        }
        if let uncounted = status.given("uncountedTerminatedPods"),
            !uncounted.list("failed").isEmpty || !uncounted.list("succeeded").isEmpty
        {
            let shown =
                "{\"Succeeded\":\((uncounted["succeeded"] ?? .null).text),\"Failed\":\((uncounted["failed"] ?? .null).text)}"
            errors.append(
                .invalidDump(
                    "status.uncountedTerminatedPods", shown,
                    "uncountedTerminatedPods needs to be empty for finished job"))
        }
        if let terminating = status.integer("terminating"), terminating > 0 {
            errors.append(
                .invalid("status.terminating", .int(terminating), "terminating>0 is invalid for finished job"))
        }
    }

    private static func validateIndexes(_ object: JSON, _ status: JSON, _ errors: inout [FieldError]) {
        let spec = object["spec"] ?? [:]
        let completed = status.text("completedIndexes")
        let failed = status.given("failedIndexes")?.string
        if let completions = spec.integer("completions") {
            if case .failure(let problem) = JobIndexes.count(completed, completions: completions) {
                errors.append(
                    .invalid(
                        "status.completedIndexes", .string(completed), "error parsing completedIndexes: \(problem.text)"
                    ))
            }
            if let failed, spec.has("backoffLimitPerIndex"),
                case .failure(let problem) = JobIndexes.count(failed, completions: completions)
            {
                errors.append(
                    .invalid("status.failedIndexes", .string(failed), "error parsing failedIndexes: \(problem.text)"))
            }
        }
        if !completed.isEmpty, spec.text("completionMode") != "Indexed" {
            errors.append(
                .invalid(
                    "status.completedIndexes", .string(completed),
                    "cannot set non-empty completedIndexes when non-indexed completion mode"))
        }
        guard let failed else { return }
        if !spec.has("backoffLimitPerIndex") {
            errors.append(
                .invalid(
                    "status.failedIndexes", .string(failed),
                    "cannot set non-null failedIndexes when backoffLimitPerIndex is null"))
        }
        if let completions = spec.integer("completions"),
            let text = JobIndexes.overlap(completed, failed, completions: completions)
        {
            errors.append(.invalid("status.failedIndexes", .string(failed), text))
        }
    }
}
