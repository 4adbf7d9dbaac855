import Schema

/// The rules of the core group's kinds.
enum CoreRules {
    static let entries: [RuleBook.Entry] = [
        (.init(resource: "bindings"), BindingRules()),
        (.init(resource: "configmaps"), ConfigMapRules()),
        (.init(resource: "endpoints"), EndpointsRules()),
        (.init(resource: "events"), EventRules()),
        (.init(group: "events.k8s.io", resource: "events"), EventRules(isNew: true)),
        (.init(resource: "limitranges"), LimitRangeRules()),
        (.init(resource: "namespaces"), NamespaceRules()),
        (.init(resource: "nodes"), NodeRules()),
        (.init(resource: "persistentvolumeclaims"), PersistentVolumeClaimRules()),
        (.init(resource: "persistentvolumes"), PersistentVolumeRules()),
        (.init(resource: "pods"), PodRules()),
        (.init(resource: "podtemplates"), PodTemplateRules()),
        (.init(resource: "replicationcontrollers"), ReplicationControllerRules()),
        (.init(resource: "resourcequotas"), ResourceQuotaRules()),
        (.init(resource: "secrets"), SecretRules()),
        (.init(resource: "serviceaccounts"), ServiceAccountRules()),
        (.init(resource: "services"), ServiceRules()),
    ]
}
