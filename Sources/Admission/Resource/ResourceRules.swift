import Document
import Schema

/// The rules of this group's kinds.
enum ResourceRules {
    static let group = "resource.k8s.io"
    static let entries: [RuleBook.Entry] = [
        (GroupResource(group: group, resource: "deviceclasses"), DeviceClassRules()),
        (GroupResource(group: group, resource: "resourceclaims"), ResourceClaimRules()),
        (GroupResource(group: group, resource: "resourceclaimtemplates"), ResourceClaimTemplateRules()),
        (GroupResource(group: group, resource: "resourceslices"), ResourceSliceRules()),
    ]
}
