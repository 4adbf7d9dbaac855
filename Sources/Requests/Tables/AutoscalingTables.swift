import Document

extension PrinterTable {
    /// A `scale` subresource.
    static let scale = PrinterTable(columns: Columns.scales) { row in
        [row.name, row.number("spec", "replicas"), row.number("status", "replicas"), row.age]
    }

    static let horizontalPodAutoscaler = PrinterTable(columns: Columns.horizontalpodautoscalers) { row in
        let target = row.object["spec", "scaleTargetRef"] ?? .null
        let least = row.object["spec", "minReplicas"]?.int
        return [
            row.name, .string("\(target["kind"]?.string ?? "")/\(target["name"]?.string ?? "")"),
            .string(metrics(row.object)),
            .string(least.map { String($0) } ?? "<unset>"), row.number("spec", "maxReplicas"),
            row.number("status", "currentReplicas"),
            row.age,
        ]
    }

    /// Current and wanted value of each metric, two of them at most.
    private static func metrics(_ object: JSON) -> String {
        var specs = object["spec", "metrics"]?.elements ?? []
        var statuses = object["status", "currentMetrics"]?.elements ?? []
        if specs.isEmpty, let target = object["spec", "targetCPUUtilizationPercentage"] {
            // autoscaling/v1 knows the one metric by its own field.
            specs = [["type": "Resource", "resource": ["name": "cpu", "target": ["averageUtilization": target]]]]
            if let current = object["status", "currentCPUUtilizationPercentage"] {
                statuses = [
                    ["type": "Resource", "resource": ["name": "cpu", "current": ["averageUtilization": current]]]
                ]
            }
        }
        if specs.isEmpty { return "<none>" }
        var all: [String] = []
        for (i, spec) in specs.enumerated() {
            let status: JSON = i < statuses.count ? statuses[i] : .null
            switch spec["type"]?.string {
            case "External": all.append(plain(spec["external", "target"], status["external", "current"]))
            case "Object": all.append(plain(spec["object", "target"], status["object", "current"]))
            case "Pods":
                let now = status["pods", "current", "averageValue"]?.string ?? "<unknown>"
                all.append("\(now)/\(spec["pods", "target", "averageValue"]?.string ?? "")")
            case "Resource": all.append(resource(spec["resource"], status["resource"]))
            case "ContainerResource": all.append(resource(spec["containerResource"], status["containerResource"]))
            default: all.append("<unknown type>")
            }
        }
        let shown = all.prefix(2).joined(separator: ", ")
        return all.count > 2 ? "\(shown) + \(all.count - 2) more..." : shown
    }

    private static func plain(_ target: JSON?, _ current: JSON?) -> String {
        if let average = target?["averageValue"]?.string {
            return "\(current?["averageValue"]?.string ?? "<unknown>")/\(average) (avg)"
        }
        return "\(current?["value"]?.string ?? "<unknown>")/\(target?["value"]?.string ?? "")"
    }

    private static func resource(_ spec: JSON?, _ status: JSON?) -> String {
        let name = spec?["name"]?.string ?? ""
        if let average = spec?["target", "averageValue"]?.string {
            return "\(name): \(status?["current", "averageValue"]?.string ?? "<unknown>")/\(average)"
        }
        let now = status?["current", "averageUtilization"]?.int.map { "\($0)%" } ?? "<unknown>"
        let wanted = spec?["target", "averageUtilization"]?.int.map { "\($0)%" } ?? "<auto>"
        return "\(name): \(now)/\(wanted)"
    }
}
