public import Document
public import Schema

/// What every object's metadata must hold to: upstream's `ValidateObjectMeta` and `ValidateObjectMetaUpdate`.
public enum ObjectMetaRules {
    /// The limit for all annotations of an object together, keys and values.
    static let annotationsBytesMax = 256 * 1024

    /// Everything wrong with the metadata of a new object, whose name has been generated if it had to be.
    /// `checksStandardFinalizers` is false for custom resources: there a finalizer without a domain is only warned about.
    public static func validateCreate(
        _ meta: JSON, isNamespaced: Bool, nameRule: NameRule, path: String = "metadata",
        checksStandardFinalizers: Bool = true
    ) -> [FieldError] {
        var errors: [FieldError] = []
        if let prefix = meta["generateName"]?.string, !prefix.isEmpty {
            for text in Names.check(prefix, nameRule, isPrefix: true) where errors.hasRoom {
                errors.append(.invalid(path + ".generateName", .string(prefix), text))
            }
        }
        let name = meta["name"]?.string ?? ""
        if name.isEmpty {
            errors.append(.required(path + ".name", "name or generateName is required"))
        } else {
            for text in Names.check(name, nameRule) { errors.append(.invalid(path + ".name", .string(name), text)) }
        }
        let namespace = meta["namespace"]?.string ?? ""
        if isNamespaced {
            if namespace.isEmpty {
                errors.append(.required(path + ".namespace"))
            } else {
                for text in Names.dnsLabel(namespace) where errors.hasRoom {
                    errors.append(.invalid(path + ".namespace", .string(namespace), text))
                }
            }
        } else if !namespace.isEmpty {
            errors.append(.forbidden(path + ".namespace", "not allowed on this type"))
        }
        errors += common(meta, path: path)
        let finalizers = meta["finalizers"]?.strings ?? []
        errors += validateFinalizers(finalizers, path: path + ".finalizers")
        if checksStandardFinalizers { errors += validateStandardFinalizers(finalizers, path: path + ".finalizers") }
        return errors
    }

    /// Most kinds check their changed metadata once more than the verbs do; the answer then names each mistake again.
    static func revalidate(_ object: JSON, old: JSON, checksStandardFinalizers: Bool = true) -> [FieldError] {
        let meta = object["metadata"] ?? .null
        let errors = validateUpdate(meta, old: old["metadata"] ?? .null)
        guard checksStandardFinalizers else { return errors }
        return errors + validateStandardFinalizers(meta["finalizers"]?.strings ?? [], path: "metadata.finalizers")
    }

    /// A finalizer without a domain is one of Kubernetes' own.
    static func validateStandardFinalizers(_ finalizers: [String], path: String) -> [FieldError] {
        var errors: [FieldError] = []
        for (i, name) in finalizers.enumerated() where errors.hasRoom {
            errors += validateStandardFinalizer(name, path: "\(path)[\(i)]")
        }
        return errors
    }
    static func validateStandardFinalizer(_ name: String, path: String) -> [FieldError] {
        let known =
            name.utf8.contains(UInt8(ascii: "/")) || ["kubernetes", "orphan", "foregroundDeletion"].contains(name)
        return known
            ? []
            : [.invalid(path, .string(name), "name is neither a standard finalizer name nor is it fully qualified")]
    }

    /// Everything wrong with changed metadata. `meta` already carries what the server fills in (resourceVersion, uid, …).
    public static func validateUpdate(_ meta: JSON, old: JSON, path: String = "metadata") -> [FieldError] {
        var errors: [FieldError] = []
        if let deletion = old["deletionTimestamp"], !deletion.isNull {
            errors += validateNoNewFinalizers(
                meta["finalizers"]?.strings ?? [], old["finalizers"]?.strings ?? [], path: path + ".finalizers")
        }
        if (meta["resourceVersion"]?.string ?? "").isEmpty {
            errors.append(.invalid(path + ".resourceVersion", "", "must be specified for an update"))
        }
        if (meta["generation"]?.int ?? 0) < (old["generation"]?.int ?? 0) {
            errors.append(.invalid(path + ".generation", .int(meta["generation"]?.int ?? 0), "must not be decremented"))
        }
        for field in ["name", "namespace", "uid"] where (meta[field]?.string ?? "") != (old[field]?.string ?? "") {
            errors.append(.invalid("\(path).\(field)", .string(meta[field]?.string ?? ""), Message.immutable))
        }
        for field in ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]
        where (meta[field] ?? .null) != (old[field] ?? .null) {
            errors.append(.invalid("\(path).\(field)", meta[field] ?? .null, Message.immutable))
        }
        return errors + common(meta, path: path)
    }

    /// What is checked alike when an object is made and when it is changed.
    private static func common(_ meta: JSON, path: String) -> [FieldError] {
        var errors: [FieldError] = []
        if let generation = meta["generation"]?.int, generation < 0 {
            errors.append(.invalid(path + ".generation", .int(generation), Message.notNegative))
        }
        errors += LabelRules.validateLabels(meta["labels"], path: path + ".labels")
        errors += validateAnnotations(meta["annotations"], path: path + ".annotations")
        errors += validateOwners(meta["ownerReferences"], path: path + ".ownerReferences")
        return errors
    }

    static func validateAnnotations(_ annotations: JSON?, path: String) -> [FieldError] {
        guard let pairs = annotations?.object, !pairs.isEmpty else { return [] }
        var errors: [FieldError] = []
        var total = 0
        for (key, value) in pairs where errors.hasRoom {
            if !Names.isQualifiedName(key) {
                for text in Names.qualifiedName(key.lowercased()) { errors.append(.invalid(path, .string(key), text)) }
            }
            total += key.utf8.count + (value.string ?? "").utf8.count
        }
        if total > annotationsBytesMax { errors.append(.tooLong(path, annotationsBytesMax)) }
        return errors
    }

    private static let ownersShownMax = 64

    static func validateOwners(_ owners: JSON?, path: String) -> [FieldError] {
        var errors: [FieldError] = []
        var controller = ""
        for owner in owners?.elements ?? [] where errors.hasRoom {
            let version = owner["apiVersion"]?.string ?? ""
            let kind = owner["kind"]?.string ?? ""
            let name = owner["name"]?.string ?? ""
            // Upstream names no element, and takes an apiVersion that it cannot split for none.
            let parts = version.split(separator: "/", omittingEmptySubsequences: false)
            let hasVersion = parts.count <= 2 && !(parts.last ?? "").isEmpty
            if !hasVersion {
                errors.append(.invalid(path + ".apiVersion", .string(version), "version must not be empty"))
            }
            if kind.isEmpty { errors.append(.invalid(path + ".kind", "", "must not be empty")) }
            if name.isEmpty { errors.append(.invalid(path + ".name", "", "must not be empty")) }
            if (owner["uid"]?.string ?? "").isEmpty {
                errors.append(.invalid(path + ".uid", "", "must not be empty"))
            }
            if version == "v1", kind == "Event" {
                errors.append(.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner"))
            }
            if owner["controller"]?.bool == true {
                let current = kind + "/" + name
                if controller.isEmpty {
                    controller = current
                } else if (owners?.elements.count ?? 0) <= ownersShownMax || errors.count < ownersShownMax {
                    // Each names all owners.
                    errors.append(
                        .invalid(
                            path, owners ?? .null,
                            "Only one reference can have Controller set to true. Found \"true\" in references for \(controller) and \(current)"
                        ))
                }
            }
        }
        return errors
    }

    static func validateFinalizers(_ finalizers: [String], path: String) -> [FieldError] {
        var errors: [FieldError] = []
        for finalizer in finalizers where errors.hasRoom && !Names.isQualifiedName(finalizer) {
            for text in Names.qualifiedName(finalizer) { errors.append(.invalid(path, .string(finalizer), text)) }
        }
        if finalizers.contains("orphan"), finalizers.contains("foregroundDeletion") {
            errors.append(
                .invalid(
                    path, .array(finalizers.map { .string($0) }),
                    "finalizer orphan and foregroundDeletion cannot be both set"))
        }
        return errors
    }

    static func validateNoNewFinalizers(_ new: [String], _ old: [String], path: String) -> [FieldError] {
        let known = Set(old)
        let extra = Set(new.filter { !known.contains($0) }).sorted()
        guard !extra.isEmpty else { return [] }
        let list = extra.map { "\"\($0)\"" }.joined(separator: ", ")
        return [
            .forbidden(
                path,
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}")
        ]
    }
}
