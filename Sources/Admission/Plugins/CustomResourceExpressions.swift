import Document
import Schema

/// The rules that a CustomResourceDefinition writes as expressions. Upstream asks them along with the schema, not as a plugin.
struct CustomResourceExpressions: AdmissionPlugin {
    let name = "CustomResourceValidation"

    func validate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.type.isCustom, request.operation == .create || request.operation == .update,
            request.subresource.isEmpty || request.subresource == "status"
        else { return }
        let store = GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")
        let key = request.type.resource + "." + request.type.group
        guard let stored = request.context.state.object(store, "", key), stored.body.holds("x-kubernetes-validations")
        else { return }
        let version = stored.document["spec"]?.list("versions").first { $0.text("name") == request.type.version }
        guard let schema = version?["schema", "openAPIV3Schema"] else { return }
        let old: JSON? = request.operation == .create ? Optional.none : request.old
        let (errors, warnings) = SchemaRules(schema).validate(
            request.object, old: old, timeZone: request.context.settings.timeZone)
        request.warnings += warnings
        if errors.isEmpty { return }
        let name = request.name.isEmpty ? request.object["metadata"]?.text("name") ?? "" : request.name
        throw .invalid(request.type.groupVersionKind, name, errors)
    }
}
