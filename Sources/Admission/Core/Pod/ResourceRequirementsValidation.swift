import Document
import Schema

/// Checks of `resources`: names, amounts, and requests within limits.
enum ResourceRequirementsValidation {
    static func validate(
        _ requirements: JSON, path: @autoclosure () -> String, claimNames: Set<String>,
        name nameRule: (String, String) -> [FieldError],
        _ errors: inout [FieldError]
    ) {
        var hasHugePages = false
        var hasCompute = false
        func check(_ name: String, _ value: JSON, _ at: String) {
            errors += nameRule(name, at)
            errors += ResourceNames.validateAmount(name, value, path: at)
        }
        func checkHugePages(_ name: String, _ value: JSON, _ at: String) {
            guard ResourceNames.isHugePages(name) else { return }
            hasHugePages = true
            let amount = Amount(value)
            let page = Amount(String(name.dropFirst("hugepages-".count)))
            if page.billionths == 0 || amount.billionths % page.billionths != 0 {
                errors.append(
                    .invalid(at, .string(amount.text), "\(amount.text) is not positive integer multiple of \(name)"))
            }
        }
        let limits = requirements["limits"]?.entries ?? JSONObject()
        for (name, value) in limits {
            let at = "\(path()).limits[\(name)]"
            check(name, value, at)
            checkHugePages(name, value, at)
            if name == "cpu" || name == "memory" { hasCompute = true }
        }
        for (name, value) in requirements["requests"]?.entries ?? JSONObject() where errors.hasRoom {
            let at = "\(path()).requests[\(name)]"
            check(name, value, at)
            if let limit = limits[name] {
                let (request, limit) = (Amount(value), Amount(limit))
                if request != limit, !ResourceNames.isOvercommitAllowed(name) {
                    errors.append(
                        .invalid(
                            path() + ".requests", .string(request.text),
                            "must be equal to \(name) limit of \(limit.text)"))
                } else if request > limit {
                    errors.append(
                        .invalid(
                            path() + ".requests", .string(request.text),
                            "must be less than or equal to \(name) limit of \(limit.text)"))
                }
            } else if !ResourceNames.isOvercommitAllowed(name) {
                errors.append(.required(path() + ".limits", "Limit must be set for non overcommitable resources"))
            }
            checkHugePages(name, value, at)
            if name == "cpu" || name == "memory" { hasCompute = true }
        }
        if hasHugePages, !hasCompute { errors.append(.forbidden(path(), "HugePages require cpu or memory")) }
        validateClaims(requirements.list("claims"), path: path() + ".claims", claimNames: claimNames, &errors)
    }

    private static func validateClaims(
        _ claims: [JSON], path: @autoclosure () -> String, claimNames: Set<String>, _ errors: inout [FieldError]
    ) {
        var seen: Set<String> = []
        for (i, claim) in claims.enumerated() where errors.hasRoom {
            func at() -> String { "\(path())[\(i)]" }
            let name = claim.text("name")
            if name.isEmpty {
                errors.append(.required(at()))
                continue
            }
            if seen.contains(name) {
                errors.append(.duplicate(at(), .string(name)))
            } else {
                var key = name
                let request = claim.text("request")
                if !request.isEmpty {
                    errors.addInvalid(at() + ".request", .string(request), Names.dnsLabel(request))
                    key += "/" + request
                }
                if seen.contains(key) {
                    errors.append(.duplicate(at(), .string(key)))
                } else if request.isEmpty {
                    for other in seen.sorted() where errors.hasRoom && other.hasPrefix(name + "/") {
                        errors.append(.duplicate(at(), .string(name)))
                    }
                }
                seen.insert(key)
            }
            if !claimNames.contains(name) {
                let known = claimNames.isEmpty ? " which is empty" : ": " + claimNames.sorted().joined(separator: ", ")
                errors.append(
                    .notFound(at(), .string(name), "must be one of the names in pod.spec.resourceClaims" + known))
            }
        }
    }

    /// `spec.resources`: for the pod as a whole, at least what its containers ask for.
    static func validateWholePod(
        _ spec: JSON, path: @autoclosure () -> String, _ scope: PodValidationScope, _ errors: inout [FieldError]
    ) {
        guard let resources = spec.given("resources") else { return }
        func at() -> String { path() + ".resources" }
        if resources.has("claims") {
            errors.append(.forbidden(at() + ".claims", "claims may not be set for Resources at pod-level"))
        }
        validate(resources, path: at(), claimNames: scope.claimNames, name: validatePodName, &errors)
        for (name, sum) in PodResources.aggregate(spec, "requests").sorted(by: { $0.key < $1.key })
        where errors.hasRoom {
            let whole = Amount(resources["requests", name])
            if sum > whole {
                errors.append(
                    .invalid(
                        "\(at()).requests[\(name)]", .string(whole.text),
                        "must be greater than or equal to aggregate container requests of \(sum.text)"))
            }
        }
        for (i, container) in spec.list("containers").enumerated() where errors.hasRoom {
            for (name, value) in container["resources", "limits"]?.entries ?? JSONObject() {
                guard let whole = resources["limits", name] else { continue }
                if Amount(value) > Amount(whole) {
                    errors.append(
                        .invalid(
                            "\(at()).containers[\(i)][\(name)].limits", .string(Amount(value).text),
                            "must be less than or equal to pod limits of \(Amount(whole).text)"))
                }
            }
        }
    }

    private static func validatePodName(_ name: String, _ path: String) -> [FieldError] {
        let errors = ResourceNames.validate(name, path: path)
        if !errors.isEmpty || ResourceNames.isForWholePod(name) { return errors }
        return [.notSupported(path, .string(name), ["cpu", "hugepages-", "memory"])]
    }
}
