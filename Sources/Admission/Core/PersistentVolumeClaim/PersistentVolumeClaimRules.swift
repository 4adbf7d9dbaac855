import Document
import Schema

/// PersistentVolumeClaims.
struct PersistentVolumeClaimRules: KindRules {
    var countsGeneration: Bool { false }
    private static let oldClass = "volume.beta.kubernetes.io/storage-class"
    private static let immutable =
        "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"

    func setDefaults(_ object: inout JSON) {
        object.fill("spec", [:])
        object.modify("spec") { spec in
            spec.fill("volumeMode", "Filesystem")
            spec.fill("resources", [:])
            spec.modify("resources") { ResourceListDefaults.roundBoth(&$0) }
        }
        object.fill("status", [:])
        object.modify("status") { $0.fillText("phase", "Pending") }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = ["phase": "Pending"]
        PersistentVolumeClaimRules.alignSources(&object, old: nil)
    }

    /// `dataSource` and `dataSourceRef` mean the same. A source in another namespace is not served, and in `dataSource` a new
    /// claim can name only a claim or a snapshot.
    private static func alignSources(_ object: inout JSON, old: JSON?) {
        object.modify("spec") { spec in
            let namespace = spec["dataSourceRef"]?.text("namespace") ?? ""
            if !namespace.isEmpty, old?["spec", "dataSourceRef", "namespace"] == nil {
                spec["dataSourceRef"] = Optional.none
            }
            let hadSource = ["dataSource", "dataSourceRef"].contains { old?["spec"]?.has($0) ?? false }
            if let source = spec.given("dataSource"), !hadSource, !spec.has("dataSourceRef"), !isOldKind(source) {
                spec["dataSource"] = Optional.none
            }
            if let source = spec.given("dataSource"), !spec.has("dataSourceRef") {
                spec["dataSourceRef"] = source
            } else if let reference = spec.given("dataSourceRef"), !spec.has("dataSource") {
                spec["dataSource"] = reference
            }
        }
    }

    private static func isOldKind(_ source: JSON) -> Bool {
        switch (source.given("apiGroup")?.string ?? "", source.text("kind")) {
        case ("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot"): true
        default: false
        }
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        if subresource == "status" {
            object["spec"] = old["spec"]
        } else {
            object["status"] = old["status"]
            PersistentVolumeClaimRules.alignSources(&object, old: old)
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        PersistentVolumeClaimRules.validateSpec(object["spec"] ?? [:], path: "spec", &errors)
        return errors
    }

    /// - Parameter isNew: groups of sources that were accepted once are not looked at again.
    static func validateSpec(_ spec: JSON, path: String, isNew: Bool = true, _ errors: inout [FieldError]) {
        let modes = spec.list("accessModes")
        if modes.isEmpty { errors.append(.required(path + ".accessModes", "at least 1 access mode is required")) }
        errors += LabelRules.validateSelector(spec["selector"], path: path + ".selector")
        PersistentVolumeRules.validateAccessModes(modes, path: path + ".accessModes", &errors)
        let at = path + ".resources[storage]"
        if let storage = spec["resources", "requests", "storage"] {
            let amount = Amount(storage)
            if amount <= .zero { errors.append(.invalid(at, .string(amount.text), Message.positive)) }
        } else {
            errors.append(.required(at))
        }
        let storageClass = spec.text("storageClassName")
        if !storageClass.isEmpty {
            errors.addInvalid(path + ".storageClassName", .string(storageClass), Names.dnsSubdomain(storageClass))
        }
        if let mode = spec.given("volumeMode")?.string, mode != "Block", mode != "Filesystem" {
            errors.append(.notSupported(path + ".volumeMode", .string(mode), ["Block", "Filesystem"]))
        }
        for key in ["dataSource", "dataSourceRef"] {
            if let source = spec.given(key) {
                validateDataSource(source, path: "\(path).\(key)", isNew: isNew, &errors)
            }
        }
        if let source = spec.given("dataSource"), let reference = spec.given("dataSourceRef") {
            if !reference.text("namespace").isEmpty {
                errors.append(
                    .invalidDump(path, "{}", "may not be specified when dataSourceRef.namespace is specified"))
            } else if ["apiGroup", "kind", "name"].contains(where: { source[$0] ?? .null != reference[$0] ?? .null }) {
                errors.append(.invalidDump(path, "{}", "must match dataSourceRef"))
            }
        }
        let attributes = spec.text("volumeAttributesClassName")
        if !attributes.isEmpty {
            errors.addInvalid(path + ".volumeAttributesClassName", .string(attributes), Names.dnsSubdomain(attributes))
        }
    }

    private static func validateDataSource(
        _ source: JSON, path: String, isNew: Bool, _ errors: inout [FieldError]
    ) {
        for key in ["name", "kind"] where source.text(key).isEmpty { errors.append(.required("\(path).\(key)")) }
        let group = source.text("apiGroup")
        if group.isEmpty, source.text("kind") != "PersistentVolumeClaim" {
            errors.append(
                .invalid(
                    path, .string(source.text("kind")),
                    "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
        }
        if isNew, !group.isEmpty { errors.addInvalid(path + ".apiGroup", .string(group), Names.dnsSubdomain(group)) }
        let namespace = source.text("namespace")
        if !namespace.isEmpty { errors.addInvalid(path + ".namespace", .string(namespace), Names.dnsLabel(namespace)) }
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        var errors = ObjectMetaRules.revalidate(object, old: old)
        if subresource == "status" {
            validateStatus(object, &errors)
            return errors
        }
        errors += ObjectMetaRules.validateCreate(object["metadata"] ?? .null, isNamespaced: true, nameRule: nameRule)
        PersistentVolumeClaimRules.validateSpec(object["spec"] ?? [:], path: "spec", isNew: false, &errors)
        let (spec, before) = (object["spec"] ?? [:], old["spec"] ?? [:])
        var (new, was) = (spec, before)
        if was.text("volumeName").isEmpty { was["volumeName"] = new["volumeName"] }
        let oldAnnotation = old["metadata", "annotations", PersistentVolumeClaimRules.oldClass]?.string
        let newAnnotation = object["metadata", "annotations", PersistentVolumeClaimRules.oldClass]?.string
        let newClass = new.given("storageClassName")?.string
        if let oldAnnotation, !was.has("storageClassName"), newClass == oldAnnotation,
            newAnnotation == nil || newAnnotation == oldAnnotation
        {
            new["storageClassName"] = nil
        } else {
            if (newAnnotation ?? "") != (oldAnnotation ?? "") {
                errors.append(
                    .invalid(
                        "metadata.annotations." + PersistentVolumeClaimRules.oldClass, .string(newAnnotation ?? ""),
                        Message.immutable))
            }
            if let newClass, !was.has("storageClassName"), oldAnnotation == nil || newClass == oldAnnotation {
                new["storageClassName"] = nil
            }
        }
        if object["status"]?.text("phase") == "Bound" {
            if new["resources", "requests"] != nil {
                new["resources", "requests", "storage"] = was["resources", "requests", "storage"]
            }
            if new.has("volumeAttributesClassName") {
                new["volumeAttributesClassName"] = was["volumeAttributesClassName"]
            }
        }
        if !Semantics.equal(new, was) {
            let form = "PersistentVolumeClaimSpec"
            let difference = FormDifference.unified(InternalForm.text(was, form), InternalForm.text(new, form))
            errors.append(.forbidden("spec", PersistentVolumeClaimRules.immutable + difference))
        }
        let size = Amount(spec["resources", "requests", "storage"])
        if size < Amount(before["resources", "requests", "storage"]),
            size <= Amount(old["status", "capacity", "storage"])
        {
            errors.append(.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity"))
        }
        errors += Immutability.check(spec["volumeMode"], before["volumeMode"], path: "volumeMode")
        if before.has("volumeAttributesClassName"),
            spec["volumeAttributesClassName"] != before["volumeAttributesClassName"]
        {
            if !spec.has("volumeAttributesClassName") {
                errors.append(
                    .forbidden("spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden"))
            } else if spec.text("volumeAttributesClassName").isEmpty {
                errors.append(
                    .forbidden(
                        "spec.volumeAttributesClassName", "update from non-nil value to an empty string is forbidden"))
            }
        }
        return errors
    }

    private static let resizeStates = [
        "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible",
        "NodeResizePending",
    ]

    private func validateStatus(_ object: JSON, _ errors: inout [FieldError]) {
        if object["spec"]?.list("accessModes").isEmpty ?? true { errors.append(.required("Spec.accessModes")) }
        let status = object["status"] ?? [:]
        for (name, value) in status["capacity"]?.entries ?? JSONObject()
        where errors.hasRoom && Amount(value) < .zero {
            errors.append(
                .invalid(
                    "status.capacity[\(name)]", .int(Int64(clamping: Amount(value).value)),
                    "must be a valid resource quantity"))
        }
        for (name, value) in status["allocatedResourceStatuses"]?.entries ?? JSONObject()
        where errors.hasRoom {
            errors += resourceKeyProblems(name, path: "status.allocatedResourceStatuses")
            if !PersistentVolumeClaimRules.resizeStates.contains(value.string ?? "") {
                errors.append(
                    .notSupported(
                        "status.allocatedResourceStatuses", .string(name),
                        PersistentVolumeClaimRules.resizeStates.sorted()))
            }
        }
        for (name, value) in status["allocatedResources"]?.entries ?? JSONObject()
        where errors.hasRoom {
            let wrong = resourceKeyProblems(name, path: "status.allocatedResources")
            errors += wrong
            if wrong.isEmpty, Amount(value) < .zero {
                errors.append(
                    .invalid(
                        "status.allocatedResources[\(name)]", .int(Int64(clamping: Amount(value).value)),
                        "must be a valid resource quantity"))
            }
        }
    }

    private func resourceKeyProblems(_ name: String, path: String) -> [FieldError] {
        if !Names.isQualifiedName(name) { return Names.qualifiedName(name).map { .invalid(path, .string(name), $0) } }
        return ResourceNames.isNative(name) && name != "storage"
            ? [.notSupported(path, .string(name), ["storage"])] : []
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        var out: [String] = []
        if object["metadata", "annotations", PersistentVolumeClaimRules.oldClass] != nil {
            out.append(
                "metadata.annotations[\(PersistentVolumeClaimRules.oldClass)]: deprecated since v1.8; use \"storageClassName\" attribute instead"
            )
        }
        for list in ["requests", "limits"] {
            let storage = Amount(object["spec", "resources", list, "storage"])
            guard storage.text.utf8.last == UInt8(ascii: "m") else { continue }
            out.append(
                "spec.resources.\(list)[storage]: fractional byte value \"\(storage.text)\" is invalid, must be an integer"
            )
        }
        return out
    }
}
