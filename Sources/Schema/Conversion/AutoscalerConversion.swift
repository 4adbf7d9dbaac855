import Document

/// `autoscaling/v1` knows one metric, the processor's use; whatever else a `v2` object holds travels in annotations.
enum AutoscalerConversion {
    private static let prefix = "autoscaling.alpha.kubernetes.io/"

    static func toV2(_ object: inout JSON) {
        var metrics: [JSON] = []
        if let percentage = object["spec", "targetCPUUtilizationPercentage"] {
            metrics.append([
                "type": "Resource",
                "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": percentage]],
            ])
        }
        metrics += taken("metrics", from: &object)?.elements.map { metric($0, target: "target") } ?? []
        let behavior = taken("behavior", from: &object)
        let conditions = taken("conditions", from: &object)
        var current: [JSON] = []
        if let percentage = object["status", "currentCPUUtilizationPercentage"] {
            current.append([
                "type": "Resource", "resource": ["name": "cpu", "current": ["averageUtilization": percentage]],
            ])
        }
        current += taken("current-metrics", from: &object)?.elements.map { metric($0, target: "current") } ?? []
        object.modify("spec") { spec in
            spec["targetCPUUtilizationPercentage"] = nil
            spec["metrics"] = metrics.isEmpty ? Optional.none : .array(metrics)
            spec["behavior"] = behavior
        }
        object.modify("status") { status in
            status["currentCPUUtilizationPercentage"] = nil
            status["currentMetrics"] = current.isEmpty ? Optional.none : .array(current)
            status["conditions"] = conditions
        }
    }

    static func toV1(_ object: inout JSON) {
        var metrics = object["spec", "metrics"]?.elements ?? []
        var percentage: JSON?
        if let place = metrics.firstIndex(where: {
            isProcessor($0) && $0["resource", "target", "averageUtilization"] != nil
        }) {
            percentage = metrics.remove(at: place)["resource", "target", "averageUtilization"]
        }
        var current = object["status", "currentMetrics"]?.elements ?? []
        var currentPercentage: JSON?
        if let place = current.firstIndex(where: {
            isProcessor($0) && $0["resource", "current", "averageUtilization"] != nil
        }) {
            currentPercentage = current.remove(at: place)["resource", "current", "averageUtilization"]
        }
        put("metrics", metrics.map { flat($0, target: "target") }, into: &object)
        put("current-metrics", current.map { flat($0, target: "current") }, into: &object)
        put("conditions", object["status", "conditions"]?.elements ?? [], into: &object)
        if let behavior = object["spec", "behavior"] { annotate("behavior", behavior, &object) }
        object.modify("spec") { spec in
            spec["metrics"] = nil
            spec["behavior"] = nil
            spec["targetCPUUtilizationPercentage"] = percentage
        }
        object.modify("status") { status in
            status["currentMetrics"] = nil
            status["conditions"] = nil
            status["currentCPUUtilizationPercentage"] = currentPercentage
        }
    }

    private static func isProcessor(_ metric: JSON) -> Bool {
        metric["type"] == "Resource" && metric["resource", "name"] == "cpu"
    }

    // MARK: Annotations

    private static func taken(_ name: String, from object: inout JSON) -> JSON? {
        guard let text = object["metadata", "annotations", prefix + name]?.string else { return nil }
        object["metadata", "annotations", prefix + name] = nil
        if object["metadata", "annotations"]?.entries.isEmpty == true { object["metadata", "annotations"] = nil }
        return try? JSON(parsing: text)
    }

    private static func put(_ name: String, _ values: [JSON], into object: inout JSON) {
        if !values.isEmpty { annotate(name, .array(values), &object) }
    }

    private static func annotate(_ name: String, _ value: JSON, _ object: inout JSON) {
        object["metadata", "annotations", prefix + name] = .string(value.text)
    }

    // MARK: One metric

    /// The member that holds a metric of that type.
    private static let holders: [(type: String, member: String)] = [
        ("Resource", "resource"), ("ContainerResource", "containerResource"), ("Pods", "pods"), ("Object", "object"),
        ("External", "external"),
    ]

    /// A v1 metric from an annotation in v2's form. `target` is `target` in a spec and `current` in a status.
    private static func metric(_ old: JSON, target: String) -> JSON {
        guard let type = old["type"]?.string, let holder = holders.first(where: { $0.type == type })?.member,
            let body = old[holder]
        else { return old }
        let words = target == "target" ? "target" : "current"
        var out = JSON.object(JSONObject())
        var amounts = JSON.object(JSONObject())
        for (name, value) in body.entries {
            switch name {
            case words + "AverageUtilization": amounts["averageUtilization"] = value
            case words + "AverageValue", "averageValue": amounts["averageValue"] = value
            case words + "Value": amounts["value"] = value
            case "metricName": out["metric", "name"] = value
            case "selector", "metricSelector": out["metric", "selector"] = value
            case "target": out["describedObject"] = value
            default: out[name] = value
            }
        }
        if target == "target" {
            amounts["type"] =
                amounts["averageUtilization"] != nil
                ? "Utilization" : amounts["averageValue"] != nil ? "AverageValue" : "Value"
        }
        out[target] = amounts
        return JSON.object(["type": .string(type)]).withMember(holder, out)
    }

    /// A v2 metric in v1's flat form.
    private static func flat(_ new: JSON, target: String) -> JSON {
        guard let type = new["type"]?.string, let holder = holders.first(where: { $0.type == type })?.member,
            let body = new[holder]
        else { return new }
        var out = JSON.object(JSONObject())
        for (name, value) in body.entries where name != target && name != "metric" && name != "describedObject" {
            out[name] = value
        }
        if let name = body["metric", "name"] { out["metricName"] = name }
        if let selector = body["metric", "selector"] {
            out[type == "External" ? "metricSelector" : "selector"] = selector
        }
        if let described = body["describedObject"] { out["target"] = described }
        if let value = body[target, "averageUtilization"] { out[target + "AverageUtilization"] = value }
        if let value = body[target, "averageValue"] {
            out[type == "Object" ? "averageValue" : target + "AverageValue"] = value
        }
        if let value = body[target, "value"] { out[target + "Value"] = value }
        return JSON.object(["type": .string(type)]).withMember(holder, out)
    }
}

extension JSON {
    fileprivate func withMember(_ name: String, _ value: JSON) -> JSON {
        var out = self
        out[name] = value
        return out
    }
}
