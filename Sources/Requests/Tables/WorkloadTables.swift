import Document

extension PrinterTable {
    static func apps(_ resource: String) -> PrinterTable? {
        switch resource {
        case "deployments": deployment
        case "replicasets": replicaSet
        case "statefulsets": statefulSet
        case "daemonsets": daemonSet
        case "controllerrevisions": controllerRevision
        default: nil
        }
    }

    static let deployment = PrinterTable(columns: Columns.deployments) { row in
        [
            row.name,
            .string("\(row.number("status", "readyReplicas").int ?? 0)/\(row.number("spec", "replicas").int ?? 0)"),
            row.number("status", "updatedReplicas"), row.number("status", "availableReplicas"), row.age,
        ] + row.containers("spec", "template", "spec", "containers") + [
            TableCells.selector(row.object["spec", "selector"], none: "")
        ]
    }

    static let replicaSet = PrinterTable(columns: Columns.replicasets) { row in
        [
            row.name, row.number("spec", "replicas"), row.number("status", "replicas"),
            row.number("status", "readyReplicas"), row.age,
        ] + row.containers("spec", "template", "spec", "containers") + [
            TableCells.selector(row.object["spec", "selector"])
        ]
    }

    static let replicationController = PrinterTable(columns: Columns.replicationcontrollers) { row in
        [
            row.name, row.number("spec", "replicas"), row.number("status", "replicas"),
            row.number("status", "readyReplicas"), row.age,
        ] + row.containers("spec", "template", "spec", "containers") + [
            TableCells.labels(row.object["spec", "selector"])
        ]
    }

    static let statefulSet = PrinterTable(columns: Columns.statefulsets) { row in
        [
            row.name,
            .string("\(row.number("status", "readyReplicas").int ?? 0)/\(row.number("spec", "replicas").int ?? 0)"),
            row.age,
        ] + row.containers("spec", "template", "spec", "containers")
    }

    static let daemonSet = PrinterTable(columns: Columns.daemonsets) { row in
        [
            row.name, row.number("status", "desiredNumberScheduled"), row.number("status", "currentNumberScheduled"),
            row.number("status", "numberReady"), row.number("status", "updatedNumberScheduled"),
            row.number("status", "numberAvailable"),
            TableCells.labels(row.object["spec", "template", "spec", "nodeSelector"]), row.age,
        ] + row.containers("spec", "template", "spec", "containers") + [
            TableCells.selector(row.object["spec", "selector"])
        ]
    }

    static let controllerRevision = PrinterTable(columns: Columns.controllerrevisions) { row in
        var controller = "<none>"
        if let owner = row.object["metadata", "ownerReferences"]?.elements.first(where: {
            $0["controller"]?.bool == true
        }) {
            let version = owner["apiVersion"]?.string ?? ""
            let group = version.firstIndex(of: "/").map { "." + version[..<$0] } ?? ""
            controller = ((owner["kind"]?.string ?? "") + group).lowercased() + "/" + (owner["name"]?.string ?? "")
        }
        return [row.name, .string(controller), row.number("revision"), row.age]
    }

    static let podTemplate = PrinterTable(columns: Columns.podtemplates) { row in
        [row.name] + row.containers("template", "spec", "containers") + [
            TableCells.labels(row.object["template", "metadata", "labels"])
        ]
    }

    static let podDisruptionBudget = PrinterTable(columns: Columns.poddisruptionbudgets) { row in
        func limit(_ field: String) -> JSON {
            switch row.object["spec", field] {
            case .int(let number): .string(String(number))
            case .string(let text): .string(text)
            default: "N/A"
            }
        }
        return [
            row.name, limit("minAvailable"), limit("maxUnavailable"), row.number("status", "disruptionsAllowed"),
            row.age,
        ]
    }
}
