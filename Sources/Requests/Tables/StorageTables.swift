import Document

extension PrinterTable {
    static func storage(_ resource: String) -> PrinterTable? {
        switch resource {
        case "storageclasses": storageClass
        case "volumeattributesclasses": volumeAttributesClass
        case "volumeattachments": volumeAttachment
        case "csinodes": csiNode
        case "csidrivers": csiDriver
        default: nil
        }
    }

    static let persistentVolume = PrinterTable(columns: Columns.persistentvolumes) { row in
        var claim = ""
        if let reference = row.object["spec", "claimRef"], reference.object != nil {
            claim = "\(reference["namespace"]?.string ?? "")/\(reference["name"]?.string ?? "")"
        }
        return [
            row.name, row.text("spec", "capacity", "storage", none: "0"),
            TableCells.accessModes(row.object["spec", "accessModes"]),
            row.text("spec", "persistentVolumeReclaimPolicy"),
            row.isTerminating ? "Terminating" : row.text("status", "phase"),
            .string(claim), storageClassName(row), row.set("spec", "volumeAttributesClassName", none: "<unset>"),
            row.text("status", "reason"), row.age, row.set("spec", "volumeMode", none: "<unset>"),
        ]
    }

    static let persistentVolumeClaim = PrinterTable(columns: Columns.persistentvolumeclaims) { row in
        let isBound = !(row.object["spec", "volumeName"]?.string ?? "").isEmpty
        return [
            row.name, row.isTerminating ? "Terminating" : row.text("status", "phase"), row.text("spec", "volumeName"),
            isBound ? row.text("status", "capacity", "storage", none: "0") : "",
            isBound ? TableCells.accessModes(row.object["status", "accessModes"]) : "", storageClassName(row),
            row.set("spec", "volumeAttributesClassName", none: "<unset>"), row.age,
            row.set("spec", "volumeMode", none: "<unset>"),
        ]
    }

    /// The class by the old annotation, or by the field.
    private static func storageClassName(_ row: TableCells) -> JSON {
        if let old = row.object["metadata", "annotations", "volume.beta.kubernetes.io/storage-class"]?.string {
            return .string(old)
        }
        return row.text("spec", "storageClassName")
    }

    private static func nameWithDefault(_ row: TableCells, _ annotations: String...) -> JSON {
        let isDefault = annotations.contains { row.object["metadata", "annotations", $0]?.string == "true" }
        return isDefault ? .string((row.name.string ?? "") + " (default)") : row.name
    }

    static let storageClass = PrinterTable(columns: Columns.storageclasses) { row in
        [
            nameWithDefault(
                row, "storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"),
            row.text("provisioner"), row.set("reclaimPolicy", none: "Delete"),
            row.set("volumeBindingMode", none: "Immediate"),
            row.flag("allowVolumeExpansion"), row.age,
        ]
    }

    static let volumeAttributesClass = PrinterTable(columns: Columns.volumeattributesclasses) { row in
        [
            nameWithDefault(
                row, "storage.alpha.kubernetes.io/is-default-class", "storage.beta.kubernetes.io/is-default-class"),
            row.text("driverName"), row.age,
        ]
    }

    static let volumeAttachment = PrinterTable(columns: Columns.volumeattachments) { row in
        [
            row.name, row.text("spec", "attacher"), row.text("spec", "source", "persistentVolumeName"),
            row.text("spec", "nodeName"),
            row.flag("status", "attached"), row.age,
        ]
    }

    static let csiNode = PrinterTable(columns: Columns.csinodes) { [$0.name, $0.count("spec", "drivers"), $0.age] }

    static let csiDriver = PrinterTable(columns: Columns.csidrivers) { row in
        let modes = row.object["spec", "volumeLifecycleModes"]?.strings ?? []
        let tokens = row.object["spec", "tokenRequests"]?.array?.map { $0["audience"]?.string ?? "" }
        return [
            row.name, row.flag("spec", "attachRequired", none: true), row.flag("spec", "podInfoOnMount"),
            row.flag("spec", "storageCapacity"),
            .string(tokens.map { $0.joined(separator: ",") } ?? "<unset>"), row.flag("spec", "requiresRepublish"),
            .string(modes.isEmpty ? "<none>" : modes.joined(separator: ",")), row.age,
        ]
    }
}
