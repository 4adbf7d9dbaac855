import ClusterState
import Document
import Schema

/// What a claim or its template asks for: requests, constraints among them, and the drivers' configuration.
enum DeviceClaimRules {
    private static let requestsMax = 32
    private static let constraintsMax = 32
    private static let alternativesMax = 8
    private static let parameterBytesMax = 10 * 1024
    static let configurationsMax = 32

    static func validate(_ claim: JSON, _ at: String) -> [FieldError] {
        var errors: [FieldError] = []
        let names = RequestNames(claim)
        validateSet(claim.list("requests"), requestsMax, at + ".requests", &errors) { request, path, errors in
            validateRequest(request, path, &errors)
        } key: {
            .string($0.text("name"))
        }
        let constraints = claim.list("constraints")
        if constraints.count > constraintsMax {
            errors.append(.tooMany(at + ".constraints", constraints.count, constraintsMax))
        } else {
            for (i, constraint) in constraints.enumerated() {
                validateConstraint(constraint, "\(at).constraints[\(i)]", names, &errors)
            }
        }
        let configurations = claim.list("config")
        if configurations.count > configurationsMax {
            errors.append(.tooMany(at + ".config", configurations.count, configurationsMax))
        } else {
            for (i, configuration) in configurations.enumerated() {
                let path = "\(at).config[\(i)]"
                names.validateReferences(configuration.list("requests"), path + ".requests", &errors)
                validateConfiguration(configuration, path, &errors)
            }
        }
        return errors
    }

    /// Whoever asks for administrators' access must do so in a namespace that is marked for it.
    static func validateAdminAccess(_ spec: JSON, of object: JSON, _ context: WriteContext) -> [FieldError] {
        let requests = spec["devices"]?.list("requests") ?? []
        guard let place = requests.firstIndex(where: { $0["exactly"]?.flag("adminAccess") ?? false }) else {
            return []
        }
        let label = "resource.kubernetes.io/admin-access"
        let namespace = context.state.object(
            GroupResource(resource: "namespaces"), "", object["metadata", "namespace"]?.string ?? "")
        if namespace?.document["metadata", "labels"]?[label]?.string == "true" { return [] }
        return [
            .forbidden(
                "spec.devices.requests[\(place)].adminAccess",
                "admin access to devices requires the `\(label): true` label on the containing namespace")
        ]
    }

    private static func validateRequest(_ request: JSON, _ path: String, _ errors: inout [FieldError]) {
        errors += DeviceNames.validateLabel(request.text("name"), path + ".name")
        let choices = request.list("firstAvailable")
        switch (request.given("exactly"), choices.isEmpty) {
        case (nil, true):
            errors.append(.required(path, "exactly one of `exactly` or `firstAvailable` is required"))
        case (.some, false):
            errors.append(
                .invalid(
                    path, .null,
                    "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set"))
        case (let exact?, true): validateOne(exact, path + ".exactly", &errors)
        case (nil, false):
            validateSet(choices, alternativesMax, path + ".firstAvailable", &errors) { choice, at, errors in
                errors += DeviceNames.validateLabel(choice.text("name"), at + ".name")
                validateOne(choice, at, &errors)
            } key: {
                .string($0.text("name"))
            }
        }
    }

    private static func validateOne(_ request: JSON, _ at: String, _ errors: inout [FieldError]) {
        let name = request.text("deviceClassName")
        if name.isEmpty {
            errors.append(.required(at + ".deviceClassName"))
        } else {
            errors.addInvalid(at + ".deviceClassName", .string(name), Names.dnsSubdomain(name))
        }
        errors += DeviceSelectorRules.validate(request.list("selectors"), at + ".selectors")
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
        validateTolerations(request.list("tolerations"), at + ".tolerations", &errors)
    }

    static func validateTolerations(_ tolerations: [JSON], _ at: String, _ errors: inout [FieldError]) {
        for (i, toleration) in tolerations.enumerated() {
            let path = "\(at)[\(i)]"
            let key = toleration.text("key")
            let value = toleration.text("value")
            if !key.isEmpty { errors += LabelRules.validateKey(key, path: path + ".key") }
            switch toleration.text("operator") {
            case "Exists":
                if !value.isEmpty {
                    errors.append(
                        .invalid(path + ".value", .string(value), "must be empty for operator `Exists`"))
                }
            case "Equal": errors.addInvalid(path + ".value", .string(value), Names.labelValue(value))
            case "": errors.append(.required(path + ".operator"))
            case let other: errors.append(.notSupported(path + ".operator", .string(other), ["Equal", "Exists"]))
            }
            let effect = toleration.text("effect")
            if !effect.isEmpty, !DeviceRules.taintEffects.contains(effect) {
                errors.append(.notSupported(path + ".effect", .string(effect), DeviceRules.taintEffects))
            }
        }
    }

    private static func validateConstraint(
        _ constraint: JSON, _ path: String, _ names: RequestNames, _ errors: inout [FieldError]
    ) {
        names.validateReferences(constraint.list("requests"), path + ".requests", &errors)
        for field in ["matchAttribute", "distinctAttribute"] {
            guard let name = constraint[field]?.string else { continue }
            errors += DeviceNames.validateFullyQualified(name, "\(path).\(field)")
            return
        }
        errors.append(
            .required(
                path,
                "exactly one of \"matchAttribute\" or \"distinctAttribute\" is required, but multiple fields are set"))
    }

    static func validateConfiguration(_ configuration: JSON, _ path: String, _ errors: inout [FieldError]) {
        guard let opaque = configuration.given("opaque") else {
            errors.append(.required(path + ".opaque"))
            return
        }
        errors += CSIDriverName.validate(opaque.text("driver"), path: path + ".opaque.driver")
        errors += validateRaw(opaque["parameters"], path + ".opaque.parameters", parameterBytesMax)
    }

    /// A driver's own document: an object of at most so many bytes.
    static func validateRaw(_ document: JSON?, _ path: String, _ bytesMax: Int) -> [FieldError] {
        guard let document, !document.isNull else { return [.required(path)] }
        if document.text.utf8.count > bytesMax { return [.tooLong(path, bytesMax)] }
        if document.object == nil {
            return [.invalid(path, "<value omitted>", "must be a valid JSON object")]
        }
        return []
    }

    /// Checks a list whose elements have a key each. A list that is too long is not looked into.
    static func validateSet(
        _ elements: [JSON], _ max: Int, _ at: String, _ errors: inout [FieldError],
        _ validate: (JSON, String, inout [FieldError]) -> Void, key: (JSON) -> JSON
    ) {
        if elements.count > max {
            errors.append(.tooMany(at, elements.count, max))
            return
        }
        for (i, element) in elements.enumerated() { validate(element, "\(at)[\(i)]", &errors) }
        var seen: Set<String> = []
        for (i, element) in elements.enumerated() where !seen.insert(key(element).text).inserted {
            errors.append(.duplicate("\(at)[\(i)]", key(element)))
        }
    }

    /// The requests of a claim, and the alternatives in them, that other parts of it refer to.
    struct RequestNames {
        private var names: [String: Set<String>] = [:]

        init(_ claim: JSON) {
            for request in claim.list("requests") {
                names[request.text("name")] = Set(request.list("firstAvailable").map { $0.text("name") })
            }
        }

        func validateReferences(_ references: [JSON], _ at: String, _ errors: inout [FieldError]) {
            DeviceClaimRules.validateSet(references, requestsMax, at, &errors) { reference, path, errors in
                validateReference(reference.string ?? "", path, &errors)
            } key: {
                $0
            }
        }

        func validateReference(_ name: String, _ path: String, _ errors: inout [FieldError]) {
            let unknown = FieldError.invalid(
                path, .string(name),
                "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'")
            let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            if parts.count > 2 {
                errors.append(unknown)
                return
            }
            for part in parts { errors += DeviceNames.validateLabel(part, path) }
            let isKnown = names[parts[0]].map { parts.count == 1 || $0.contains(parts[1]) } ?? false
            if !isKnown { errors.append(unknown) }
        }
    }
}
