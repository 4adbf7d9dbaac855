import Document
import Schema

struct CustomResourceDefinitionRules: KindRules {
    var checksStandardFinalizers: Bool { false }
    var allowsUnconditionalUpdate: Bool { false }

    func setDefaults(_ object: inout JSON) {
        object.modify("spec") { spec in
            spec.modify("names") { names in
                let kind = names.text("kind")
                if names.text("singular").isEmpty, !kind.isEmpty { names["singular"] = .string(kind.lowercased()) }
                if names.text("listKind").isEmpty, !kind.isEmpty { names["listKind"] = .string(kind + "List") }
            }
            if !spec.has("conversion") { spec["conversion"] = ["strategy": "None"] }
            spec.modify("conversion") { conversion in
                conversion.fillText("strategy", "None")
                conversion.modify("webhook") { webhook in
                    webhook.modify("clientConfig") { client in
                        client.modify("service") { if !$0.isNull { $0.fill("port", 443) } }
                    }
                }
            }
        }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        let storage =
            object["spec"]?.list("versions").filter { $0.flag("storage") }.map { JSON.string($0.text("name")) } ?? []
        object["status"] = [
            "acceptedNames": ["kind": "", "plural": ""], "conditions": .null, "storedVersions": .array(storage),
        ]
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        guard subresource.isEmpty else { return }
        var stored = object["status"]?.list("storedVersions") ?? []
        for version in object["spec"]?.list("versions") ?? [] where version.flag("storage") {
            let name = JSON.string(version.text("name"))
            if !stored.contains(name) { stored.append(name) }
        }
        object["status", "storedVersions"] = .array(stored)
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        var errors: [FieldError] = []
        let name = object["metadata"]?.text("name") ?? ""
        let wanted = (spec["names"]?.text("plural") ?? "") + "." + spec.text("group")
        if name != wanted {
            errors.append(.invalid("metadata.name", .string(name), "must be spec.names.plural+\".\"+spec.group"))
        }
        validateSpec(spec, &errors)
        let stored = object["status"]?["storedVersions"]?.strings ?? []
        if stored.isEmpty, object["status"] != nil {
            errors.append(.invalid("status.storedVersions", .null, "must have at least one stored version"))
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        var errors = ObjectMetaRules.revalidate(object, old: old, checksStandardFinalizers: false)
        if subresource == "status" { return errors }
        let spec = object["spec"] ?? .null
        validateSpec(spec, &errors)
        for path in [["group"], ["names", "plural"], ["names", "kind"], ["scope"]] {
            let isNames = path[0] == "names"
            let established =
                old["status"]?.list("conditions").contains {
                    $0.text("type") == "Established" && $0.text("status") == "True"
                } ?? false
            if !established, isNames || path[0] == "scope" { continue }
            errors += Immutability.check(spec[path], old["spec"]?[path], path: "spec." + path.joined(separator: "."))
        }
        let names = Set(spec.list("versions").map { $0.text("name") })
        for (i, version) in (object["status"]?["storedVersions"]?.strings ?? []).enumerated()
        where !names.contains(version) {
            errors.append(
                .invalid(
                    "status.storedVersions[\(i)]", .string(version),
                    "missing from spec.versions; \(version) was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in \(version) and removes \(version) from status.storedVersions"
                ))
        }
        return errors
    }

    private func validateSpec(_ spec: JSON, _ errors: inout [FieldError]) {
        let group = spec.text("group")
        if group.isEmpty {
            errors.append(.required("spec.group"))
        } else {
            let texts = Names.dnsSubdomain(group)
            errors.addInvalid("spec.group", .string(group), texts)
            if texts.isEmpty, !group.contains(".") {
                errors.append(.invalid("spec.group", .string(group), "should be a domain with at least one dot"))
            }
        }
        let scope = spec.text("scope")
        if scope.isEmpty {
            errors.append(.required("spec.scope"))
        } else if scope != "Cluster" && scope != "Namespaced" {
            errors.append(.notSupported("spec.scope", .string(scope), ["Cluster", "Namespaced"]))
        }
        let versions = spec.list("versions")
        if versions.isEmpty {
            errors.append(.required("spec.versions", "must have exactly one version marked as storage version"))
        }
        var seen: Set<String> = []
        for (i, version) in versions.enumerated() {
            let name = version.text("name")
            errors.addInvalid("spec.versions[\(i)].name", .string(name), Names.dns1035Label(name))
            if !seen.insert(name).inserted { errors.append(.duplicate("spec.versions[\(i)].name", .string(name))) }
        }
        if !versions.isEmpty, versions.filter({ $0.flag("storage") }).count != 1 {
            errors.append(
                .invalid("spec.versions", .array(versions), "must have exactly one version marked as storage version"))
        }
        validateNames(spec["names"] ?? .null, &errors)
        let schemas = versions.map { $0["schema", "openAPIV3Schema"] ?? .null }
        // Versions that all have one schema are checked as one, in the place where upstream keeps it.
        let isShared = schemas.allSatisfy { $0 == schemas.first }
        for (i, version) in versions.enumerated() {
            let at = "spec.versions[\(i)]"
            let place = isShared ? "spec.validation.openAPIV3Schema" : at + ".schema.openAPIV3Schema"
            guard let schema = version["schema"]?.given("openAPIV3Schema") else {
                errors.append(.required(at + ".schema.openAPIV3Schema"))
                continue
            }
            if i == 0 || !isShared { SchemaDefinition.validate(schema, place, &errors) }
        }
        for (i, version) in versions.enumerated() {
            let shared = versions.count == 1
            let scalePath = shared ? "spec.subresources.scale" : "spec.versions[\(i)].subresources.scale"
            if let scale = version["subresources"]?.given("scale") {
                for (field, root) in [("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")] {
                    let path = scale.text(field)
                    if path.isEmpty {
                        errors.append(.required(scalePath + "." + field))
                    } else if !path.hasPrefix(root) {
                        errors.append(
                            .invalid(
                                scalePath + "." + field, .string(path), "should be a json path under \(root.dropLast())"
                            ))
                    }
                }
            }
            let columns = shared ? "spec.additionalPrinterColumns" : "spec.versions[\(i)].additionalPrinterColumns"
            for (k, column) in version.list("additionalPrinterColumns").enumerated() {
                let at = "\(columns)[\(k)]"
                if column.text("name").isEmpty { errors.append(.required(at + ".name")) }
                let types = ["integer", "number", "string", "boolean", "date"]
                if column.text("type").isEmpty {
                    errors.append(.required(at + ".type"))
                } else if !types.contains(column.text("type")) {
                    errors.append(
                        .invalid(
                            at + ".type", .string(column.text("type")),
                            "must be one of \(types.sorted().joined(separator: ","))"))
                }
                if column.text("jsonPath").isEmpty { errors.append(.required(at + ".JSONPath")) }
            }
        }
        validateConversion(spec["conversion"] ?? .null, &errors)
    }

    private func validateNames(_ names: JSON, _ errors: inout [FieldError]) {
        func check(_ field: String, lowercased: Bool) {
            let value = names.text(field)
            let path = "spec.names." + field
            if value.isEmpty {
                errors.append(.required(path))
            } else {
                errors.addInvalid(path, .string(value), Names.dns1035Label(lowercased ? value.lowercased() : value))
            }
        }
        check("plural", lowercased: false)
        if names.has("singular") { check("singular", lowercased: false) }
        check("kind", lowercased: true)
        if names.has("listKind") { check("listKind", lowercased: true) }
        if !names.text("kind").isEmpty, names.text("kind") == names.text("listKind") {
            errors.append(
                .invalid(
                    "spec.names.listKind", .string(names.text("listKind")), "kind and listKind may not be the same"))
        }
        for field in ["shortNames", "categories"] {
            for (i, value) in (names[field]?.strings ?? []).enumerated() {
                errors.addInvalid("spec.names.\(field)[\(i)]", .string(value), Names.dns1035Label(value))
            }
        }
    }

    private func validateConversion(_ conversion: JSON, _ errors: inout [FieldError]) {
        let strategy = conversion.text("strategy")
        switch strategy {
        case "None":
            if conversion.has("webhook") {
                errors.append(
                    .forbidden(
                        "spec.conversion.webhookClientConfig", "should not be set when strategy is not set to Webhook"))
            }
        case "Webhook":
            if let client = conversion["webhook"]?.given("clientConfig") {
                errors += WebhookClient.validate(
                    client, "spec.conversion.webhookClientConfig", orMore: "exactly one of url or service is required")
            } else {
                errors.append(
                    .required("spec.conversion.webhookClientConfig", "required when strategy is set to Webhook"))
            }
            if conversion["webhook"]?.list("conversionReviewVersions").isEmpty ?? true {
                errors.append(.required("spec.conversion.conversionReviewVersions"))
            }
        default: errors.append(.notSupported("spec.conversion.strategy", .string(strategy), ["None", "Webhook"]))
        }
    }
}
