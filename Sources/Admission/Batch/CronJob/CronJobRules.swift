import Document
import Schema

/// CronJobs.
struct CronJobRules: KindRules {
    func setDefaults(_ object: inout JSON) {
        object.fill("spec", [:])
        object.modify("spec") { spec in
            spec.fillText("concurrencyPolicy", "Allow")
            spec.fill("suspend", false)
            spec.fill("successfulJobsHistoryLimit", 3)
            spec.fill("failedJobsHistoryLimit", 1)
            spec.modify("jobTemplate") { template in template.modify("spec") { JobRules.fillTemplate(&$0) } }
        }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = [:]
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        if subresource == "status" { object["spec"] = old["spec"] } else { object["status"] = old["status"] }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors = validateSpec(object["spec"] ?? [:], old: nil)
        let name = object["metadata"]?.text("name") ?? ""
        // The controller adds eleven characters to make the name of a job.
        if name.utf8.count > 52 {
            errors.append(.invalid("metadata.name", .string(name), "must be no more than 52 characters"))
        }
        return errors
    }

    private func validateSpec(_ spec: JSON, old: JSON?) -> [FieldError] {
        var errors: [FieldError] = []
        let schedule = spec.text("schedule")
        if schedule.isEmpty {
            errors.append(.required("spec.schedule"))
        } else {
            validateSchedule(schedule, spec: spec, old: old, &errors)
        }
        errors += Numbers.notNegative(spec["startingDeadlineSeconds"], path: "spec.startingDeadlineSeconds")
        if old == nil || old?["timeZone"] != spec["timeZone"] {
            validateTimeZone(spec.given("timeZone")?.string, &errors)
        }
        let policies = ["Allow", "Forbid", "Replace"]
        let policy = spec.text("concurrencyPolicy")
        if policy.isEmpty {
            errors.append(.required("spec.concurrencyPolicy"))
        } else if !policies.contains(policy) {
            errors.append(.notSupported("spec.concurrencyPolicy", .string(policy), policies))
        }
        let job = spec["jobTemplate", "spec"] ?? [:]
        JobValidation.validateSpec(job, path: "spec.jobTemplate.spec", &errors)
        if let selector = job.given("selector") {
            errors.append(.invalid("spec.jobTemplate.spec.selector", selector, "`selector` will be auto-generated"))
        }
        if job.flag("manualSelector") {
            errors.append(.notSupported("spec.jobTemplate.spec.manualSelector", true, ["nil", "false"]))
        }
        for key in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
            errors += Numbers.notNegative(spec[key], path: "spec." + key)
        }
        return errors
    }

    private func validateSchedule(_ schedule: String, spec: JSON, old: JSON?, _ errors: inout [FieldError]) {
        if let problem = CronSchedule.problem(schedule) {
            errors.append(.invalid("spec.schedule", .string(schedule), problem))
        }
        let hadZone = old?.text("schedule").contains("TZ") ?? false
        guard schedule.contains("TZ") else { return }
        if !hadZone {
            errors.append(
                .invalid(
                    "spec.schedule", .string(schedule),
                    "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"))
        } else if spec.has("timeZone") {
            errors.append(
                .invalid(
                    "spec.schedule", .string(schedule), "cannot use both timeZone field and TZ or CRON_TZ in schedule"))
        }
    }

    private func validateTimeZone(_ zone: String?, _ errors: inout [FieldError]) {
        guard let zone else { return }
        let path = "spec.timeZone"
        if zone.isEmpty {
            errors.append(.invalid(path, "", "timeZone must be nil or non-empty string"))
            return
        }
        let parts = zone.split(separator: "/", omittingEmptySubsequences: false)
        let wellFormed = parts.allSatisfy { part in
            part != "." && part != ".." && !part.hasPrefix("-") && (1...14).contains(part.utf8.count)
                && part.utf8.allSatisfy { $0.isAlphanumeric || ".-_+".utf8.contains($0) }
        }
        if !wellFormed {
            errors.append(.invalid(path, .string(zone), "unknown time zone \(zone)"))
            return
        }
        if zone.lowercased() == "local" {
            errors.append(
                .invalid(
                    path, .string(zone),
                    "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"))
        } else if !TimeZoneNames.contains(zone) {
            errors.append(.invalid(path, .string(zone), "unknown time zone \(zone)"))
        }
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        let errors = ObjectMetaRules.revalidate(object, old: old)
        return subresource == "status" ? errors : errors + validateSpec(object["spec"] ?? [:], old: old["spec"])
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        var out = WorkloadRules.nameWarnings(object, old: old)
        let template = object["spec", "jobTemplate"]
        out += PodWarnings.ofTemplate(
            template?["spec", "template"], path: "spec.jobTemplate.spec.template",
            old: old?["spec", "jobTemplate", "spec", "template"])
        out += JobWarnings.ofSpec(template?["spec"] ?? [:], path: "spec.jobTemplate.spec")
        if object["spec"]?.text("schedule").contains("TZ") ?? false {
            out.append(
                "CRON_TZ or TZ used in schedule is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
            )
        }
        return out
    }
}
