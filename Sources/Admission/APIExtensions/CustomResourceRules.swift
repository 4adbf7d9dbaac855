public import ClusterState
public import Document
public import Schema

/// The rules of a custom resource: those that its CustomResourceDefinition gives it.
public struct CustomResourceRules: KindRules {
    /// nil when the version keeps whatever it is given.
    public let schema: StructuralSchema?
    private let preservesUnknown: Bool
    private let hasStatus: Bool

    /// Reads one version of a definition.
    public init(definition: JSON, version: String) {
        let found = definition["spec"]?.list("versions").first { $0.text("name") == version }
        let root = found?["schema", "openAPIV3Schema"]
        schema = root.map { StructuralSchema($0) }
        preservesUnknown = definition["spec"]?.flag("preserveUnknownFields") ?? false
        hasStatus = found?["subresources"]?.has("status") ?? false
    }

    /// The rules of a custom resource as its definition in that state has them.
    public static func find(for type: ResourceType, in state: ClusterState) -> CustomResourceRules? {
        let store = GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")
        guard type.isCustom, let definition = state.object(store, "", type.resource + "." + type.group) else { return nil }
        return CustomResourceRules(definition: definition.document, version: type.version)
    }

    /// Drops what the schema does not know; gives the paths, for warnings and strict validation.
    public func prune(_ object: inout JSON) -> [String] {
        guard let schema, !preservesUnknown else { return [] }
        return schema.prune(&object)
    }

    public func setDefaults(_ object: inout JSON) {
        guard let schema else { return }
        let metadata = object["metadata"]
        schema.applyDefaults(&object)
        object["metadata"] = metadata
    }

    public func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        if hasStatus { object["status"] = nil }
    }

    public func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] { schema?.validate(object) ?? [] }

    public func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        let errors = schema?.validate(object) ?? []
        if errors.isEmpty { return errors }
        // What was wrong before and has not been touched does not stand in the way: upstream's ratcheting.
        let before = Set((schema?.validate(old) ?? []).map(\.description))
        return errors.filter { error in
            guard before.contains(error.description) else { return true }
            let path = error.path.split(separator: ".").map(String.init)
            return object[path] != old[path]
        }
    }

    public var nameRule: NameRule { .dnsSubdomain }
    public var allowsUnconditionalUpdate: Bool { false }
}
