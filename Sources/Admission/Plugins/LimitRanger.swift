import Document
import Schema

/// Pods and claims stay within the limits of their namespace, and get its defaults: upstream's LimitRanger.
struct LimitRanger: AdmissionPlugin {
    let name = "LimitRanger"
    private static let store = GroupResource(resource: "limitranges")

    private func ranges(_ request: AdmissionRequest) -> [JSON] {
        guard request.operation == .create || request.operation == .update else { return [] }
        let isPod =
            request.isFor("pods") && request.operation == .create || request.isFor("pods", subresource: "resize")
        guard isPod || request.isFor("persistentvolumeclaims"),
            request.context.state.count(LimitRanger.store, namespace: request.namespace) > 0
        else { return [] }
        return request.context.state.objects(LimitRanger.store, namespace: request.namespace).map(\.document)
    }

    func mutate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.operation == .create, request.isFor("pods") else { return }
        var notes: [String] = []
        for range in ranges(request) {
            var requests = JSONObject()
            var limits = JSONObject()
            for limit in range["spec"]?.list("limits") ?? [] where limit.text("type") == "Container" {
                for entry in limit["defaultRequest"]?.entries ?? JSONObject() { requests[entry.key] = entry.value }
                for entry in limit["default"]?.entries ?? JSONObject() { limits[entry.key] = entry.value }
            }
            request.object.modify("spec") { spec in
                for (list, word) in [("containers", "container"), ("initContainers", "init container")] {
                    spec.modify(list) { containers in
                        containers.modifyElements { _, container in fill(&container, requests, limits, word, &notes) }
                    }
                }
            }
        }
        if !notes.isEmpty {
            let text = "LimitRanger plugin set: " + notes.joined(separator: "; ")
            request.object["metadata", "annotations", "kubernetes.io/limit-ranger"] = .string(text)
            request.changed(self, text)
        }
    }

    private func fill(
        _ container: inout JSON, _ requests: JSONObject, _ limits: JSONObject, _ word: String, _ notes: inout [String]
    ) {
        for (part, values, what) in [("requests", requests, "request"), ("limits", limits, "limit")] {
            var given = container["resources", part]?.entries ?? JSONObject()
            let missing = values.filter { given[$0.key] == nil }
            if missing.isEmpty { continue }
            for entry in missing { given[entry.key] = entry.value }
            container["resources", part] = .object(given)
            notes.append(missing.map(\.key).joined(separator: ", ") + " \(what) for \(word) \(container.text("name"))")
        }
    }

    func validate(_ request: inout AdmissionRequest) throws(APIError) {
        for range in ranges(request) {
            var errors: [String] = []
            for limit in range["spec"]?.list("limits") ?? [] {
                let type = limit.text("type")
                if request.type.resource == "persistentvolumeclaims" {
                    if type == "PersistentVolumeClaim" { checkClaim(request.object, limit, &errors) }
                } else if type == "Container" {
                    for list in ["containers", "initContainers"] {
                        for container in request.object["spec"]?.list(list) ?? [] {
                            check(
                                limit, Amounts(container["resources", "requests"]),
                                Amounts(container["resources", "limits"]), &errors)
                        }
                    }
                } else if type == "Pod" {
                    let spec = request.object["spec"] ?? .null
                    check(limit, PodTotals.total(spec, "requests"), PodTotals.total(spec, "limits"), &errors)
                }
            }
            if !errors.isEmpty {
                throw request.forbidden(errors.count == 1 ? errors[0] : "[" + errors.joined(separator: ", ") + "]")
            }
        }
    }

    private func check(_ limit: JSON, _ requests: Amounts, _ limits: Amounts, _ errors: inout [String]) {
        let type = limit.text("type")
        for (name, low) in Amounts(limit["min"]).sorted {
            let start = "minimum \(name) usage per \(type) is \(low.text)"
            guard let asked = requests[name] else {
                errors.append(start + ".  No request is specified")
                continue
            }
            if asked < low {
                errors.append(start + ", but request is \(asked.text)")
            } else if let most = limits[name], most < low {
                errors.append(start + ", but limit is \(most.text)")
            }
        }
        for (name, high) in Amounts(limit["max"]).sorted {
            let start = "maximum \(name) usage per \(type) is \(high.text)"
            guard let most = limits[name] else {
                errors.append(start + ".  No limit is specified")
                continue
            }
            if most > high {
                errors.append(start + ", but limit is \(most.text)")
            } else if let asked = requests[name], asked > high {
                errors.append(start + ", but request is \(asked.text)")
            }
        }
        for (name, ratio) in Amounts(limit["maxLimitRequestRatio"]).sorted {
            let start = "\(name) max limit to request ratio per \(type) is \(ratio.text)"
            guard let asked = requests[name], asked.billionths > 0 else {
                errors.append(start + ", but no request is specified or request is 0")
                continue
            }
            guard let most = limits[name], most.billionths > 0 else {
                errors.append(start + ", but no limit is specified or limit is 0")
                continue
            }
            let seen = Double(most.billionths) / Double(asked.billionths)
            if seen > Double(ratio.billionths) / 1e9 {
                errors.append(start + ", but provided ratio is \(LimitRanger.sixDecimals(seen))")
            }
        }
    }

    private func checkClaim(_ claim: JSON, _ limit: JSON, _ errors: inout [String]) {
        let requests = Amounts(claim["spec", "resources", "requests"])
        for (bound, word) in [("min", "minimum"), ("max", "maximum")] {
            for (name, value) in Amounts(limit[bound]).sorted {
                let start = "\(word) \(name) usage per PersistentVolumeClaim is \(value.text)"
                guard let asked = requests[name] else {
                    errors.append(start + ".  No request is specified")
                    continue
                }
                if bound == "min" ? asked < value : asked > value {
                    errors.append(start + ", but request is \(asked.text)")
                }
            }
        }
    }

    /// Go's `%f`.
    static func sixDecimals(_ value: Double) -> String {
        let scaled = Int128((value * 1_000_000).rounded())
        let digits = String(scaled % 1_000_000)
        return "\(scaled / 1_000_000)." + String(repeating: "0", count: 6 - digits.utf8.count) + digits
    }
}
