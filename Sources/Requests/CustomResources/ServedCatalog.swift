public import ClusterState
public import Document
public import Schema

extension Catalog {
    /// What is served at a state: the built-in kinds and those of its CustomResourceDefinitions.
    public static func serving(_ state: ClusterState) -> Catalog {
        let definitions = state.objects(
            GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions"))
        if definitions.isEmpty { return .builtin }
        var resources = Catalog.builtin.resources
        for stored in definitions { resources += CustomResources.resources(of: stored.document) }
        return Catalog(resources: resources, types: Catalog.builtin.types, kindTypes: Catalog.builtin.namedKinds)
    }
}

/// The resources that a CustomResourceDefinition adds.
public enum CustomResources {
    static let verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]

    /// One resource for each served version; none until the names are accepted.
    public static func resources(of definition: JSON) -> [ResourceType] {
        let accepted =
            definition["status", "conditions"]?.elements.contains {
                $0["type"] == "Established" && $0["status"] == "True"
            } ?? false
        guard accepted, let spec = definition["spec"] else { return [] }
        let group = spec["group"]?.string ?? ""
        let names = definition["status", "acceptedNames"] ?? spec["names"] ?? .null
        let plural = names["plural"]?.string ?? ""
        let kind = names["kind"]?.string ?? ""
        let versions = spec["versions"]?.elements ?? []
        let storage = versions.first { $0["storage"] == true }?["name"]?.string ?? ""
        return versions.filter { $0["served"] == true }.map { version in
            let name = version["name"]?.string ?? ""
            let own = GroupVersionKind(group: group, version: name, kind: kind)
            var subresources: [ResourceType.Subresource] = []
            if version["subresources", "status"] != nil {
                subresources.append(.init(name: "status", kind: own, verbs: ["get", "patch", "update"]))
            }
            if version["subresources", "scale"] != nil {
                subresources.append(
                    .init(
                        name: "scale", kind: GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale"),
                        verbs: ["get", "patch", "update"]))
            }
            var resource = ResourceType(
                group: group, version: name, resource: plural, kind: kind, singular: names["singular"]?.string ?? "",
                shortNames: names["shortNames"]?.strings ?? [], categories: names["categories"]?.strings ?? [],
                isNamespaced: spec["scope"] == "Namespaced", verbs: verbs, subresources: subresources,
                schema: StructuralSchema.type(
                    for: own, schema: version["schema", "openAPIV3Schema"],
                    hasStatus: version["subresources", "status"] != nil),
                isCustom: true, storageVersion: group + "/" + storage)
            if spec["conversion", "strategy"] == "Webhook" {
                resource.conversionWebhook = spec["conversion", "webhook"]
            }
            if let scale = version["subresources", "scale"] {
                func path(_ member: String) -> [String]? {
                    scale[member]?.string.map { $0.split(separator: ".").map(String.init) }
                }
                if let replicas = path("specReplicasPath") { resource.scalePaths.replicas = replicas }
                if let replicas = path("statusReplicasPath") { resource.scalePaths.statusReplicas = replicas }
                resource.scalePaths.selector = path("labelSelectorPath")
            }
            return resource
        }
    }
}
