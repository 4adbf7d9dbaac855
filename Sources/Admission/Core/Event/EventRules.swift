import Document
import Schema

/// Events, of the core group and of `events.k8s.io`: one store, two forms.
struct EventRules: KindRules {
    var nameRule: NameRule { .pathSegment }
    var allowsCreateOnUpdate: Bool { true }
    var countsGeneration: Bool { false }

    /// Members by their names in the form the object is in.
    private struct Form {
        let about: String
        let controller: String
        let note: String
        let source: String
        let first: String
        let last: String
        let count: String
        init(_ object: JSON) {
            if object.text("apiVersion") == "events.k8s.io/v1" {
                (about, controller, note) = ("regarding", "reportingController", "note")
                (source, first, last) = ("deprecatedSource", "deprecatedFirstTimestamp", "deprecatedLastTimestamp")
                count = "deprecatedCount"
            } else {
                (about, controller, note) = ("involvedObject", "reportingComponent", "message")
                (source, first, last, count) = ("source", "firstTimestamp", "lastTimestamp", "count")
            }
        }
    }

    func setDefaults(_ object: inout JSON) {
        let form = Form(object)
        object.fill(form.source, [:])
        object.fill(form.about, [:])
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        let form = Form(object)
        var errors = validateNamespace(object, form)
        // An event without eventTime is one of the old kind, of which nothing more is asked.
        guard object.has("eventTime") else { return errors }
        errors += validateNew(object, form)
        return errors
    }

    private func validateNamespace(_ object: JSON, _ form: Form) -> [FieldError] {
        let about = object[form.about] ?? [:]
        let namespace = about.text("namespace")
        let own = object["metadata"]?.text("namespace") ?? ""
        if namespace.isEmpty {
            return own == "default" || own == "kube-system" || own.isEmpty || !isNamespacedKind(about)
                ? [] : [.invalid("involvedObject.namespace", "", "does not match event.namespace")]
        }
        return namespace == own ? [] : [.invalid("involvedObject.namespace", .string(namespace), "does not match event.namespace")]
    }

    /// An object whose namespace is left out lives in none; its events belong to `default`.
    private func isNamespacedKind(_ about: JSON) -> Bool { true }

    private func validateNew(_ object: JSON, _ form: Form) -> [FieldError] {
        var errors: [FieldError] = []
        let controller = object.text(form.controller)
        if controller.isEmpty {
            errors.append(.required("reportingController"))
        } else {
            errors += LabelRules.validateKey(controller, path: "reportingController")
        }
        let instance = object.text("reportingInstance")
        if instance.isEmpty { errors.append(.required("reportingInstance")) }
        if instance.utf8.count > 128 { errors.append(.invalid("reportingInstance", "", "can have at most 128 characters")) }
        let action = object.text("action")
        if action.isEmpty { errors.append(.required("action")) }
        if action.utf8.count > 128 { errors.append(.invalid("action", "", "can have at most 128 characters")) }
        let reason = object.text("reason")
        if reason.isEmpty { errors.append(.required("reason")) }
        if reason.utf8.count > 128 { errors.append(.invalid("reason", "", "can have at most 128 characters")) }
        if object.text(form.note).utf8.count > 1024 { errors.append(.invalid("message", "", "can have at most 1024 characters")) }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        var errors = validateCreate(object, context)
        guard object.text("apiVersion") == "events.k8s.io/v1", object.has("eventTime") else { return errors }
        let form = Form(object)
        for key in [
            form.about, form.controller, "reportingInstance", "action", "reason", form.note, form.source, form.first, form.last, form.count,
            "related", "type",
        ] {
            errors += Immutability.check(object[key], old[key], path: key)
        }
        return errors
    }
}
