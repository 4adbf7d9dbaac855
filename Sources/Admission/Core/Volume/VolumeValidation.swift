import Document
import Schema

/// Checks of a pod's volumes.
enum VolumeValidation {
    private static let oneType = "may not specify more than 1 volume type"

    /// Kinds of volume in the order they are looked at, with the path upstream reports a second one at.
    private static let kinds: [(key: String, path: String)] = [
        ("emptyDir", "emptyDir"), ("hostPath", "hostPath"), ("gitRepo", "gitRepo"),
        ("gcePersistentDisk", "gcePersistentDisk"),
        ("awsElasticBlockStore", "awsElasticBlockStore"), ("secret", "secret"), ("nfs", "nfs"), ("iscsi", "iscsi"),
        ("glusterfs", "glusterfs"), ("flocker", "flocker"), ("persistentVolumeClaim", "persistentVolumeClaim"),
        ("rbd", "rbd"),
        ("cinder", "cinder"), ("cephfs", "cephFS"), ("quobyte", "quobyte"), ("downwardAPI", "downwarAPI"), ("fc", "fc"),
        ("flexVolume", "flexVolume"), ("configMap", "configMap"), ("azureFile", "azureFile"),
        ("vsphereVolume", "vsphereVolume"),
        ("photonPersistentDisk", "photonPersistentDisk"), ("portworxVolume", "portworxVolume"),
        ("azureDisk", "azureDisk"),
        ("storageos", "storageos"), ("projected", "projected"), ("scaleIO", "scaleIO"), ("csi", "csi"),
        ("ephemeral", "ephemeral"),
        ("image", "image"),
    ]

    /// Checks all volumes and notes the good ones in `scope.volumes`.
    static func validate(
        _ volumes: [JSON], path: @autoclosure () -> String, _ scope: inout PodValidationScope,
        _ errors: inout [FieldError]
    ) {
        if volumes.isEmpty { return }
        var created: Set<String> = []
        if !scope.podName.isEmpty {
            for volume in volumes where volume.has("ephemeral") {
                created.insert(scope.podName + "-" + volume.text("name"))
            }
        }
        for (i, volume) in volumes.enumerated() where errors.hasRoom {
            func at() -> String { "\(path())[\(i)]" }
            let name = volume.text("name")
            let before = errors.count
            validateSource(volume, path: at(), scope, &errors)
            if name.isEmpty {
                errors.append(.required(at() + ".name"))
            } else {
                errors.addInvalid(at() + ".name", .string(name), Names.dnsLabel(name))
            }
            if scope.volumes[name] != nil { errors.append(.duplicate(at() + ".name", .string(name))) }
            if errors.count == before { scope.volumes[name] = volume }
            if let claim = volume["persistentVolumeClaim"]?.text("claimName"), created.contains(claim) {
                errors.append(
                    .invalid(
                        at() + ".persistentVolumeClaim.claimName", .string(claim),
                        "must not reference a PVC that gets created for an ephemeral volume"))
            }
        }
    }

    private static func validateSource(
        _ volume: JSON, path: @autoclosure () -> String, _ scope: PodValidationScope, _ errors: inout [FieldError]
    ) {
        var isGiven = false
        for (key, reported) in kinds where errors.hasRoom {
            guard let source = volume.given(key) else { continue }
            if isGiven {
                errors.append(.forbidden("\(path()).\(reported)", oneType))
            } else {
                isGiven = true
                validate(source, kind: key, volume: volume.text("name"), path: path(), scope, &errors)
            }
            if key == "iscsi", source.has("initiatorName"),
                "\(volume.text("name")):\(source.text("targetPortal"))".utf8.count > 64
            {
                errors.append(.invalid(path() + ".name", .string(volume.text("name")), DiskValidation.initiatorTooLong))
            }
        }
        if !isGiven { errors.append(.required(path(), "must specify a volume type")) }
    }

    private static func validate(
        _ source: JSON, kind: String, volume: String, path: @autoclosure () -> String, _ scope: PodValidationScope,
        _ errors: inout [FieldError]
    ) {
        func at() -> String { "\(path()).\(kind)" }
        switch kind {
        case "emptyDir":
            if source.has("sizeLimit"), Amount(source["sizeLimit"]) < .zero {
                errors.append(.forbidden(at() + ".sizeLimit", "SizeLimit field must be a valid resource quantity"))
            }
        case "secret", "configMap":
            let name = kind == "secret" ? "secretName" : "name"
            if source.text(name).isEmpty { errors.append(.required("\(at()).\(name)")) }
            errors += FilePaths.validateMode(source["defaultMode"], path: at() + ".defaultMode")
            validateItems(source, path: at(), &errors)
        case "persistentVolumeClaim":
            if source.text("claimName").isEmpty { errors.append(.required(at() + ".claimName")) }
        case "downwardAPI":
            errors += FilePaths.validateMode(source["defaultMode"], path: at() + ".defaultMode")
            for file in source.list("items") { validateFile(file, path: at(), &errors) }
        case "projected": ProjectedVolumeValidation.validate(source, path: at(), &errors)
        case "gitRepo":
            if source.text("repository").isEmpty { errors.append(.required(at() + ".repository")) }
            errors += FilePaths.validateDescending(source.text("directory"), path: at() + ".directory")
        case "csi": validateCSI(source, path: at(), &errors)
        case "ephemeral": validateEphemeral(source, volume: volume, path: path(), scope, &errors)
        case "image":
            if scope.isPod, source.text("reference").isEmpty { errors.append(.required(at() + ".reference")) }
            ContainerValidation.validatePullPolicy(source.text("pullPolicy"), path: at() + ".pullPolicy", &errors)
        default: DiskValidation.validate(source, kind: kind, path: path(), isPersistent: false, &errors)
        }
    }

    static func validateItems(_ source: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        for (i, item) in source.list("items").enumerated() where errors.hasRoom {
            validateItem(item, path: "\(path()).items[\(i)]", &errors)
        }
    }

    private static func validateItem(_ item: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        if item.text("key").isEmpty { errors.append(.required(path() + ".key")) }
        let file = item.text("path")
        if file.isEmpty { errors.append(.required(path() + ".path")) }
        errors += FilePaths.validateNotReserved(file, path: path() + ".path")
        errors += FilePaths.validateMode(item["mode"], path: path() + ".mode")
    }

    /// A file made from the pod's own fields.
    static func validateFile(_ file: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        let name = file.text("path")
        if name.isEmpty { errors.append(.required(path() + ".path")) }
        errors += FilePaths.validateNotReserved(name, path: path() + ".path")
        if let field = file.given("fieldRef") {
            EnvironmentValidation.validateField(field, isFile: true, path: path() + ".fieldRef", &errors)
            if file.has("resourceFieldRef") {
                errors.append(
                    .invalid(path(), "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"))
            }
        } else if let resource = file.given("resourceFieldRef") {
            EnvironmentValidation.validateResourceField(
                resource, isFile: true, path: path() + ".resourceFieldRef", &errors)
        } else {
            errors.append(.required(path(), "one of fieldRef and resourceFieldRef is required"))
        }
        errors += FilePaths.validateMode(file["mode"], path: path() + ".mode")
    }

    private static func validateCSI(_ source: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        DiskValidation.validateDriver(source.text("driver"), path: path() + ".driver", &errors)
        if let secret = source.given("nodePublishSecretRef") {
            let name = secret.text("name")
            if name.isEmpty {
                errors.append(.required(path() + ".nodePublishSecretRef.name"))
            } else {
                errors.addInvalid(path() + ".name", .string(name), Names.dnsSubdomain(name))
            }
        }
    }

    private static func validateEphemeral(
        _ source: JSON, volume: String, path: @autoclosure () -> String, _ scope: PodValidationScope,
        _ errors: inout [FieldError]
    ) {
        func at() -> String { path() + ".ephemeral.volumeClaimTemplate" }
        if let template = source.given("volumeClaimTemplate") {
            let meta = template["metadata"] ?? [:]
            errors += ObjectMetaRules.validateAnnotations(meta["annotations"], path: at() + ".metadata.annotations")
            errors += LabelRules.validateLabels(meta["labels"], path: at() + ".metadata.labels")
            for (key, value) in meta.entries
            where errors.hasRoom && key != "annotations" && key != "labels" && !value.isEmptyValue {
                errors.append(.forbidden("\(at()).metadata.\(key)", "cannot be set"))
            }
            PersistentVolumeClaimRules.validateSpec(template["spec"] ?? [:], path: at() + ".spec", &errors)
        } else {
            errors.append(.required(at()))
        }
        if !scope.podName.isEmpty, !volume.isEmpty {
            let claim = scope.podName + "-" + volume
            for text in Names.dnsSubdomain(claim) where errors.hasRoom {
                errors.append(.invalid(path() + ".name", .string(volume), "PVC name \"\(claim)\": \(text)"))
            }
        }
    }
}
