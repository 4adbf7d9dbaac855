import Document
import Schema

/// The rules of this group's kinds.
enum RBACRules {
    static let group = "rbac.authorization.k8s.io"
    static let entries: [RuleBook.Entry] = [
        (GroupResource(group: group, resource: "roles"), RoleRules(isNamespaced: true)),
        (GroupResource(group: group, resource: "clusterroles"), RoleRules(isNamespaced: false)),
        (GroupResource(group: group, resource: "rolebindings"), RoleBindingRules(isNamespaced: true)),
        (GroupResource(group: group, resource: "clusterrolebindings"), RoleBindingRules(isNamespaced: false)),
    ]
}

/// Role and ClusterRole.
struct RoleRules: KindRules {
    let isNamespaced: Bool
    var nameRule: NameRule { .pathSegment }
    var allowsCreateOnUpdate: Bool { true }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        for (i, rule) in object.list("rules").enumerated() { validate(rule, "rules[\(i)]", &errors) }
        if !isNamespaced, let aggregation = object.given("aggregationRule") {
            let selectors = aggregation.list("clusterRoleSelectors")
            let path = "aggregationRule.clusterRoleSelectors"
            if selectors.isEmpty {
                errors.append(
                    .required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"))
            }
            for (i, selector) in selectors.enumerated() where errors.hasRoom {
                errors += LabelRules.validateSelector(selector, path: "\(path)[\(i)]")
                if !WorkloadRules.isReadable(selector) {
                    errors.append(.invalid("\(path)[\(i)]", .null, "invalid label selector."))
                }
            }
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        validateCreate(object, context) + ObjectMetaRules.revalidate(object, old: old)
    }

    private func validate(_ rule: JSON, _ path: String, _ errors: inout [FieldError]) {
        if rule.list("verbs").isEmpty {
            errors.append(.required(path + ".verbs", "verbs must contain at least one value"))
        }
        let urls = rule.list("nonResourceURLs")
        if !urls.isEmpty {
            if isNamespaced {
                errors.append(
                    .invalid(
                        path + ".nonResourceURLs", .array(urls), "namespaced rules cannot apply to non-resource URLs"))
            }
            if ["apiGroups", "resources", "resourceNames"].contains(where: { !rule.list($0).isEmpty }) {
                errors.append(
                    .invalid(
                        path + ".nonResourceURLs", .array(urls),
                        "rules cannot apply to both regular resources and non-resource URLs"))
            }
            return
        }
        if rule.list("apiGroups").isEmpty {
            errors.append(.required(path + ".apiGroups", "resource rules must supply at least one api group"))
        }
        if rule.list("resources").isEmpty {
            errors.append(.required(path + ".resources", "resource rules must supply at least one resource"))
        }
    }
}

/// RoleBinding and ClusterRoleBinding.
struct RoleBindingRules: KindRules {
    let isNamespaced: Bool
    var nameRule: NameRule { .pathSegment }
    var allowsCreateOnUpdate: Bool { true }

    func setDefaults(_ object: inout JSON) {
        if object["roleRef"] != nil { object.modify("roleRef") { $0.fillText("apiGroup", RBACRules.group) } }
        object.modify("subjects") { subjects in
            subjects.modifyElements { _, subject in
                if subject.text("kind") == "User" || subject.text("kind") == "Group" {
                    subject.fillText("apiGroup", RBACRules.group)
                }
            }
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        let role = object["roleRef"] ?? .null
        if role.text("apiGroup") != RBACRules.group {
            errors.append(.notSupported("roleRef.apiGroup", .string(role.text("apiGroup")), [RBACRules.group]))
        }
        let kinds = isNamespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]
        if !kinds.contains(role.text("kind")) {
            errors.append(.notSupported("roleRef.kind", .string(role.text("kind")), kinds))
        }
        if role.text("name").isEmpty {
            errors.append(.required("roleRef.name"))
        } else {
            errors.addInvalid("roleRef.name", .string(role.text("name")), Names.pathSegment(role.text("name")))
        }
        for (i, subject) in object.list("subjects").enumerated() { validate(subject, "subjects[\(i)]", &errors) }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        var errors = validateCreate(object, context) + ObjectMetaRules.revalidate(object, old: old)
        if let role = object["roleRef"], role != old["roleRef"] {
            let dump: JSON = [
                "APIGroup": .string(role.text("apiGroup")), "Kind": .string(role.text("kind")),
                "Name": .string(role.text("name")),
            ]
            errors.append(.invalid("roleRef", dump, "cannot change roleRef"))
        }
        return errors
    }

    private func validate(_ subject: JSON, _ path: String, _ errors: inout [FieldError]) {
        let name = subject.text("name")
        let group = subject.text("apiGroup")
        if name.isEmpty { errors.append(.required(path + ".name")) }
        switch subject.text("kind") {
        case "ServiceAccount":
            if !name.isEmpty { errors.addInvalid(path + ".name", .string(name), Names.dnsSubdomain(name)) }
            if !group.isEmpty { errors.append(.notSupported(path + ".apiGroup", .string(group), [""])) }
            if !isNamespaced, subject.text("namespace").isEmpty { errors.append(.required(path + ".namespace")) }
        case "User", "Group":
            if group != RBACRules.group {
                errors.append(.notSupported(path + ".apiGroup", .string(group), [RBACRules.group]))
            }
        default:
            errors.append(
                .notSupported(path + ".kind", .string(subject.text("kind")), ["ServiceAccount", "User", "Group"]))
        }
    }
}
