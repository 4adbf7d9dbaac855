import Document
import Schema

/// The rules of the kinds of node.k8s.io.
enum NodeKindRules {
    static let entries: [RuleBook.Entry] = [
        (GroupResource(group: "node.k8s.io", resource: "runtimeclasses"), RuntimeClassRules())
    ]
}

struct RuntimeClassRules: KindRules {
    var checksStandardFinalizers: Bool { false }
    var allowsUnconditionalUpdate: Bool { false }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        let handler = object.text("handler")
        if handler.isEmpty {
            errors.append(.required("handler"))
        } else {
            errors.addInvalid("handler", .string(handler), Names.dnsLabel(handler))
        }
        for (name, value) in object["overhead", "podFixed"]?.entries ?? JSONObject() {
            let path = "overhead.limits[\(name)]"
            errors += ResourceNames.validateForContainer(name, path: path)
            errors += ResourceNames.validateAmount(name, value, path: path)
        }
        if let scheduling = object.given("scheduling") {
            errors += LabelRules.validateLabels(scheduling["nodeSelector"], path: "scheduling.nodeSelector")
            SchedulingValidation.validateTolerations(
                scheduling.list("tolerations"), path: "scheduling.tolerations", &errors)
            var seen: [JSON] = []
            for (i, toleration) in scheduling.list("tolerations").enumerated() {
                if seen.contains(toleration) {
                    errors.append(
                        .duplicateDump(
                            "scheduling.tolerations[\(i)]", InternalForm.text(toleration, "Toleration")))
                }
                seen.append(toleration)
            }
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        validateCreate(object, context)
            + ObjectMetaRules.revalidate(object, old: old, checksStandardFinalizers: false)
            + Immutability.check(object["handler"], old["handler"], path: "handler")
    }
}
