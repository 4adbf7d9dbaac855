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
        let versions = request.context.settings.compiled.value(of: stored) { definition in
            var rules: [String: SchemaRules] = [:]
            for version in definition["spec"]?.list("versions") ?? [] {
                rules[version.text("name")] = version["schema", "openAPIV3Schema"].map { SchemaRules($0) }
            }
            return rules
        }
        guard let rules = versions[request.type.version] else { return }
        let old: JSON? = request.operation == .create ? Optional.none : request.old
        let (errors, warnings) = rules.validate(
            request.object, old: old, timeZone: request.context.settings.timeZone)
        request.warnings += warnings
        if errors.isEmpty { return }
        let name = request.name.isEmpty ? request.object["metadata"]?.text("name") ?? "" : request.name
        throw .invalid(request.type.groupVersionKind, name, errors)
    }
}
