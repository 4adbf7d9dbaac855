import Document
import Schema

struct CSIDriverRules: KindRules {
    var allowsUnconditionalUpdate: Bool { false }

    func setDefaults(_ object: inout JSON) {
        if object["spec"] == nil { object["spec"] = [:] }
        object.modify("spec") { spec in
            spec.fill("attachRequired", true)
            spec.fill("fsGroupPolicy", "ReadWriteOnceWithFSType")
            for field in ["podInfoOnMount", "requiresRepublish", "seLinuxMount", "storageCapacity"] {
                spec.fill(field, false)
            }
            // Not served yet.
            spec["preventPodSchedulingIfMissing"] = Optional.none
            if spec.list("volumeLifecycleModes").isEmpty { spec["volumeLifecycleModes"] = ["Persistent"] }
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        validateSpec(object["spec"] ?? .null)
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        var errors = ObjectMetaRules.revalidate(object, old: old) + validateSpec(object["spec"] ?? .null)
        for field in ["attachRequired", "volumeLifecycleModes"] {
            errors += Immutability.check(object["spec", field], old["spec", field], path: "spec." + field)
        }
        return errors
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        let spec = object["spec"] ?? .null
        if spec.list("tokenRequests").isEmpty || spec.has("serviceAccountTokenInSecrets") { return [] }
        if let old, Semantics.equal(spec["tokenRequests"], old["spec", "tokenRequests"]) { return [] }
        return [
            "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes"
        ]
    }

    private func validateSpec(_ spec: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        let policies = ["File", "None", "ReadWriteOnceWithFSType"]
        if let policy = spec["fsGroupPolicy"]?.string, !policies.contains(policy) {
            errors.append(.notSupported("spec.fsGroupPolicy", .string(policy), policies))
        }
        var audiences: Set<String> = []
        for (i, request) in spec.list("tokenRequests").enumerated() where errors.hasRoom {
            let at = "spec.tokenRequests[\(i)]"
            if !audiences.insert(request.text("audience")).inserted {
                errors.append(.duplicate(at + ".audience", .string(request.text("audience"))))
            }
            guard let seconds = request.integer("expirationSeconds") else { continue }
            if seconds < 600 {
                errors.append(
                    .invalid(
                        at + ".expirationSeconds", .int(seconds), "may not specify a duration less than 10 minutes"))
            }
            if seconds > 1 << 32 {
                errors.append(
                    .invalid(
                        at + ".expirationSeconds", .int(seconds), "may not specify a duration larger than 2^32 seconds")
                )
            }
        }
        for mode in spec["volumeLifecycleModes"]?.strings ?? []
        where errors.hasRoom && mode != "Persistent" && mode != "Ephemeral" {
            errors.append(.notSupported("spec.volumeLifecycleModes", .string(mode), ["Persistent", "Ephemeral"]))
        }
        if let seconds = spec.integer("nodeAllocatableUpdatePeriodSeconds"), seconds < 10 {
            errors.append(
                .invalid(
                    "spec.nodeAllocatableUpdatePeriodSeconds", .int(seconds),
                    "must be greater than or equal to 10 seconds"))
        }
        return errors
    }
}

struct CSINodeRules: KindRules {
    var allowsUnconditionalUpdate: Bool { false }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (i, driver) in (object["spec"]?.list("drivers") ?? []).enumerated() where errors.hasRoom {
            let at = "spec.drivers[\(i)]"
            let (name, node) = (driver.text("name"), driver.text("nodeID"))
            errors += CSIDriverName.validate(name, path: at + ".name")
            if node.isEmpty { errors.append(.required(at + ".nodeID")) }
            if node.utf8.count > 256 {
                errors.append(.invalid(at + ".nodeID", .string(node), "must be 256 characters or less"))
            }
            if let count = driver["allocatable"]?.integer("count"), count < 0 {
                errors.append(.invalid(at + ".allocatable.count", .int(count), Message.notNegative))
            }
            var keys: Set<String> = []
            for key in driver["topologyKeys"]?.strings ?? [] {
                // Upstream names the driver, not the list.
                if key.isEmpty { errors.append(.required(at)) }
                if !keys.insert(key).inserted { errors.append(.duplicate(at, .string(key))) }
                errors.addInvalid(at, .string(key), Names.qualifiedName(key))
            }
            if !names.insert(name).inserted { errors.append(.duplicate(at + ".name", .string(name))) }
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.validateCreate(object["metadata"] ?? .null, isNamespaced: false, nameRule: nameRule)
            + validateCreate(object, context) + driverChanges(object, old)
    }

    /// A driver's entry may be taken away or added, not changed; how many volumes it takes may.
    private func driverChanges(_ object: JSON, _ old: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        for was in old["spec"]?.list("drivers") ?? [] {
            for now in object["spec"]?.list("drivers") ?? [] where now["name"] == was["name"] {
                var (a, b) = (now, was)
                a["allocatable"] = Optional.none
                b["allocatable"] = Optional.none
                errors += Immutability.check(a, b, path: "spec.drivers", form: "CSINodeDriver")
            }
        }
        return errors
    }
}

struct VolumeAttachmentRules: KindRules {
    var allowsUnconditionalUpdate: Bool { false }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = ["attached": false]
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        var errors: [FieldError] = []
        let (attacher, node) = (spec.text("attacher"), spec.text("nodeName"))
        errors += CSIDriverName.validate(attacher, path: "spec.attacher")
        errors.addInvalid("spec.nodeName", .string(node), Names.dnsSubdomain(node))
        let source = spec["source"] ?? .null
        let inline = source.has("inlineVolumeSpec")
        switch (inline, source["persistentVolumeName"]?.string) {
        case (false, nil):
            errors.append(
                .required("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName"))
        case (true, .some):
            errors.append(
                .forbidden("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName"))
        case (false, .some(let name)):
            if name.isEmpty {
                errors.append(
                    .required("spec.source.persistentVolumeName", "must specify non empty persistentVolumeName"))
            }
            errors.addInvalid("spec.source.persistentVolumeName", .string(name), Names.dnsSubdomain(name))
        case (true, nil): break
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.validateCreate(object["metadata"] ?? .null, isNamespaced: false, nameRule: nameRule)
            + validateCreate(object, context)
            + Immutability.check(object["spec"], old["spec"], path: "spec", form: "VolumeAttachmentSpec")
    }
}

struct CSIStorageCapacityRules: KindRules {
    var allowsUnconditionalUpdate: Bool { false }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        if object.has("nodeTopology") {
            errors += LabelRules.validateSelector(object["nodeTopology"], path: "nodeTopology")
        }
        let name = object.text("storageClassName")
        errors.addInvalid("storageClassName", .string(name), Names.dnsSubdomain(name))
        if let value = object.given("capacity"), Amount(value) < .zero {
            errors.append(.invalid("capacity", value, Message.notNegative))
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        var errors = ObjectMetaRules.validateCreate(
            object["metadata"] ?? .null, isNamespaced: true, nameRule: nameRule)
        errors += validateCreate(object, context) + ObjectMetaRules.revalidate(object, old: old)
        for field in ["nodeTopology", "storageClassName"] {
            errors += Immutability.check(object[field], old[field], path: field)
        }
        return errors
    }
}
