import Document
import Schema

/// LimitRanges.
struct LimitRangeRules: KindRules {
    var allowsCreateOnUpdate: Bool { true }
    var countsGeneration: Bool { false }

    func setDefaults(_ object: inout JSON) {
        object.modify("spec") { spec in
            spec.modify("limits") { $0.modifyElements { _, limit in applyDefaults(&limit) } }
        }
    }

    /// For containers each bound that is left out follows from the others.
    private func applyDefaults(_ limit: inout JSON) {
        for list in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
            limit.modify(list) { ResourceListDefaults.round(&$0) }
        }
        guard limit.text("type") == "Container" else { return }
        func fill(_ target: String, from source: String) {
            for (name, value) in limit[source]?.entries ?? JSONObject() where limit[target, name] == nil {
                limit[target, name] = value
            }
        }
        fill("default", from: "max")
        fill("defaultRequest", from: "default")
        fill("defaultRequest", from: "min")
    }

    /// One without a name is named by an identifier of its own.
    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        if object["metadata"]?.text("name").isEmpty ?? true {
            object["metadata", "name"] = .string(context.random.uuid())
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (i, limit) in (object["spec"]?.list("limits") ?? []).enumerated() where errors.hasRoom {
            let at = "spec.limits[\(i)]"
            let type = limit.text("type")
            validateType(type, path: at + ".type", &errors)
            if !seen.insert(type).inserted { errors.append(.duplicate(at + ".type", .string(type))) }
            validateNames(limit, type: type, path: at, &errors)
            validateBounds(limit, type: type, path: at, &errors)
        }
        return errors
    }

    private func validateType(_ type: String, path: String, _ errors: inout [FieldError]) {
        if !Names.isQualifiedName(type) {
            errors.addInvalid(path, .string(type), Names.qualifiedName(type))
        } else if !ResourceNames.isPrefixed(type), !["Pod", "Container", "PersistentVolumeClaim"].contains(type) {
            errors.append(.invalid(path, .string(type), "must be a standard limit type or fully qualified"))
        }
    }

    private func validateNames(_ limit: JSON, type: String, path: String, _ errors: inout [FieldError]) {
        func check(_ member: String) {
            for (name, _) in limit[member]?.entries ?? JSONObject() where errors.hasRoom {
                let at = "\(path).\(member)[\(name)]"
                let forContainers = type == "Pod" || type == "Container"
                errors +=
                    forContainers
                    ? ResourceNames.validateForContainer(name, path: at) : ResourceNames.validate(name, path: at)
            }
        }
        check("max")
        check("min")
        if type == "Pod" {
            for member in ["default", "defaultRequest"] where !(limit[member]?.entries.isEmpty ?? true) {
                errors.append(.forbidden("\(path).\(member)", "may not be specified when `type` is 'Pod'"))
            }
        } else {
            check("default")
            check("defaultRequest")
        }
        if type == "PersistentVolumeClaim", limit["min", "storage"] == nil, limit["max", "storage"] == nil {
            errors.append(
                .required(
                    path + ".limits", "either minimum or maximum storage value is required, but neither was provided"))
        }
        check("maxLimitRequestRatio")
    }

    private func validateBounds(_ limit: JSON, type: String, path: String, _ errors: inout [FieldError]) {
        let members =
            type == "Pod"
            ? ["max", "min", "maxLimitRequestRatio"]
            : ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"]
        let names = Set(members.flatMap { limit[$0]?.entries.keys ?? [] }).sorted { $0.bytesPrecede($1) }
        for name in names where errors.hasRoom {
            func amount(_ member: String) -> Amount? {
                members.contains(member) ? limit[member, name].map { Amount($0) } : nil
            }
            func refuse(_ member: String, _ value: Amount, _ text: String) {
                errors.append(.invalid("\(path).\(member)[\(name)]", .string(value.text), text))
            }
            let (low, high, usual, request) = (
                amount("min"), amount("max"), amount("default"), amount("defaultRequest")
            )
            if let low, let high, low > high {
                refuse("min", low, "min value \(low.text) is greater than max value \(high.text)")
            }
            if let request {
                if let low, low > request {
                    refuse(
                        "defaultRequest", request,
                        "min value \(low.text) is greater than default request value \(request.text)")
                }
                if let high, request > high {
                    refuse(
                        "defaultRequest", request,
                        "default request value \(request.text) is greater than max value \(high.text)")
                }
                if let usual, request > usual {
                    refuse(
                        "defaultRequest", request,
                        "default request value \(request.text) is greater than default limit value \(usual.text)")
                }
            }
            if let usual {
                if let low, low > usual {
                    refuse("default", low, "min value \(low.text) is greater than default value \(usual.text)")
                }
                if let high, usual > high {
                    refuse("default", high, "default value \(usual.text) is greater than max value \(high.text)")
                }
            }
            if let ratio = amount("maxLimitRequestRatio") {
                if ratio < Amount("1") { refuse("maxLimitRequestRatio", ratio, "ratio \(ratio.text) is less than 1") }
                if let low, let high {
                    let most = Double(high.billionths) / Double(low.billionths)
                    if Double(ratio.billionths) / 1e9 > most {
                        refuse(
                            "maxLimitRequestRatio", ratio,
                            "ratio \(ratio.text) is greater than max/min = \(sixDecimals(most))")
                    }
                }
            }
            if !ResourceNames.isOvercommitAllowed(name), let usual, let request, usual != request {
                refuse(
                    "defaultRequest", request,
                    "default value \(usual.text) must equal to defaultRequest value \(request.text) in \(name)")
            }
        }
    }

    private func sixDecimals(_ value: Double) -> String {
        guard value.isFinite else { return value > 0 ? "+Inf" : "NaN" }
        let millionths = Int128((value * 1_000_000).rounded())
        let rest = String(Int(millionths % 1_000_000))
        return "\(millionths / 1_000_000)." + String(repeating: "0", count: 6 - rest.count) + rest
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.validateCreate(object["metadata"] ?? .null, isNamespaced: true, nameRule: nameRule)
            + validateCreate(object, context)
    }
}
