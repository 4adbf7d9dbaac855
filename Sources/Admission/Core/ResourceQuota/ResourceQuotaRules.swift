import Document
import Schema

/// ResourceQuotas.
struct ResourceQuotaRules: KindRules {
    var countsGeneration: Bool { false }
    private static let scopes = [
        "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating",
        "VolumeAttributesClass",
    ]

    func setDefaults(_ object: inout JSON) {
        object.fill("spec", [:])
        object.modify("spec") { $0.modify("hard") { ResourceListDefaults.round(&$0) } }
        object.fill("status", [:])
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
        var errors: [FieldError] = []
        let spec = object["spec"] ?? [:]
        validateAmounts(spec["hard"], path: "spec.hard", &errors)
        validateScopes(spec, &errors)
        validateScopeSelector(spec, &errors)
        return errors
    }

    private func validateAmounts(_ list: JSON?, path: String, _ errors: inout [FieldError]) {
        for (name, value) in list?.entries ?? JSONObject() where errors.hasRoom {
            errors += ResourceNames.validateForQuota(name, path: "\(path)[\(name)]")
            errors += ResourceNames.validateAmount(name, value, path: "\(path)[\(name)]")
        }
    }

    private func hasConflict(_ scopes: Set<String>) -> Int {
        [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]].filter { scopes.isSuperset(of: $0) }.count
    }

    /// Whether a scope says anything about a resource.
    private func isValid(_ scope: String, for resource: String) -> Bool {
        switch scope {
        case "Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity":
            return [
                "pods", "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory",
                "requests.ephemeral-storage",
                "limits.cpu", "limits.memory", "limits.ephemeral-storage",
            ].contains(resource) || resource.hasPrefix("requests.hugepages-")
        case "BestEffort": return resource == "pods"
        case "VolumeAttributesClass": return resource == "persistentvolumeclaims" || resource == "requests.storage"
        default: return true
        }
    }

    private func validateScopes(_ spec: JSON, _ errors: inout [FieldError]) {
        let scopes = spec.list("scopes")
        let limited = (spec["hard"]?.entries.keys ?? []).filter(ResourceNames.isStandardQuotaName)
        for scope in scopes where errors.hasRoom {
            let name = scope.string ?? ""
            if !ResourceQuotaRules.scopes.contains(name) {
                errors.append(.invalid("spec.scopes", .array(scopes), "unsupported scope"))
            }
            for resource in limited where errors.hasRoom && !isValid(name, for: resource) {
                errors.append(.invalid("spec.scopes", .array(scopes), "unsupported scope applied to resource"))
            }
        }
        for _ in 0..<hasConflict(Set(scopes.compactMap(\.string))) where errors.hasRoom {
            errors.append(.invalid("spec.scopes", .array(scopes), "conflicting scopes"))
        }
    }

    private func validateScopeSelector(_ spec: JSON, _ errors: inout [FieldError]) {
        guard let selector = spec.given("scopeSelector") else { return }
        let path = "spec.scopeSelector.matchExpressions"
        let limited = (spec["hard"]?.entries.keys ?? []).filter(ResourceNames.isStandardQuotaName)
        var seen: Set<String> = []
        for requirement in selector.list("matchExpressions") where errors.hasRoom {
            let scope = requirement.text("scopeName")
            let op = requirement.text("operator")
            let values = requirement.list("values")
            if !ResourceQuotaRules.scopes.contains(scope) {
                errors.append(.invalid(path + ".scopeName", .string(scope), "unsupported scope"))
            }
            for resource in limited where errors.hasRoom && !isValid(scope, for: resource) {
                errors.append(
                    .invalidDump(
                        path, InternalForm.text(selector, "ScopeSelector"), "unsupported scope applied to resource"))
            }
            if ["BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity"].contains(
                scope), op != "Exists"
            {
                errors.append(
                    .invalid(
                        path + ".operator", .string(op),
                        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
                            + "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
                    ))
            }
            switch op {
            case "In", "NotIn":
                if values.isEmpty {
                    errors.append(
                        .required(
                            path + ".values",
                            "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"))
                }
            case "Exists", "DoesNotExist":
                if !values.isEmpty {
                    errors.append(
                        .invalid(
                            path + ".values", .array(values),
                            "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"))
                }
            default: errors.append(.invalid(path + ".operator", .string(op), "not a valid selector operator"))
            }
            seen.insert(scope)
        }
        for _ in 0..<hasConflict(seen) { errors.append(.invalid(path, spec["scopes"] ?? .null, "conflicting scopes")) }
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        var errors = ObjectMetaRules.revalidate(object, old: old)
        if subresource == "status" {
            validateAmounts(object["status", "hard"], path: "status.hard", &errors)
            validateAmounts(object["status", "used"], path: "status.used", &errors)
            return errors
        }
        errors += validateCreate(object, context)
        let scopes = object["spec"]?.list("scopes") ?? []
        if Set(scopes.compactMap(\.string)) != Set((old["spec"]?.list("scopes") ?? []).compactMap(\.string)) {
            errors.append(.invalid("spec.scopes", scopes.isEmpty ? .null : .array(scopes), Message.immutable))
        }
        return errors
    }
}
