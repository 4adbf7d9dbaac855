import Schema

/// The rules of this group's kinds.
enum AppsRules {
    static let entries: [RuleBook.Entry] = [
        (.init(group: "apps", resource: "controllerrevisions"), ControllerRevisionRules()),
        (.init(group: "apps", resource: "daemonsets"), DaemonSetRules()),
        (.init(group: "apps", resource: "deployments"), DeploymentRules()),
        (.init(group: "apps", resource: "replicasets"), ReplicaSetRules()),
        (.init(group: "apps", resource: "statefulsets"), StatefulSetRules()),
    ]
}
