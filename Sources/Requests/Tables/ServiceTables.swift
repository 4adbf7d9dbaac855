import Document

extension PrinterTable {
    static let service = PrinterTable(columns: Columns.services) { row in
        let ports = (row.object["spec", "ports"]?.elements ?? []).map { port in
            let number = port["port"]?.int ?? 0
            let node = port["nodePort"]?.int ?? 0
            return "\(number)\(node > 0 ? ":\(node)" : "")/\(port["protocol"]?.string ?? "")"
        }
        return [
            row.name, row.text("spec", "type"), .string(row.object["spec", "clusterIPs"]?[0]?.string ?? "<none>"),
            .string(externalIP(row.object)), .string(ports.isEmpty ? "<none>" : ports.joined(separator: ",")), row.age,
            TableCells.labels(row.object["spec", "selector"]),
        ]
    }

    private static func externalIP(_ service: JSON) -> String {
        let external = service["spec", "externalIPs"]?.strings ?? []
        switch service["spec", "type"]?.string {
        case "ClusterIP", "NodePort": return external.isEmpty ? "<none>" : external.joined(separator: ",")
        case "LoadBalancer":
            let balanced = loadBalancer(service)
            if !external.isEmpty { return (balanced + external).joined(separator: ",") }
            return balanced.isEmpty ? "<pending>" : balanced.joined(separator: ",")
        case "ExternalName": return service["spec", "externalName"]?.string ?? ""
        default: return "<unknown>"
        }
    }

    /// Addresses or host names of a load balancer, in order, each once.
    static func loadBalancer(_ object: JSON) -> [String] {
        var all: [String] = []
        for ingress in object["status", "loadBalancer", "ingress"]?.elements ?? [] {
            let address = ingress["ip"]?.string ?? ""
            let shown = address.isEmpty ? ingress["hostname"]?.string ?? "" : address
            if !shown.isEmpty, !all.contains(shown) { all.append(shown) }
        }
        return all.sorted { $0.bytesPrecede($1) }
    }

    static let endpoints = PrinterTable(columns: Columns.endpoints) { row in
        let subsets = row.object["subsets"]?.elements ?? []
        var all: [String] = []
        for subset in subsets {
            let addresses = (subset["addresses"]?.elements ?? []).map { $0["ip"]?.string ?? "" }
            let ports = subset["ports"]?.elements ?? []
            if ports.isEmpty { all += addresses }
            for port in ports {
                all += addresses.map {
                    ($0.utf8.contains(UInt8(ascii: ":")) ? "[\($0)]" : $0) + ":\(port["port"]?.int ?? 0)"
                }
            }
        }
        return [row.name, .string(TableCells.list(all, most: 3, none: subsets.isEmpty ? "<none>" : "")), row.age]
    }

    static let endpointSlice = PrinterTable(columns: Columns.endpointslices) { row in
        let ports = (row.object["ports"]?.elements ?? []).map { port in
            port["port"]?.int.map { String($0) } ?? port["name"]?.string ?? "*"
        }
        let addresses = (row.object["endpoints"]?.elements ?? []).flatMap { $0["addresses"]?.strings ?? [] }
        return [
            row.name, row.text("addressType"), .string(TableCells.list(ports, most: 3, none: "<unset>")),
            .string(TableCells.list(addresses, most: 3, none: "<unset>")), row.age,
        ]
    }
}
