import Document
import Schema

/// Checks of volumes that lie outside the cluster: disks, shares, host paths. Pods and persistent volumes name them alike.
enum DiskValidation {
    static let initiatorTooLong =
        "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified."

    /// Members that must not be empty, for kinds that ask for nothing more.
    private static let requiredMembers: [String: [String]] = [
        "rbd": ["monitors", "image"], "cephfs": ["monitors"], "vsphereVolume": ["volumePath"],
        "photonPersistentDisk": ["pdID"],
        "portworxVolume": ["volumeID"], "scaleIO": ["gateway", "system", "volumeName"],
        "glusterfs": ["endpoints", "path"],
        "azureFile": ["secretName", "shareName"], "cinder": ["volumeID"],
    ]

    /// `path` is the place of the volume; each kind stands below it under its own name.
    static func validate(
        _ source: JSON, kind: String, path: @autoclosure () -> String, isPersistent: Bool, _ errors: inout [FieldError]
    ) {
        func at() -> String { "\(path()).\(kind)" }
        for member in requiredMembers[kind] ?? []
        where errors.hasRoom && source[member]?.isEmptyValue ?? true {
            errors.append(.required("\(at()).\(member)"))
        }
        switch kind {
        case "hostPath": validateHostPath(source, path: at(), &errors)
        case "gcePersistentDisk":
            if source.text("pdName").isEmpty { errors.append(.required(path() + ".persistentDisk.pdName")) }
            validatePartition(source, path: path() + ".persistentDisk", &errors)
        case "awsElasticBlockStore":
            if source.text("volumeID").isEmpty { errors.append(.required(at() + ".volumeID")) }
            validatePartition(source, path: at(), &errors)
        case "nfs":
            for key in ["server", "path"] where source.text(key).isEmpty { errors.append(.required("\(at()).\(key)")) }
            let file = source.text("path")
            if !file.hasPrefix("/") {
                errors.append(.invalid(at() + ".path", .string(file), "must be an absolute path"))
            }
        case "iscsi": validateISCSI(source, path: at(), isPersistent: isPersistent, &errors)
        case "flocker": validateFlocker(source, path: at(), &errors)
        case "cinder", "storageos":
            validateSecretHolder(source, kind: kind, path: at(), isPersistent: isPersistent, &errors)
        case "quobyte": validateQuobyte(source, path: at(), &errors)
        case "fc": validateFC(source, path: at(), &errors)
        case "flexVolume": validateFlex(source, path: at(), &errors)
        case "azureFile":
            if isPersistent, source.given("secretNamespace")?.string == "" {
                errors.append(.required(at() + ".secretNamespace"))
            }
        case "azureDisk": validateAzureDisk(source, path: at(), &errors)
        case "glusterfs":
            if isPersistent, let namespace = source.given("endpointsNamespace")?.string {
                let reason = "if the endpointnamespace is set, it must be a valid namespace name"
                errors.addInvalid(
                    at() + ".endpointsNamespace", .string(namespace),
                    namespace.isEmpty ? [reason] : Names.dnsLabel(namespace))
            }
        default: break
        }
    }

    static func validateHostPath(_ source: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        let file = source.text("path")
        if file.isEmpty {
            errors.append(.required(path() + ".path"))
            return
        }
        errors += FilePaths.validateNoBacksteps(file, path: path() + ".path")
        let supported = [
            "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket",
        ]
        if let type = source.given("type")?.string, !supported.contains(type) {
            errors.append(.notSupported(path() + ".type", .string(type), supported))
        }
    }

    private static func validatePartition(_ source: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError])
    {
        let partition = source.integer("partition") ?? 0
        if partition < 0 || partition > 255 {
            errors.append(.invalid(path() + ".partition", .int(partition), Message.range(1, 255)))
        }
    }

    private static func validateISCSI(
        _ source: JSON, path: @autoclosure () -> String, isPersistent: Bool, _ errors: inout [FieldError]
    ) {
        if source.text("targetPortal").isEmpty { errors.append(.required(path() + ".targetPortal")) }
        let name = source.text("iqn")
        if name.isEmpty {
            errors.append(.required(path() + ".iqn"))
        } else if let problem = iqnProblem(name, isPersistent: isPersistent) {
            errors.append(.invalid(path() + ".iqn", .string(name), problem))
        }
        let lun = source.integer("lun") ?? 0
        if lun < 0 || lun > 255 { errors.append(.invalid(path() + ".lun", .int(lun), Message.range(0, 255))) }
        if source.flag("chapAuthDiscovery") || source.flag("chapAuthSession"), !source.has("secretRef") {
            errors.append(.required(path() + ".secretRef"))
        }
        if isPersistent, let secret = source.given("secretRef"), secret.text("name").isEmpty {
            errors.append(.required(path() + ".secretRef.name"))
        }
        if let initiator = source.given("initiatorName")?.string,
            let problem = iqnProblem(initiator, isPersistent: isPersistent)
        {
            errors.append(.invalid(path() + ".initiatorname", .string(initiator), problem))
        }
    }

    private static func iqnProblem(_ name: String, isPersistent: Bool) -> String? {
        let bytes = Array(name.utf8)
        switch name.prefix(3) {
        case "iqn": return isIQN(bytes) ? nil : "must be valid format"
        case "eui": return bytes.count == 20 && bytes[4...].allSatisfy(\.isAlphanumeric) ? nil : "must be valid format"
        case "naa": return bytes.count == 36 && bytes[4...].allSatisfy(\.isAlphanumeric) ? nil : "must be valid format"
        default: return isPersistent ? "must be valid format" : "must be valid format starting with iqn, eui, or naa"
        }
    }

    /// `iqn.2001-04.com.example:storage`.
    private static func isIQN(_ b: [UInt8]) -> Bool {
        guard b.count > 13, b[3] == 46, b[4..<8].allSatisfy(\.isDigit), b[8] == 45, b[9].isDigit, b[10].isDigit,
            b[11] == 46,
            let colon = b[12...].firstIndex(of: 58), colon > 12, colon + 1 < b.count
        else { return false }
        return b[12..<colon].allSatisfy { $0.isAlphanumeric || $0 == 45 || $0 == 46 }
            && b[(colon + 1)...].allSatisfy { $0 > 32 && !"^,;*&$|".utf8.contains($0) }
    }

    private static func validateFlocker(_ source: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        let name = source.text("datasetName")
        let uuid = source.text("datasetUUID")
        if name.isEmpty, uuid.isEmpty {
            errors.append(.required(path(), "one of datasetName and datasetUUID is required"))
        }
        if !name.isEmpty, !uuid.isEmpty {
            errors.append(
                .invalid(path(), "resource", "datasetName and datasetUUID can not be specified simultaneously"))
        }
        if name.utf8.contains(UInt8(ascii: "/")) {
            errors.append(.invalid(path() + ".datasetName", .string(name), "must not contain '/'"))
        }
    }

    private static func validateSecretHolder(
        _ source: JSON, kind: String, path: @autoclosure () -> String, isPersistent: Bool, _ errors: inout [FieldError]
    ) {
        if kind == "storageos" {
            let name = source.text("volumeName")
            if name.isEmpty { errors.append(.required(path() + ".volumeName")) }
            for key in ["volumeName", "volumeNamespace"] {
                let value = source.text(key)
                if !value.isEmpty { errors.addInvalid("\(path()).\(key)", .string(value), Names.dnsLabel(value)) }
            }
        }
        guard let secret = source.given("secretRef") else { return }
        for key in isPersistent ? ["name", "namespace"] : ["name"]
        where errors.hasRoom && secret.text(key).isEmpty {
            errors.append(.required("\(path()).secretRef.\(key)"))
        }
    }

    private static func validateQuobyte(_ source: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        let registry = source.text("registry")
        let form = "must be a host:port pair or multiple pairs separated by commas"
        if registry.isEmpty {
            errors.append(.required(path() + ".registry", form))
        } else if source.text("tenant").utf8.count >= 65 {
            errors.append(.required(path() + ".tenant", "must be a UUID and may not exceed a length of 64 characters"))
        } else {
            for pair in registry.split(separator: ",", omittingEmptySubsequences: false)
            where pair.utf8.lazy.filter({ $0 == 58 }).count != 1 {
                errors.append(.invalid(path() + ".registry", .string(registry), form))
            }
        }
        if source.text("volume").isEmpty { errors.append(.required(path() + ".volume")) }
    }

    private static func validateFC(_ source: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        let names = source.list("targetWWNs")
        let ids = source.list("wwids")
        if names.isEmpty, ids.isEmpty {
            errors.append(.required(path() + ".targetWWNs", "must specify either targetWWNs or wwids, but not both"))
        }
        if !names.isEmpty, !ids.isEmpty {
            errors.append(
                .invalid(
                    path() + ".targetWWNs", .array(names), "targetWWNs and wwids can not be specified simultaneously"))
        }
        if names.isEmpty { return }
        guard let lun = source.integer("lun") else {
            errors.append(.required(path() + ".lun", "lun is required if targetWWNs is specified"))
            return
        }
        if lun < 0 || lun > 255 { errors.append(.invalid(path() + ".lun", .int(lun), Message.range(0, 255))) }
    }

    private static func validateFlex(_ source: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        if source.text("driver").isEmpty { errors.append(.required(path() + ".driver")) }
        for (key, _) in source["options"]?.entries ?? JSONObject() where errors.hasRoom {
            let owner = "." + key.prefix { $0 != "/" }.lowercased()
            if owner.hasSuffix(".kubernetes.io") || owner.hasSuffix(".k8s.io") {
                errors.append(
                    .invalid(
                        "\(path()).options[\(key)]", .string(key), "kubernetes.io and k8s.io namespaces are reserved"))
            }
        }
    }

    private static func validateAzureDisk(_ source: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError])
    {
        let uri = source.text("diskURI")
        for key in ["diskName", "diskURI"] where source.text(key).isEmpty {
            errors.append(.required("\(path()).\(key)"))
        }
        let caching = ["None", "ReadOnly", "ReadWrite"]
        if let mode = source.given("cachingMode")?.string, !caching.contains(mode) {
            errors.append(.notSupported(path() + ".cachingMode", .string(mode), caching))
        }
        let kinds = ["Dedicated", "Managed", "Shared"]
        guard let kind = source.given("kind")?.string else { return }
        if !kinds.contains(kind) { errors.append(.notSupported(path() + ".kind", .string(kind), kinds)) }
        if kind == "Managed", !uri.hasPrefix("/subscriptions/") {
            errors.append(
                .notSupported(
                    path() + ".diskURI", .string(uri),
                    ["/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"])
            )
        }
        if kind != "Managed", !uri.hasPrefix("https://") {
            errors.append(
                .notSupported(
                    path() + ".diskURI", .string(uri),
                    ["https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"]))
        }
    }

    /// The name of a CSI driver.
    static func validateDriver(_ name: String, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        if name.isEmpty {
            errors.append(.required(path()))
            return
        }
        if name.utf8.count > 63 { errors.append(.tooLong(path(), 63)) }
        errors.addInvalid(path(), .string(name), Names.dnsSubdomain(name.lowercased()))
    }
}
