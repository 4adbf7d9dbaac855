import Document
import Schema

/// Events, of the core group and of `events.k8s.io`: one store and one stored form, the core group's; the newer group asks for more.
struct EventRules: KindRules {
    /// Whether the request came by `events.k8s.io`.
    var isNew = false

    var nameRule: NameRule { isNew ? .dnsSubdomain : .pathSegment }
    var allowsCreateOnUpdate: Bool { true }
    var checksStandardFinalizers: Bool { isNew }
    var countsGeneration: Bool { false }

    func setDefaults(_ object: inout JSON) {
        object.fill("source", [:])
        object.fill("involvedObject", [:])
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors = validateAny(object)
        guard isNew else { return errors }
        if let series = object.given("series") { errors += validateSeries(series) }
        if !object.has("eventTime") { errors.append(.required("eventTime")) }
        let type = object.text("type")
        if type != "Normal", type != "Warning" { errors.append(.invalid("type", "", "has invalid value: \(type)")) }
        for moment in ["firstTimestamp", "lastTimestamp"] where object.has(moment) {
            errors.append(.invalid(moment, "", "needs to be unset"))
        }
        if (object["count"]?.int ?? 0) != 0 { errors.append(.invalid("count", "", "needs to be unset")) }
        if let source = object["source"], !source.text("component").isEmpty || !source.text("host").isEmpty {
            errors.append(.invalid("source", "", "needs to be unset"))
        }
        return errors
    }

    private func validateSeries(_ series: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        if (series["count"]?.int ?? 0) < 2 { errors.append(.invalid("series.count", "", "should be at least 2")) }
        if !series.has("lastObservedTime") { errors.append(.required("series.lastObservedTime")) }
        return errors
    }

    /// What holds for events of either group.
    private func validateAny(_ object: JSON) -> [FieldError] {
        let namespace = object["involvedObject"]?.text("namespace") ?? ""
        let own = object["metadata"]?.text("namespace") ?? ""
        let stray = FieldError.invalid("involvedObject.namespace", .string(namespace), "does not match event.namespace")
        // Without eventTime it is an event of the old kind, of which nothing more is asked.
        guard object.has("eventTime") else {
            let agrees = namespace.isEmpty ? own.isEmpty || own == "default" : namespace == own
            return agrees ? [] : [stray]
        }
        var errors: [FieldError] = []
        if namespace.isEmpty, own != "default", own != "kube-system" { errors.append(stray) }
        let controller = object.text("reportingComponent")
        let controllerPath = isNew ? "reportingController" : "reportingComponent"
        if controller.isEmpty { errors.append(.required(controllerPath)) }
        errors += LabelRules.validateKey(controller, path: controllerPath)
        for key in ["reportingInstance", "action", "reason"] {
            let text = object.text(key)
            if text.isEmpty { errors.append(.required(key)) }
            if text.utf8.count > 128 { errors.append(.invalid(key, "", "can have at most 128 characters")) }
        }
        if object.text("message").utf8.count > 1024 {
            errors.append(.invalid("message", "", "can have at most 1024 characters"))
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        var errors = validateAny(object)
        guard isNew else { return errors }
        errors += ObjectMetaRules.revalidate(object, old: old)
        if let series = object["series"], series != old["series"] { errors += validateSeries(series) }
        for (member, path) in [
            ("involvedObject", "involvedObject"), ("reason", "reason"), ("message", "message"), ("source", "source"),
            ("firstTimestamp", "firstTimestamp"), ("lastTimestamp", "lastTimestamp"), ("count", "count"),
            ("type", "type"),
            ("eventTime", "eventTime"), ("action", "action"), ("related", "related"),
            ("reportingComponent", "reportingController"),
            ("reportingInstance", "reportingInstance"),
        ] {
            if member == "involvedObject" || member == "related" {
                errors += Immutability.check(object[member], old[member], path: path, form: "ObjectReference")
            } else {
                let isText = old[member]?.string != nil
                errors += Immutability.check(object[member] ?? (isText ? "" : .null), old[member], path: path)
            }
        }
        return errors
    }
}
