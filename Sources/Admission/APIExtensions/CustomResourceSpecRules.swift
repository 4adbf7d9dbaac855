import Document
import Schema

/// The `spec` of a CustomResourceDefinition, in the order in which upstream looks at it.
enum CustomResourceSpecRules {
    private static let selectableFieldsMax = 8
    private static let columnTypes = ["boolean", "date", "integer", "number", "string"]
    private static let columnFormats = [
        "byte", "date", "date-time", "double", "float", "int32", "int64", "password",
    ]
    /// What upstream keeps beside the versions when it is the same in all of them.
    private static let sharable = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"]

    static func validate(_ spec: JSON, _ errors: inout [FieldError]) {
        let group = spec.text("group")
        let groupTexts = Names.dnsSubdomain(group)
        if group.isEmpty {
            errors.append(.required("spec.group"))
        } else if !groupTexts.isEmpty {
            errors.append(.invalid("spec.group", .string(group), groupTexts.joined(separator: ",")))
        } else if !group.contains(".") {
            errors.append(.invalid("spec.group", .string(group), "should be a domain with at least one dot"))
        }
        let scope = spec.text("scope")
        if scope.isEmpty {
            errors.append(.required("spec.scope"))
        } else if scope != "Cluster" && scope != "Namespaced" {
            errors.append(.notSupported("spec.scope", .string(scope), ["Cluster", "Namespaced"]))
        }
        let versions = spec.list("versions")
        let shared = Set(
            sharable.filter { key in
                !versions.isEmpty && versions.allSatisfy { Semantics.equal($0[key], versions[0][key]) }
            })
        if versions.first?["schema"]?.given("openAPIV3Schema") == nil || !shared.contains("schema") {
            for (i, version) in versions.enumerated() where version["schema"]?.given("openAPIV3Schema") == nil {
                errors.append(.required("spec.versions[\(i)].schema.openAPIV3Schema"))
            }
        }
        if spec.flag("preserveUnknownFields"),
            versions.contains(where: { SchemaDefaults.isThere(in: $0["schema", "openAPIV3Schema"] ?? .null) })
        {
            errors.append(
                .invalid(
                    "spec.preserveUnknownFields", .bool(true), "must be false in order to use defaults in the schema"))
        }
        for (i, version) in versions.enumerated() {
            let at = "spec.versions[\(i)]"
            let name = version.text("name")
            let texts = Names.dns1035Label(name)
            if !texts.isEmpty {
                errors.append(.invalid(at + ".name", .string(name), texts.joined(separator: ",")))
            }
            validateDeprecation(version, at, &errors)
            validateParts(version, at, shared: shared, isShared: false, hasStatus: hasStatus(version), &errors)
        }
        let shown = SchemaForm.versions(versions, shared: shared)
        if Set(versions.map { $0.text("name") }).count != versions.count {
            errors.append(.invalidDump("spec.versions", shown, "must contain unique version names"))
        }
        if versions.filter({ $0.flag("storage") }).count != 1 {
            errors.append(
                .invalidDump("spec.versions", shown, "must have exactly one version marked as storage version"))
        }
        if let name = versions.first?.text("name"), !name.isEmpty {
            let texts = Names.dns1035Label(name)
            if !texts.isEmpty {
                errors.append(.invalid("spec.version", .string(name), texts.joined(separator: ",")))
            }
        }
        let names = spec["names"] ?? .null
        for field in ["plural", "singular", "kind", "listKind"] where names.text(field).isEmpty {
            errors.append(.required("spec.names." + field))
        }
        validateNames(names, "spec.names", &errors)
        if let version = versions.first {
            validateParts(
                version, "spec", shared: shared, isShared: true, hasStatus: versions.contains(where: hasStatus),
                &errors)
        }
        validateConversion(spec["conversion"] ?? .null, &errors)
    }

    private static func hasStatus(_ version: JSON) -> Bool { version["subresources"]?.has("status") ?? false }

    static func validateNames(_ names: JSON, _ at: String, _ errors: inout [FieldError]) {
        func check(_ field: String, _ value: String) {
            let texts = value.isEmpty ? [] : Names.dns1035Label(value)
            if texts.isEmpty { return }
            errors.append(.invalid("\(at).\(field)", .string(value), texts.joined(separator: ",")))
        }
        check("plural", names.text("plural"))
        check("singular", names.text("singular"))
        for field in ["kind", "listKind"] {
            let value = names.text(field)
            let texts = value.isEmpty ? [] : Names.dns1035Label(value.lowercased())
            if texts.isEmpty { continue }
            errors.append(
                .invalid(
                    "\(at).\(field)", .string(value),
                    "may have mixed case, but should otherwise match: " + texts.joined(separator: ",")))
        }
        for (i, name) in (names["shortNames"]?.strings ?? []).enumerated() { checkListed("shortNames", i, name) }
        let kind = names.text("kind")
        if !kind.isEmpty, kind == names.text("listKind") {
            errors.append(.invalid(at + ".listKind", .string(kind), "kind and listKind may not be the same"))
        }
        for (i, name) in (names["categories"]?.strings ?? []).enumerated() { checkListed("categories", i, name) }
        func checkListed(_ field: String, _ place: Int, _ value: String) {
            let texts = Names.dns1035Label(value)
            if texts.isEmpty { return }
            errors.append(.invalid("\(at).\(field)[\(place)]", .string(value), texts.joined(separator: ",")))
        }
    }

    private static func validateDeprecation(_ version: JSON, _ at: String, _ errors: inout [FieldError]) {
        guard let warning = version["deprecationWarning"]?.string else { return }
        var texts: [String] = []
        if version.flag("deprecated") {
            if warning.utf8.count > 256 { texts.append("must be <= 256 characters long") }
            if warning.isEmpty { texts.append("must not be an empty string") }
            var place = 0
            for scalar in warning.unicodeScalars {
                if !isPrintable(scalar) {
                    texts.append(
                        "must only contain printable UTF-8 characters; non-printable character found at index \(place)")
                    break
                }
                place += UTF8.width(scalar)
            }
        } else {
            texts = ["can only be set for deprecated versions"]
        }
        errors.addInvalid(at + ".deprecationWarning", .string(warning), texts)
    }

    /// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the plain space.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }

    /// Those parts of a version that only it has, or, in the definition's own place, those that all versions have.
    private static func validateParts(
        _ version: JSON, _ at: String, shared: Set<String>, isShared: Bool, hasStatus: Bool,
        _ errors: inout [FieldError]
    ) {
        func given(_ key: String) -> JSON? { shared.contains(key) == isShared ? version.given(key) : nil }
        let schema = given("schema")?.given("openAPIV3Schema")
        if let schema {
            let place = isShared ? ".validation.openAPIV3Schema" : ".schema.openAPIV3Schema"
            SchemaDefinition.validate(schema, at + place, hasStatus: hasStatus, &errors)
        }
        if let scale = given("subresources")?.given("scale") {
            validateScale(scale, at + ".subresources.scale", &errors)
        }
        for (i, column) in (given("additionalPrinterColumns")?.elements ?? []).enumerated() {
            validateColumn(column, "\(at).additionalPrinterColumns[\(i)]", &errors)
        }
        guard let fields = given("selectableFields")?.elements, !fields.isEmpty else { return }
        guard let schema else {
            errors.append(
                .invalid(
                    at + ".selectableFields", "",
                    isShared
                        ? "may only be set when validations.schema is included"
                        : "may only be set when `version.schema.openAPIV3Schema` is not included"))
            return
        }
        if let unsupported = StructuralRules.unsupported(schema) {
            errors.append(.invalid(at + ".schema.openAPIV3Schema", "", unsupported))
            return
        }
        validateSelectable(fields, in: schema, at + ".selectableFields", &errors)
    }

    private static func validateScale(_ scale: JSON, _ at: String, _ errors: inout [FieldError]) {
        for (field, root) in [("specReplicasPath", ".spec"), ("statusReplicasPath", ".status")] {
            let path = scale.text(field)
            if path.isEmpty {
                errors.append(.required("\(at).\(field)"))
            } else if !checkPath(path, "\(at).\(field)", &errors), !path.hasPrefix(root + ".") {
                errors.append(.invalid("\(at).\(field)", .string(path), "should be a json path under \(root)"))
            }
        }
        let path = scale.text("labelSelectorPath")
        if !path.isEmpty, !checkPath(path, at + ".labelSelectorPath", &errors), !path.hasPrefix(".spec."),
            !path.hasPrefix(".status.")
        {
            errors.append(
                .invalid(
                    at + ".labelSelectorPath", .string(path), "should be a json path under either .spec or .status"))
        }
    }

    /// Whether a JSON path was found wrong.
    private static func checkPath(_ path: String, _ at: String, _ errors: inout [FieldError]) -> Bool {
        if path.hasPrefix(".") { return false }
        errors.append(.invalid(at, .string(path), "must be a simple json path starting with ."))
        return true
    }

    private static func validateColumn(_ column: JSON, _ at: String, _ errors: inout [FieldError]) {
        if column.text("name").isEmpty { errors.append(.required(at + ".name")) }
        let type = column.text("type")
        let types = "must be one of " + columnTypes.joined(separator: ",")
        if type.isEmpty {
            errors.append(.required(at + ".type", types))
        } else if !columnTypes.contains(type) {
            errors.append(.invalid(at + ".type", .string(type), types))
        }
        let format = column.text("format")
        if !format.isEmpty, !columnFormats.contains(format) {
            errors.append(
                .invalid(at + ".format", .string(format), "must be one of " + columnFormats.joined(separator: ",")))
        }
        let path = column.text("jsonPath")
        if path.isEmpty {
            errors.append(.required(at + ".JSONPath"))
        } else {
            _ = checkPath(path, at + ".JSONPath", &errors)
        }
    }

    private static func validateSelectable(
        _ fields: [JSON], in schema: JSON, _ at: String, _ errors: inout [FieldError]
    ) {
        var seen: Set<[String]> = []
        for (i, field) in fields.enumerated() {
            let path = "\(at)[\(i)].jsonPath"
            let text = field.text("jsonPath")
            if text.isEmpty {
                errors.append(.required(path))
                continue
            }
            let found = SchemaFieldPath.resolve(dotted: text, in: schema)
            if let problem = found.problem {
                errors.append(.invalid(path, .string(text), "is an invalid path: " + problem))
                continue
            }
            if found.names.first == "metadata" {
                errors.append(.invalid(path, .string(text), "must not point to fields in metadata"))
            }
            if !["string", "boolean", "integer"].contains(found.schema.text("type")) {
                errors.append(
                    .invalid(
                        path, .string(text),
                        "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."
                    ))
            }
            if !seen.insert(found.names).inserted { errors.append(.duplicate(path, .string(text))) }
        }
        if seen.count > selectableFieldsMax { errors.append(.tooMany(at, seen.count, selectableFieldsMax)) }
    }

    private static func validateConversion(_ conversion: JSON, _ errors: inout [FieldError]) {
        let at = "spec.conversion"
        let strategy = conversion.text("strategy")
        if strategy.isEmpty {
            errors.append(.required(at + ".strategy"))
        } else if strategy != "None", strategy != "Webhook" {
            errors.append(.notSupported(at + ".strategy", .string(strategy), ["None", "Webhook"]))
        }
        let client = conversion["webhook"]?.given("clientConfig")
        let versions = conversion["webhook", "conversionReviewVersions"]?.strings ?? []
        guard strategy == "Webhook" else {
            let text = "should not be set when strategy is not set to Webhook"
            if client != nil { errors.append(.forbidden(at + ".webhookClientConfig", text)) }
            if !versions.isEmpty { errors.append(.forbidden(at + ".conversionReviewVersions", text)) }
            return
        }
        if let client {
            errors += WebhookClient.validate(
                client, at + ".webhookClientConfig", orMore: "exactly one of url or service is required")
        } else {
            errors.append(.required(at + ".webhookClientConfig", "required when strategy is set to Webhook"))
        }
        errors += WebhookClient.validateVersions(versions, at + ".conversionReviewVersions", whenNone: "")
    }
}
