import Document

extension PrinterTable {
    static func networking(_ resource: String) -> PrinterTable? {
        switch resource {
        case "ingresses": ingress
        case "ingressclasses": ingressClass
        case "networkpolicies": networkPolicy
        case "servicecidrs": serviceCIDR
        case "ipaddresses": ipAddress
        case "endpointslices": endpointSlice
        default: nil
        }
    }

    static let ingress = PrinterTable(columns: Columns.ingresses) { row in
        let rules = row.object["spec", "rules"]?.elements ?? []
        // Rules are counted, hosts shown: three rules at most are looked at, those without a host say nothing.
        var hosts: [String] = []
        var isMore = false
        for rule in rules {
            if hosts.count == 3 { isMore = true }
            if !isMore, let host = rule["host"]?.string, !host.isEmpty { hosts.append(host) }
        }
        var shown = hosts.isEmpty ? "*" : hosts.joined(separator: ",")
        if isMore { shown += " + \(rules.count - 3) more..." }
        let hasTLS = !(row.object["spec", "tls"]?.elements.isEmpty ?? true)
        return [
            row.name, row.set("spec", "ingressClassName", none: "<none>"), .string(shown),
            .string(loadBalancer(row.object).joined(separator: ",")), .string(hasTLS ? "80, 443" : "80"), row.age,
        ]
    }

    static let ingressClass = PrinterTable(columns: Columns.ingressclasses) { row in
        var parameters = "<none>"
        if let reference = row.object["spec", "parameters"], reference.object != nil {
            parameters = reference["kind"]?.string ?? ""
            if let group = reference["apiGroup"]?.string { parameters += "." + group }
            parameters += "/" + (reference["name"]?.string ?? "")
        }
        return [row.name, row.text("spec", "controller"), .string(parameters), row.age]
    }

    static let networkPolicy = PrinterTable(columns: Columns.networkpolicies) { row in
        [row.name, TableCells.selector(row.object["spec", "podSelector"] ?? [:]), row.age]
    }

    static let serviceCIDR = PrinterTable(columns: Columns.servicecidrs) { row in
        [row.name, .string((row.object["spec", "cidrs"]?.strings ?? []).joined(separator: ",")), row.age]
    }

    static let ipAddress = PrinterTable(columns: Columns.ipaddresses) { row in
        var parent = "<none>"
        if let reference = row.object["spec", "parentRef"], reference.object != nil {
            let group = reference["group"]?.string ?? ""
            parent = ((reference["resource"]?.string ?? "") + (group.isEmpty ? "" : "." + group)).lowercased()
            if let namespace = reference["namespace"]?.string, !namespace.isEmpty { parent += "/" + namespace }
            parent += "/" + (reference["name"]?.string ?? "")
        }
        return [row.name, .string(parent)]
    }
}
