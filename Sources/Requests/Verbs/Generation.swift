import Document
import Schema

/// Which kinds count changes of their desired state in `metadata.generation`.
enum Generation {
    private static let kinds: Set<GroupResource> = [
        .init(resource: "pods"), .init(resource: "podtemplates"), .init(resource: "replicationcontrollers"),
        .init(group: "apps", resource: "daemonsets"), .init(group: "apps", resource: "deployments"),
        .init(group: "apps", resource: "replicasets"), .init(group: "apps", resource: "statefulsets"),
        .init(group: "batch", resource: "cronjobs"), .init(group: "batch", resource: "jobs"),
        .init(group: "apiextensions.k8s.io", resource: "customresourcedefinitions"),
        .init(group: "resource.k8s.io", resource: "deviceclasses"),
        .init(group: "resource.k8s.io", resource: "resourceslices"),
        .init(group: "discovery.k8s.io", resource: "endpointslices"),
        .init(group: "networking.k8s.io", resource: "ingresses"),
        .init(group: "networking.k8s.io", resource: "ingressclasses"),
        .init(group: "networking.k8s.io", resource: "networkpolicies"),
        .init(group: "policy", resource: "poddisruptionbudgets"),
        .init(group: "scheduling.k8s.io", resource: "priorityclasses"),
        .init(group: "admissionregistration.k8s.io", resource: "mutatingwebhookconfigurations"),
        .init(group: "admissionregistration.k8s.io", resource: "validatingwebhookconfigurations"),
        .init(group: "admissionregistration.k8s.io", resource: "mutatingadmissionpolicies"),
        .init(group: "admissionregistration.k8s.io", resource: "mutatingadmissionpolicybindings"),
        .init(group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicies"),
        .init(group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicybindings"),
        .init(group: "flowcontrol.apiserver.k8s.io", resource: "flowschemas"),
        .init(group: "flowcontrol.apiserver.k8s.io", resource: "prioritylevelconfigurations"),
    ]

    /// Kinds of which only the changes are counted: a new object has no generation.
    private static let kindsFromZero: Set<GroupResource> = [.init(group: "storage.k8s.io", resource: "csidrivers")]

    /// What a new object begins with; nil for none.
    static func first(_ type: ResourceType) -> JSON? {
        isCounted(type) && !kindsFromZero.contains(type.store) ? 1 : Optional.none
    }

    /// What an update makes of it; nil for none.
    static func next(_ type: ResourceType, _ object: JSON, _ old: JSON, isRaised: Bool) -> JSON? {
        let was = old["metadata", "generation"]?.int ?? 0
        if isRaised || Self.isRaised(type, object, old) { return .int(was + 1) }
        return was == 0 && kindsFromZero.contains(type.store) ? Optional.none : .int(was)
    }

    /// Some kinds also count changes of labels or annotations.
    private static func isRaised(_ type: ResourceType, _ object: JSON, _ old: JSON) -> Bool {
        // A priority class begins at 1 and stays there.
        if type.store == GroupResource(group: "scheduling.k8s.io", resource: "priorityclasses") { return false }
        if differs(object, old) { return true }
        if type.store == GroupResource(group: "apps", resource: "deployments") {
            return (object["metadata", "annotations"] ?? [:]) != (old["metadata", "annotations"] ?? [:])
        }
        guard type.store == GroupResource(group: "discovery.k8s.io", resource: "endpointslices") else { return false }
        return (object["metadata", "labels"] ?? [:]) != (old["metadata", "labels"] ?? [:])
    }

    /// Kinds whose new specification is compared with the old one as Go compares, to which an empty list is not an unset one.
    static func countsEmpty(_ type: ResourceType) -> Bool { emptyCounting.contains(type.store) }
    private static let emptyCounting: Set<GroupResource> = [
        .init(group: "networking.k8s.io", resource: "networkpolicies"),
        .init(group: "admissionregistration.k8s.io", resource: "mutatingwebhookconfigurations"),
        .init(group: "admissionregistration.k8s.io", resource: "validatingwebhookconfigurations"),
    ]

    static func isCounted(_ type: ResourceType) -> Bool {
        type.isCustom || kinds.contains(type.store) || kindsFromZero.contains(type.store)
    }

    /// Whether anything besides metadata and status differs.
    static func differs(_ a: JSON, _ b: JSON) -> Bool { counted(a) != counted(b) }

    /// An object without its metadata and status.
    static func counted(_ object: JSON) -> JSON {
        var members = object.entries
        members["metadata"] = nil
        members["status"] = nil
        return .object(members)
    }
}
