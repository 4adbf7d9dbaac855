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
                if conversion["webhook"]?.entries.allSatisfy({ $0.value.isNull || $0.value.isEmptyValue }) ?? false {
                    conversion["webhook"] = Optional.none
                }
                conversion.modify("webhook") { webhook in
                    webhook.modify("clientConfig") { client in
                        client.modify("service") { if !$0.isNull { $0.fill("port", 443) } }
                    }
                }
            }
        }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        let versions = object["spec"]?.list("versions") ?? []
        let storage = versions.first { $0.flag("storage") }.map { [JSON.string($0.text("name"))] } ?? []
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
        if !name.isEmpty, name != wanted {
            errors.append(.invalid("metadata.name", .string(name), "must be spec.names.plural+\".\"+spec.group"))
        }
        CustomResourceSpecRules.validate(spec, &errors)
        validateStatus(object, &errors)
        validateApproval(object, old: nil, &errors)
        validatePreserving(spec, old: nil, &errors)
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        var errors = ObjectMetaRules.revalidate(object, old: old, checksStandardFinalizers: false)
        if subresource == "status" {
            CustomResourceSpecRules.validateNames(
                object["status", "acceptedNames"] ?? .null, "status.acceptedNames", &errors)
            return errors
        }
        let spec = object["spec"] ?? .null
        CustomResourceSpecRules.validate(spec, &errors)
        let isEstablished =
            old["status"]?.list("conditions").contains {
                $0.text("type") == "Established" && $0.text("status") == "True"
            } ?? false
        let fixed = (isEstablished ? [["scope"], ["names", "kind"]] : []) + [["group"], ["names", "plural"]]
        for path in fixed {
            errors += Immutability.check(spec[path], old["spec"]?[path], path: "spec." + path.joined(separator: "."))
        }
        validateStatus(object, &errors)
        validateApproval(object, old: old, &errors)
        validatePreserving(spec, old: old["spec"], &errors)
        return errors
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        let spec = object["spec"] ?? .null
        let before = SchemaWarnings(old?["spec"] ?? .null)
        let now = SchemaWarnings(spec)
        let known = Set(before.formats)
        return now.formats.filter { !known.contains($0) }.map { "unrecognized format \(JSON.string($0).text)" }
            + now.sets.subtracting(before.sets).sorted()
    }

    private func validateStatus(_ object: JSON, _ errors: inout [FieldError]) {
        CustomResourceSpecRules.validateNames(
            object["status", "acceptedNames"] ?? .null, "status.acceptedNames", &errors)
        let at = "status.storedVersions"
        let stored = object["status", "storedVersions"]?.strings ?? []
        if stored.isEmpty {
            errors.append(.invalid(at, .null, "must have at least one stored version"))
            return
        }
        let versions = object["spec"]?.list("versions") ?? []
        for version in versions where version.flag("storage") && !stored.contains(version.text("name")) {
            errors.append(
                .invalid(
                    at, .array(stored.map { .string($0) }), "must have the storage version " + version.text("name")))
        }
        let names = Set(versions.map { $0.text("name") })
        for (i, version) in stored.enumerated() where !names.contains(version) {
            errors.append(
                .invalid(
                    "\(at)[\(i)]", .string(version),
                    "missing from spec.versions; \(version) was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in \(version) and removes \(version) from status.storedVersions"
                ))
        }
    }

    private enum Approval: Equatable { case missing, bypassed, approved, invalid }

    /// Kubernetes' own groups are open only to definitions that say who agreed to them.
    private func validateApproval(_ object: JSON, old: JSON?, _ errors: inout [FieldError]) {
        let group = object["spec"]?.text("group") ?? ""
        guard ["k8s.io", "kubernetes.io"].contains(where: { group == $0 || group.hasSuffix("." + $0) }) else { return }
        let key = "api-approved.kubernetes.io"
        func approval(_ object: JSON) -> Approval {
            let text = object["metadata", "annotations"]?[key]?.string ?? ""
            if text.isEmpty { return .missing }
            if text.hasPrefix("unapproved") { return .bypassed }
            guard let colon = text.firstRange(of: "://"), colon.lowerBound > text.startIndex else { return .invalid }
            let host = text[colon.upperBound...].prefix { $0 != "/" && $0 != "?" }
            return host.isEmpty || text.contains(" ") ? .invalid : .approved
        }
        let now = approval(object)
        if let old, approval(old) == now { return }
        let at = "metadata.annotations[\(key)]"
        let rule = "protected groups must have approval annotation \"\(key)\""
        let reference = "see https://github.com/kubernetes/enhancements/pull/1111"
        switch now {
        case .missing: errors.append(.required(at, "\(rule), \(reference)"))
        case .invalid:
            errors.append(
                .invalid(
                    at, object["metadata", "annotations"]?[key] ?? "",
                    "\(rule) with either a URL or a reason starting with \"unapproved\", \(reference)"))
        case .bypassed, .approved: break
        }
    }

    private func validatePreserving(_ spec: JSON, old: JSON?, _ errors: inout [FieldError]) {
        guard spec.flag("preserveUnknownFields"), !(old?.flag("preserveUnknownFields") ?? false) else { return }
        errors.append(
            .invalid(
                "spec.preserveUnknownFields", .bool(true),
                "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
            ))
    }
}
