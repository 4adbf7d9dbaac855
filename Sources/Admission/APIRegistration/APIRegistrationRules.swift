import Document
import Schema

/// The rules of this group's kinds.
enum APIRegistrationRules {
    static let entries: [RuleBook.Entry] = [
        (GroupResource(group: "apiregistration.k8s.io", resource: "apiservices"), APIServiceRules())
    ]
}

struct APIServiceRules: KindRules {
    var nameRule: NameRule { .pathSegment }
    var checksStandardFinalizers: Bool { false }
    var allowsUnconditionalUpdate: Bool { false }

    func setDefaults(_ object: inout JSON) {
        object.modify("spec") { spec in
            spec.modify("service") { if !$0.isNull { $0.fill("port", 443) } }
        }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = [:]
        guard object["spec"]?.has("service") != true else { return }
        object["status"] = [
            "conditions": [
                [
                    "lastTransitionTime": .string(context.now.rfc3339),
                    "message": "Local APIServices are always available", "reason": "Local",
                    "status": "True", "type": "Available",
                ]
            ]
        ]
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        let name = object["metadata"]?.text("name") ?? ""
        let (group, version) = (spec.text("group"), spec.text("version"))
        var errors: [FieldError] = []
        let wanted = version + "." + group  // `v1.` for the core group
        if !name.isEmpty, name != wanted {
            errors.append(
                .invalid("metadata.name", .string(name), "must be `spec.version+\".\"+spec.group`: \"\(wanted)\""))
        }
        if group.isEmpty, version != "v1" {
            errors.append(.required("spec.group", "only v1 may have an empty group and it better be legacy kube"))
        }
        if !group.isEmpty { errors.addInvalid("spec.group", .string(group), Names.dnsSubdomain(group)) }
        errors.addInvalid("spec.version", .string(version), Names.dns1035Label(version))
        let minimum = spec.integer("groupPriorityMinimum") ?? 0
        if minimum <= 0 || minimum > 20000 {
            errors.append(.invalid("spec.groupPriorityMinimum", .int(minimum), "must be positive and less than 20000"))
        }
        let priority = spec.integer("versionPriority") ?? 0
        if priority <= 0 || priority > 1000 {
            errors.append(.invalid("spec.versionPriority", .int(priority), "must be positive and less than 1000"))
        }
        guard let service = spec.given("service") else {
            if !spec.text("caBundle").isEmpty {
                errors.append(.invalid("spec.caBundle", "<bytes>", "local APIServices may not have a caBundle"))
            }
            if spec.flag("insecureSkipTLSVerify") {
                errors.append(
                    .invalid("spec.insecureSkipTLSVerify", true, "local APIServices may not have insecureSkipTLSVerify")
                )
            }
            return errors
        }
        for field in ["namespace", "name"] where service.text(field).isEmpty {
            errors.append(.required("spec.service." + field))
        }
        if let port = service.integer("port"), !(1...65535).contains(port) {
            errors.append(
                .invalid("spec.service.port", .int(port), "port is not valid: must be between 1 and 65535, inclusive"))
        }
        if spec.flag("insecureSkipTLSVerify"), !spec.text("caBundle").isEmpty {
            errors.append(.invalid("spec.insecureSkipTLSVerify", true, "may not be true if caBundle is present"))
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old, checksStandardFinalizers: false)
            + (subresource == "status" ? validateStatus(object) : validateCreate(object, context))
    }

    private func validateStatus(_ object: JSON) -> [FieldError] {
        let states = ["True", "False", "Unknown"]
        return (object["status"]?.list("conditions") ?? []).enumerated().compactMap { place, condition in
            let status = condition.text("status")
            return states.contains(status)
                ? nil : .notSupported("status.conditions[\(place)].status", .string(status), states)
        }
    }
}
