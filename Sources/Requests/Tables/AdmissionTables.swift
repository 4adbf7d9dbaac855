import Document

extension PrinterTable {
    static func admission(_ resource: String) -> PrinterTable? {
        switch resource {
        case "mutatingwebhookconfigurations": webhooks(Columns.mutatingwebhookconfigurations)
        case "validatingwebhookconfigurations": webhooks(Columns.validatingwebhookconfigurations)
        case "validatingadmissionpolicies": policy(Columns.validatingadmissionpolicies, "validations")
        case "mutatingadmissionpolicies": policy(Columns.mutatingadmissionpolicies, "mutations")
        case "validatingadmissionpolicybindings": policyBinding(Columns.validatingadmissionpolicybindings)
        case "mutatingadmissionpolicybindings": policyBinding(Columns.mutatingadmissionpolicybindings)
        default: nil
        }
    }

    private static func webhooks(_ columns: [TableColumn]) -> PrinterTable {
        PrinterTable(columns: columns) { [$0.name, $0.count("webhooks"), $0.age] }
    }

    private static func policy(_ columns: [TableColumn], _ rules: String) -> PrinterTable {
        PrinterTable(columns: columns) { row in
            var kind = "<unset>"
            if let given = row.object["spec", "paramKind"], given.object != nil {
                kind = "\(given["apiVersion"]?.string ?? "")/\(given["kind"]?.string ?? "")"
            }
            return [row.name, row.count("spec", rules), .string(kind), row.age]
        }
    }

    private static func policyBinding(_ columns: [TableColumn]) -> PrinterTable {
        PrinterTable(columns: columns) { row in
            var parameter = "<unset>"
            if let reference = row.object["spec", "paramRef"], reference.object != nil {
                if let name = reference["name"]?.string, !name.isEmpty {
                    let namespace = reference["namespace"]?.string ?? ""
                    parameter = (namespace.isEmpty ? "*" : namespace) + "/" + name
                } else if let selector = reference["selector"] {
                    parameter = TableCells.selector(selector, none: "").string ?? ""
                }
            }
            return [row.name, row.text("spec", "policyName"), .string(parameter), row.age]
        }
    }
}
