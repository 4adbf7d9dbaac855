import Schema

/// The rules of this group's kinds.
enum NetworkingRules {
    static let group = "networking.k8s.io"
    static let entries: [RuleBook.Entry] = [
        (GroupResource(group: group, resource: "ingresses"), IngressRules()),
        (GroupResource(group: group, resource: "ingressclasses"), IngressClassRules()),
        (GroupResource(group: group, resource: "networkpolicies"), NetworkPolicyRules()),
        (GroupResource(group: group, resource: "ipaddresses"), IPAddressRules()),
        (GroupResource(group: group, resource: "servicecidrs"), ServiceCIDRRules()),
    ]
}
