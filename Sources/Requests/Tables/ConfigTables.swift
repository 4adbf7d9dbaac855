import Document

extension PrinterTable {
    static let namespace = PrinterTable(columns: Columns.namespaces) { [$0.name, $0.text("status", "phase"), $0.age] }

    static let configMap = PrinterTable(columns: Columns.configmaps) { row in
        [row.name, .int((row.count("data").int ?? 0) + (row.count("binaryData").int ?? 0)), row.age]
    }

    static let secret = PrinterTable(columns: Columns.secrets) { [$0.name, $0.text("type"), $0.count("data"), $0.age] }

    static let resourceQuota = PrinterTable(columns: Columns.resourcequotas) { row in
        var requests: [String] = []
        var limits: [String] = []
        for (name, hard) in row.object["status", "hard"]?.entries.stringPairs ?? [] {
            let used = row.object["status", "used", name]?.string ?? "0"
            let text = "\(name): \(used)/\(hard)"
            if name.hasPrefix("limits.") { limits.append(text) } else { requests.append(text) }
        }
        return [row.name, .string(requests.joined(separator: ", ")), .string(limits.joined(separator: ", ")), row.age]
    }

    static let componentStatus = PrinterTable(columns: Columns.componentstatuses) { row in
        let healthy = row.object["conditions"]?.elements.first { $0["type"]?.string == "Healthy" }
        let status = healthy.map { $0["status"]?.string == "True" ? "Healthy" : "Unhealthy" } ?? "Unknown"
        return [
            row.name, .string(status), .string(healthy?["message"]?.string ?? ""),
            .string(healthy?["error"]?.string ?? ""),
        ]
    }
}
