import Schema

/// The rules of this group's kinds.
enum APIExtensionsRules {
    static let entries: [RuleBook.Entry] = [
        (
            GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions"),
            CustomResourceDefinitionRules()
        )
    ]
}
