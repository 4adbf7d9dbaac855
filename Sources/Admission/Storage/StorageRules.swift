import Schema

/// The rules of this group's kinds.
enum StorageRules {
    static let group = "storage.k8s.io"
    static let entries: [RuleBook.Entry] = [
        (GroupResource(group: group, resource: "storageclasses"), StorageClassRules()),
        (GroupResource(group: group, resource: "csidrivers"), CSIDriverRules()),
        (GroupResource(group: group, resource: "csinodes"), CSINodeRules()),
        (GroupResource(group: group, resource: "volumeattachments"), VolumeAttachmentRules()),
        (GroupResource(group: group, resource: "csistoragecapacities"), CSIStorageCapacityRules()),
        (GroupResource(group: group, resource: "volumeattributesclasses"), VolumeAttributesClassRules()),
    ]
}

/// The name of a CSI driver: upstream's `ValidateCSIDriverName`.
enum CSIDriverName {
    static func validate(_ name: String, path: String) -> [FieldError] {
        if name.isEmpty { return [.required(path)] }
        var errors: [FieldError] = []
        if name.utf8.count > 63 { errors.append(.tooLong(path, 63)) }
        errors.addInvalid(path, .string(name), Names.dnsSubdomain(name.lowercased()))
        return errors
    }
}
