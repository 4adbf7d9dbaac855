import Document

extension PrinterTable {
    static let node = PrinterTable(columns: Columns.nodes) { row in
        var status: [String] = []
        switch row.condition("Ready")?["status"]?.string {
        case "True": status.append("Ready")
        case nil: status.append("Unknown")
        default: status.append("NotReady")
        }
        if row.object["spec", "unschedulable"]?.bool == true { status.append("SchedulingDisabled") }
        var roles: Set<String> = []
        for (key, value) in row.object["metadata", "labels"]?.entries.stringPairs ?? [] {
            if key.hasPrefix("node-role.kubernetes.io/") {
                let role = String(key.dropFirst("node-role.kubernetes.io/".count))
                if !role.isEmpty { roles.insert(role) }
            } else if key == "kubernetes.io/role", !value.isEmpty {
                roles.insert(value)
            }
        }
        func address(_ type: String) -> JSON {
            let found = row.object["status", "addresses"]?.elements.first { $0["type"]?.string == type }
            return .string(found?["address"]?.string ?? "<none>")
        }
        let shown = roles.sorted { $0.bytesPrecede($1) }.joined(separator: ",")
        return [
            row.name, .string(status.joined(separator: ",")), .string(shown.isEmpty ? "<none>" : shown), row.age,
            row.text("status", "nodeInfo", "kubeletVersion"), address("InternalIP"), address("ExternalIP"),
            row.text("status", "nodeInfo", "osImage", none: "<unknown>"),
            row.text("status", "nodeInfo", "kernelVersion", none: "<unknown>"),
            row.text("status", "nodeInfo", "containerRuntimeVersion", none: "<unknown>"),
        ]
    }
}
