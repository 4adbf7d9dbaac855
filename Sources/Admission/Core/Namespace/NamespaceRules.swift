import Document
import Schema

/// Namespaces: they start active, carry their own name as a label, and are let go by the `finalize` endpoint.
struct NamespaceRules: KindRules {
    private static let nameLabel = "kubernetes.io/metadata.name"
    var nameRule: NameRule { .dnsLabel }
    var countsGeneration: Bool { false }

    func setDefaults(_ object: inout JSON) {
        let name = object["metadata"]?.text("name") ?? ""
        if !name.isEmpty { object["metadata", "labels", NamespaceRules.nameLabel] = .string(name) }
        object.fill("spec", [:])
        object.fill("status", [:])
        object.modify("status") { $0.fillText("phase", "Active") }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = ["phase": "Active"]
        var finalizers = object["spec"]?.list("finalizers") ?? []
        if !finalizers.contains("kubernetes") { finalizers.append("kubernetes") }
        object["spec", "finalizers"] = .array(finalizers)
        if let name = object["metadata"]?.text("name"), !name.isEmpty {
            object["metadata", "labels", NamespaceRules.nameLabel] = .string(name)
        }
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        switch subresource {
        case "status": object["spec"] = old["spec"]
        case "finalize": object["status"] = old["status"]
        default:
            object["spec", "finalizers"] = old["spec", "finalizers"]
            object["status"] = old["status"]
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        (object["spec"]?.list("finalizers") ?? []).flatMap {
            validateFinalizer($0.string ?? "", path: "spec.finalizers")
        }
    }

    private func validateFinalizer(_ name: String, path: String) -> [FieldError] {
        ObjectMetaRules.validateFinalizers([name], path: path)
            + ObjectMetaRules.validateStandardFinalizer(name, path: path)
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        var errors = ObjectMetaRules.revalidate(object, old: old)
        switch subresource {
        case "status":
            let phase = object["status"]?.text("phase") ?? ""
            let isDeleted = object["metadata"]?.has("deletionTimestamp") ?? false
            if !isDeleted, phase != "Active" {
                errors.append(
                    .invalid("status.Phase", .string(phase), "may only be 'Active' if `deletionTimestamp` is empty"))
            } else if isDeleted, phase != "Terminating" {
                errors.append(
                    .invalid(
                        "status.Phase", .string(phase), "may only be 'Terminating' if `deletionTimestamp` is not empty")
                )
            }
        case "finalize":
            for (i, name) in (object["spec"]?.list("finalizers") ?? []).enumerated()
            where errors.hasRoom {
                errors += validateFinalizer(name.string ?? "", path: "spec.finalizers[\(i)]")
            }
        default: break
        }
        return errors
    }
}
