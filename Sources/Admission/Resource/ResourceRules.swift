import Document
import Schema

/// The rules of this group's kinds.
enum ResourceRules {
    static let group = "resource.k8s.io"
    static let entries: [RuleBook.Entry] = [
        (GroupResource(group: group, resource: "deviceclasses"), DeviceClassRules()),
        (GroupResource(group: group, resource: "resourceclaims"), ResourceClaimRules()),
        (GroupResource(group: group, resource: "resourceclaimtemplates"), ResourceClaimTemplateRules()),
        (GroupResource(group: group, resource: "resourceslices"), ResourceSliceRules()),
    ]
}

struct DeviceClassRules: KindRules {
    var nameRule: NameRule { .longName }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        ResourceClaimRules.validateSelectors(object["spec"]?.list("selectors") ?? [], "spec.selectors")
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old) + validateCreate(object, context)
    }
}

struct ResourceClaimRules: KindRules {
    func setDefaults(_ object: inout JSON) { object.modify("spec") { ResourceClaimRules.fill(&$0) } }

    static func fill(_ spec: inout JSON) {
        spec.modify("devices") { devices in
            devices.modify("requests") { requests in
                requests.modifyElements { _, request in
                    if request.has("deviceClassName") { fillRequest(&request) }
                    request.modify("exactly") { if !$0.isNull { fillRequest(&$0) } }
                    request.modify("firstAvailable") { $0.modifyElements { _, sub in fillRequest(&sub) } }
                }
            }
        }
    }

    private static func fillRequest(_ request: inout JSON) {
        request.fillText("allocationMode", "ExactCount")
        if request.text("allocationMode") == "ExactCount", (request.integer("count") ?? 0) == 0 { request["count"] = 1 }
        request.modify("tolerations") {
            $0.modifyElements { _, toleration in toleration.fillText("operator", "Equal") }
        }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = [:]
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        ResourceClaimRules.validateSpec(object["spec"] ?? .null, "spec")
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old)
            + (subresource == "status" ? [] : Immutability.check(object["spec"], old["spec"], path: "spec"))
    }

    static func validateSpec(_ spec: JSON, _ at: String) -> [FieldError] {
        var errors: [FieldError] = []
        let requests = spec["devices"]?.list("requests") ?? []
        if requests.count > 32 { errors.append(.tooMany(at + ".devices.requests", requests.count, 32)) }
        var names: Set<String> = []
        for (i, request) in requests.enumerated() {
            let path = "\(at).devices.requests[\(i)]"
            let name = request.text("name")
            if name.isEmpty {
                errors.append(.required(path + ".name"))
            } else {
                errors.addInvalid(path + ".name", .string(name), Names.dnsLabel(name))
            }
            if !name.isEmpty, !names.insert(name).inserted { errors.append(.duplicate(path + ".name", .string(name))) }
            let choices = request.list("firstAvailable")
            let exact: JSON? =
                request.given("exactly") ?? (request.has("deviceClassName") ? Optional(request) : Optional.none)
            let prefix = request.has("exactly") ? path + ".exactly" : path
            if let exact, choices.isEmpty {
                validateRequest(exact, prefix, &errors)
            } else if exact == nil, !choices.isEmpty {
                if choices.count > 8 { errors.append(.tooMany(path + ".firstAvailable", choices.count, 8)) }
                for (k, choice) in choices.enumerated() {
                    validateRequest(choice, "\(path).firstAvailable[\(k)]", &errors)
                }
            } else {
                errors.append(
                    exact == nil
                        ? .required(path, "exactly one of `exactly` or `firstAvailable` is required")
                        : .invalid(
                            path, .null,
                            "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set"))
            }
        }
        return errors
    }

    private static func validateRequest(_ request: JSON, _ at: String, _ errors: inout [FieldError]) {
        let name = request.text("deviceClassName")
        if name.isEmpty {
            errors.append(.required(at + ".deviceClassName"))
        } else {
            errors.addInvalid(at + ".deviceClassName", .string(name), Names.dnsSubdomain(name))
        }
        errors += validateSelectors(request.list("selectors"), at + ".selectors")
        let count = request.integer("count") ?? 0
        switch request.text("allocationMode") {
        case "All":
            if count != 0 {
                errors.append(
                    .invalid(at + ".count", .int(count), "must not be specified when allocationMode is 'All'"))
            }
        case "ExactCount": if count <= 0 { errors.append(.invalid(at + ".count", .int(count), Message.positive)) }
        case let other: errors.append(.notSupported(at + ".allocationMode", .string(other), ["All", "ExactCount"]))
        }
    }

    static func validateSelectors(_ selectors: [JSON], _ at: String) -> [FieldError] {
        var errors: [FieldError] = []
        if selectors.count > 32 { errors.append(.tooMany(at, selectors.count, 32)) }
        for (i, selector) in selectors.enumerated() {
            guard let cel = selector.given("cel") else {
                errors.append(.required("\(at)[\(i)].cel"))
                continue
            }
            let text = cel.text("expression")
            if text.isEmpty { errors.append(.required("\(at)[\(i)].cel.expression")) }
            if text.utf8.count > 10240 { errors.append(.tooLong("\(at)[\(i)].cel.expression", 10240)) }
        }
        return errors
    }
}

struct ResourceClaimTemplateRules: KindRules {
    func setDefaults(_ object: inout JSON) {
        object.modify("spec") { template in template.modify("spec") { ResourceClaimRules.fill(&$0) } }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        ResourceClaimRules.validateSpec(object["spec", "spec"] ?? .null, "spec.spec")
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old) + Immutability.check(object["spec"], old["spec"], path: "spec")
    }
}

struct ResourceSliceRules: KindRules {
    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        var errors: [FieldError] = []
        let places = ["nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"].filter {
            switch spec[$0] {
            case .bool(let flag)?: flag
            case .string(let text)?: !text.isEmpty
            default: spec.has($0)
            }
        }
        if places.count != 1 {
            let text = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
            errors.append(
                places.isEmpty
                    ? .required("spec", text) : .invalid("spec", .string("{\(places.joined(separator: ", "))}"), text))
        }
        let driver = spec.text("driver")
        errors += CSIDriverName.validate(driver, path: "spec.driver")
        let pool = spec["pool"]?.text("name") ?? ""
        if pool.isEmpty { errors.append(.required("spec.pool.name")) }
        if let count = spec["pool"]?.integer("resourceSliceCount"), count <= 0 {
            errors.append(.invalid("spec.pool.resourceSliceCount", .int(count), Message.positive))
        }
        var names: Set<String> = []
        for (i, device) in spec.list("devices").enumerated() {
            let name = device.text("name")
            if name.isEmpty {
                errors.append(.required("spec.devices[\(i)].name"))
            } else {
                errors.addInvalid("spec.devices[\(i)].name", .string(name), Names.dnsLabel(name))
            }
            if !name.isEmpty, !names.insert(name).inserted {
                errors.append(.duplicate("spec.devices[\(i)].name", .string(name)))
            }
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old) + validateCreate(object, context)
            + ["driver", "nodeName"].flatMap {
                Immutability.check(object["spec", $0], old["spec", $0], path: "spec." + $0)
            }
    }
}
