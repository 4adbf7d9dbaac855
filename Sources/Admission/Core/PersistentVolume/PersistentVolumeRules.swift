import Document
import Schema

/// PersistentVolumes.
struct PersistentVolumeRules: KindRules {
    var countsGeneration: Bool { false }
    static let accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]
    private static let immutableSource = "spec.persistentvolumesource is immutable after creation\n"

    /// Kinds of volume in the order they are looked at.
    private static let kinds: [(key: String, path: String)] = [
        ("hostPath", "hostPath"), ("gcePersistentDisk", "gcePersistentDisk"),
        ("awsElasticBlockStore", "awsElasticBlockStore"),
        ("glusterfs", "glusterfs"), ("flocker", "flocker"), ("nfs", "nfs"), ("rbd", "rbd"), ("quobyte", "quobyte"),
        ("cephfs", "cephFS"), ("iscsi", "iscsi"), ("cinder", "cinder"), ("fc", "fc"), ("flexVolume", "flexVolume"),
        ("azureFile", "azureFile"), ("vsphereVolume", "vsphereVolume"),
        ("photonPersistentDisk", "photonPersistentDisk"),
        ("portworxVolume", "portworxVolume"), ("azureDisk", "azureDisk"), ("scaleIO", "scaleIO"), ("local", "local"),
        ("storageos", "storageos"), ("csi", "csi"),
    ]

    func setDefaults(_ object: inout JSON) {
        object.fill("spec", [:])
        object.modify("spec") { spec in
            spec.fillText("persistentVolumeReclaimPolicy", "Retain")
            spec.fill("volumeMode", "Filesystem")
            spec.modify("hostPath") { $0.fill("type", "") }
            spec.modify("capacity") { ResourceListDefaults.round(&$0) }
            VolumeDefaults.applyToDisks(&spec)
        }
        object.fill("status", [:])
        object.modify("status") { $0.fillText("phase", "Pending") }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = ["phase": "Pending", "lastPhaseTransitionTime": .string(context.now.rfc3339)]
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        guard subresource == "status" else {
            object["status"] = old["status"]
            return
        }
        object["spec"] = old["spec"]
        if object["status"]?.text("phase") != old["status"]?.text("phase"),
            object["status", "lastPhaseTransitionTime"] == nil
                || object["status", "lastPhaseTransitionTime"] == old["status", "lastPhaseTransitionTime"]
        {
            object["status", "lastPhaseTransitionTime"] = .string(context.now.rfc3339)
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        PersistentVolumeRules.validateSpec(
            object["spec"] ?? [:], name: object["metadata"]?.text("name") ?? "", path: "spec", &errors)
        return errors
    }

    static func validateAccessModes(_ modes: [JSON], path: String, _ errors: inout [FieldError]) {
        for mode in modes where errors.hasRoom && !accessModes.contains(mode.string ?? "") {
            errors.append(.notSupported(path, mode, accessModes))
        }
        let known = Set(modes.compactMap(\.string)).intersection(accessModes)
        if known.contains("ReadWriteOncePod"), known.count > 1 {
            errors.append(.forbidden(path, "may not use ReadWriteOncePod with other access modes"))
        }
    }

    static func validateSpec(_ spec: JSON, name: String, path: String, _ errors: inout [FieldError]) {
        let modes = spec.list("accessModes")
        if modes.isEmpty { errors.append(.required(path + ".accessModes")) }
        validateAccessModes(modes, path: path + ".accessModes", &errors)
        let capacity = spec["capacity"]?.entries ?? JSONObject()
        if capacity.isEmpty { errors.append(.required(path + ".capacity")) }
        if capacity["storage"] == nil || capacity.count > 1 {
            let shown = spec.given("capacity")?.text ?? "null"
            errors.append(.notSupportedDump(path + ".capacity", shown, ["storage"]))
        }
        for (resource, value) in capacity where errors.hasRoom {
            let at = "\(path).capacity[\(resource)]"
            let amount = Amount(value)
            if amount < .zero {
                errors.append(.invalid(at, .int(Int64(clamping: amount.value)), "must be a valid resource quantity"))
            }
            if amount <= .zero { errors.append(.invalid(at, .string(amount.text), Message.positive)) }
        }
        let policy = spec.text("persistentVolumeReclaimPolicy")
        if !policy.isEmpty, !["Delete", "Recycle", "Retain"].contains(policy) {
            errors.append(
                .notSupported(
                    path + ".persistentVolumeReclaimPolicy", .string(policy), ["Delete", "Recycle", "Retain"]))
        }
        if let affinity = spec.given("nodeAffinity") {
            if let selector = affinity.given("required") {
                AffinityValidation.validateNodeSelector(selector, path: path + ".nodeAffinity.required", &errors)
            } else {
                errors.append(.required(path + ".nodeAffinity.required", "must specify required node constraints"))
            }
        }
        validateSource(spec, name: name, path: path, &errors)
        if let host = spec.given("hostPath"), policy == "Recycle", isRoot(host.text("path")) {
            errors.append(
                .forbidden(path + ".persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'"))
        }
        let storageClass = spec.text("storageClassName")
        if !storageClass.isEmpty {
            errors.addInvalid(path + ".storageClassName", .string(storageClass), Names.dnsSubdomain(storageClass))
        }
        if let mode = spec.given("volumeMode")?.string, mode != "Block", mode != "Filesystem" {
            errors.append(.notSupported(path + ".volumeMode", .string(mode), ["Block", "Filesystem"]))
        }
        if let attributes = spec.given("volumeAttributesClassName")?.string {
            if attributes.isEmpty {
                errors.append(.required(path + ".volumeAttributesClassName", "an empty string is disallowed"))
            } else {
                errors.addInvalid(
                    path + ".volumeAttributesClassName", .string(attributes), Names.dnsSubdomain(attributes))
            }
            if !spec.has("csi") {
                errors.append(.required(path + ".csi", "has to be specified when using volumeAttributesClassName"))
            }
        }
    }

    private static func isRoot(_ path: String) -> Bool {
        !path.isEmpty && path.utf8.allSatisfy { $0 == 47 || $0 == 46 } && path.hasPrefix("/")
    }

    private static func validateSource(_ spec: JSON, name: String, path: String, _ errors: inout [FieldError]) {
        var isGiven = false
        for (key, reported) in kinds where errors.hasRoom {
            guard let source = spec.given(key) else { continue }
            if isGiven, key != "flexVolume" {
                errors.append(.forbidden("\(path).\(reported)", "may not specify more than 1 volume type"))
                continue
            }
            isGiven = true
            let at = "\(path).\(key)"
            switch key {
            case "local":
                let file = source.text("path")
                if file.isEmpty {
                    errors.append(.required(at + ".path"))
                } else {
                    errors += FilePaths.validateNoBacksteps(file, path: at + ".path")
                }
                if !spec.has("nodeAffinity") {
                    errors.append(.required(path + ".nodeAffinity", "Local volume requires node affinity"))
                }
            case "csi": validateCSI(source, path: at, &errors)
            default:
                if key == "iscsi", source.has("initiatorName"), "\(name):\(source.text("targetPortal"))".utf8.count > 64
                {
                    errors.append(
                        .invalid(
                            at + ".targetportal", .string(source.text("targetPortal")), DiskValidation.initiatorTooLong)
                    )
                }
                DiskValidation.validate(source, kind: key, path: path, isPersistent: true, &errors)
            }
        }
        if !isGiven { errors.append(.required(path, "must specify a volume type")) }
    }

    private static func validateCSI(_ source: JSON, path: String, _ errors: inout [FieldError]) {
        DiskValidation.validateDriver(source.text("driver"), path: path + ".driver", &errors)
        if source.text("volumeHandle").isEmpty { errors.append(.required(path + ".volumeHandle")) }
        for key in [
            "controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef",
        ] {
            guard let secret = source.given(key) else { continue }
            let (name, namespace) = (secret.text("name"), secret.text("namespace"))
            if name.isEmpty {
                errors.append(.required("\(path).\(key).name"))
            } else {
                errors.addInvalid("\(path).\(key).name", .string(name), Names.dnsSubdomain(name))
            }
            if namespace.isEmpty {
                errors.append(.required("\(path).\(key).namespace"))
            } else {
                errors.addInvalid("\(path).\(key).namespace", .string(namespace), Names.dnsLabel(namespace))
            }
        }
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        if subresource == "status" { return ObjectMetaRules.revalidate(object, old: old) }
        var errors = ObjectMetaRules.validateCreate(
            object["metadata"] ?? .null, isNamespaced: false, nameRule: nameRule)
        errors += validateCreate(object, context)
        // Upstream checks the whole object twice; the answer names each mistake again.
        errors += errors
        let (spec, before) = (object["spec"] ?? [:], old["spec"] ?? [:])
        var new = spec
        if before["csi"] != nil, before["csi", "controllerExpandSecretRef"] == nil {
            new["csi", "controllerExpandSecretRef"] = nil
        }
        if PersistentVolumeRules.kinds.contains(where: {
            new.has($0.key) != before.has($0.key) || !Semantics.equal(new[$0.key], before[$0.key])
        }) {
            let form = "PersistentVolumeSource"
            let difference = FormDifference.unified(InternalForm.text(before, form), InternalForm.text(new, form))
            errors.append(
                .forbidden("spec.persistentvolumesource", PersistentVolumeRules.immutableSource + difference))
        }
        errors += Immutability.check(spec["volumeMode"], before["volumeMode"], path: "volumeMode")
        if let affinity = before.given("nodeAffinity"),
            !Semantics.equal(PersistentVolumeRules.stable(affinity, like: spec["nodeAffinity"]), spec["nodeAffinity"])
        {
            errors.append(
                .invalidDump(
                    "nodeAffinity", InternalForm.text(spec["nodeAffinity"], "VolumeNodeAffinity"),
                    "field is immutable, except for updating from beta label to GA"))
        }
        if before.has("volumeAttributesClassName"), !spec.has("volumeAttributesClassName") {
            errors.append(.forbidden("spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden"))
        }
        return errors
    }

    private static let stableLabels = [
        "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
        "beta.kubernetes.io/os": "kubernetes.io/os", "beta.kubernetes.io/arch": "kubernetes.io/arch",
        "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    ]

    /// The old affinity with those label names replaced that the new one has replaced.
    private static func stable(_ affinity: JSON, like new: JSON?) -> JSON {
        var affinity = affinity
        let newTerms = new?["required", "nodeSelectorTerms"]?.elements ?? []
        affinity.modify("required") { required in
            required.modify("nodeSelectorTerms") { terms in
                terms.modifyElements { i, term in
                    term.modify("matchExpressions") { expressions in
                        expressions.modifyElements { j, expression in
                            let key = expression.text("key")
                            guard newTerms.indices.contains(i), let stable = stableLabels[key] else { return }
                            let other = newTerms[i].list("matchExpressions")
                            if other.indices.contains(j), other[j].text("key") == stable {
                                expression["key"] = .string(stable)
                            }
                        }
                    }
                }
            }
        }
        return affinity
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        var out: [String] = []
        let spec = object["spec"] ?? [:]
        if object["metadata", "annotations", "volume.beta.kubernetes.io/storage-class"] != nil {
            out.append(
                "metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use \"storageClassName\" attribute instead"
            )
        }
        if spec.text("persistentVolumeReclaimPolicy") == "Recycle" {
            out.append(
                "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning."
            )
        }
        for (key, note) in [
            ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
            ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
            ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
            ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
            ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
            ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
        ] where spec.has(key) { out.append("spec.\(key == "storageos" ? "storageOS" : key): \(note)") }
        return out
    }
}
