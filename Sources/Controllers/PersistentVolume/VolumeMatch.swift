package import Document

/// Which volumes a claim can take, best first: `FindMatchingVolume`.
package enum VolumeMatch {
    /// The capacity that a claim asks for.
    static func requested(_ claim: JSON) -> Quantity {
        claim["spec"]?["resources"]?["requests"]?["storage"].flatMap { Quantity($0) } ?? .zero
    }
    static func capacity(_ volume: JSON) -> Quantity {
        volume["spec"]?["capacity"]?["storage"].flatMap { Quantity($0) } ?? .zero
    }

    /// A volume that is pre-bound to the claim, or else the fitting ones that are available, smallest first.
    package static func candidates(for claim: JSON, volumes: [JSON]) -> [JSON] {
        let wanted = requested(claim)
        let mode = claim["spec"]?["volumeMode"]?.string ?? "Filesystem"
        let className = claim["spec"]?["storageClassName"]?.string ?? ""
        let modes = claim["spec"]?["accessModes"]?.strings ?? []
        let selector = claim["spec"]?["selector"].map { LabelSelector($0) }
        let attributes = claim["spec"]?["volumeAttributesClassName"]?.string ?? ""
        var fitting: [JSON] = []
        for volume in volumes {
            if let asked = claim["spec"]?["volumeName"]?.string, !asked.isEmpty, asked != volume.objectName { continue }
            if volume.isBeingDeleted || mode != volume["spec"]?["volumeMode"]?.string ?? "Filesystem" { continue }
            if attributes != volume["spec"]?["volumeAttributesClassName"]?.string ?? "" { continue }
            let offered = volume["spec"]?["accessModes"]?.strings ?? []
            if let reference = volume["spec"]?["claimRef"], !reference.isNull {
                guard isBound(reference, to: claim) else { continue }
                if capacity(volume) < wanted { continue }
                return [volume]
            }
            guard volume["status"]?["phase"]?.string == "Available", !(capacity(volume) < wanted),
                modes.allSatisfy(offered.contains),
                className == volume["spec"]?["storageClassName"]?.string ?? "",
                selector?.matches(volume.objectLabels) ?? true
            else { continue }
            fitting.append(volume)
        }
        return fitting.sorted { a, b in
            let (x, y) = (capacity(a), capacity(b))
            return x == y ? a.objectName.bytesPrecede(b.objectName) : x < y
        }
    }

    /// Why a volume that a claim asks for by name cannot be its: `checkVolumeSatisfyClaim`. nil when it can.
    static func problem(of volume: JSON, for claim: JSON) -> String? {
        let (spec, wanted) = (volume["spec"] ?? .null, claim["spec"] ?? .null)
        if volume.isBeingDeleted { return "the volume is marked for deletion \"\(volume.objectName)\"" }
        if capacity(volume) < requested(claim) { return "requested PV is too small" }
        if spec["storageClassName"]?.string ?? "" != wanted["storageClassName"]?.string ?? "" {
            return "storageClassName does not match"
        }
        if spec["volumeAttributesClassName"]?.string ?? "" != wanted["volumeAttributesClassName"]?.string ?? "" {
            return "VolumeAttributesClassName does not match"
        }
        if spec["volumeMode"]?.string ?? "Filesystem" != wanted["volumeMode"]?.string ?? "Filesystem" {
            return "incompatible volumeMode"
        }
        let offered = spec["accessModes"]?.strings ?? []
        return (wanted["accessModes"]?.strings ?? []).allSatisfy(offered.contains) ? nil : "incompatible accessMode"
    }

    /// `IsVolumeBoundToClaim`, the uid counting only where it is given.
    package static func isBound(_ reference: JSON, to claim: JSON) -> Bool {
        guard reference["name"]?.string == claim.objectName, reference["namespace"]?.string == claim.objectNamespace
        else { return false }
        let uid = reference["uid"]?.string ?? ""
        return uid.isEmpty || uid == claim.objectUID
    }
}
