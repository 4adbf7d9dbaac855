public import Document
public import Schema

/// Everything that is served in one document: `APIGroupDiscoveryList` of `apidiscovery.k8s.io`.
public enum AggregatedDiscovery {
    /// The core group (`/api`) or all others (`/apis`). `version` is `v2` or `v2beta1`; they differ in name only.
    public static func document(_ catalog: Catalog, core: Bool, version: String) -> JSON {
        let names = APIGroups.groupNames(catalog).filter { $0.isEmpty == core }
        return [
            "kind": "APIGroupDiscoveryList", "apiVersion": .string("apidiscovery.k8s.io/" + version), "metadata": [:],
            "items": .array(
                names.map { name in
                    var metadata: JSON = ["creationTimestamp": .null]
                    if !name.isEmpty { metadata["name"] = .string(name) }
                    return [
                        "metadata": metadata,
                        "versions": .array(
                            APIGroups.versions(of: name, catalog).map { version in
                                [
                                    "version": .string(version), "freshness": "Current",
                                    "resources": .array(
                                        catalog.resources.filter { $0.group == name && $0.version == version }.map(
                                            resource)),
                                ]
                            }),
                    ]
                }),
        ]
    }

    private static func kind(_ kind: GroupVersionKind) -> JSON {
        ["group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind)]
    }

    private static func resource(_ type: ResourceType) -> JSON {
        var entry: JSON = [
            "resource": .string(type.resource), "responseKind": kind(type.groupVersionKind),
            "scope": type.isNamespaced ? "Namespaced" : "Cluster", "singularResource": .string(type.singular),
            "verbs": .array(APIGroups.verbs(type).map { .string($0) }),
        ]
        if !type.shortNames.isEmpty { entry["shortNames"] = .array(type.shortNames.map { .string($0) }) }
        if !type.categories.isEmpty { entry["categories"] = .array(type.categories.map { .string($0) }) }
        if !type.subresources.isEmpty {
            entry["subresources"] = .array(
                type.subresources.map { sub in
                    [
                        "subresource": .string(sub.name), "responseKind": kind(sub.kind),
                        "verbs": .array(sub.verbs.map { .string($0) }),
                    ]
                })
        }
        return entry
    }
}
