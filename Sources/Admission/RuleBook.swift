public import Schema

/// Which rules hold for which kind: the registry of upstream's strategies.
///
/// A group's rules are listed in its own file (`Core/CoreRules.swift`, …) under the name of the store their objects live in.
public enum RuleBook {
    /// One line of a group's list.
    typealias Entry = (store: GroupResource, rules: any KindRules)

    /// The rules for objects of that resource; plain ones, that only check metadata, for kinds without their own and custom resources.
    public static func rules(for type: ResourceType) -> any KindRules {
        // Events come by two groups: those of the newer one have stricter rules though they share a store.
        type.isCustom ? CustomResourceRules(type) : (book[type.groupResource] ?? book[type.store] ?? plain)
    }

    private static let plain = PlainRules()

    private static let book: [GroupResource: any KindRules] = {
        var book: [GroupResource: any KindRules] = [:]
        for entries in [
            CoreRules.entries,
            AppsRules.entries,
            BatchRules.entries,
            AutoscalingRules.entries,
            PolicyRules.entries,
            NetworkingRules.entries,
            RBACRules.entries,
            StorageRules.entries,
            SchedulingRules.entries,
            CoordinationRules.entries,
            NodeKindRules.entries,
            DiscoveryRules.entries,
            CertificateRules.entries,
            AdmissionRegistrationRules.entries,
            FlowControlRules.entries,
            ResourceRules.entries,
            APIRegistrationRules.entries,
            APIExtensionsRules.entries,
        ] {
            for entry in entries { book[entry.store] = entry.rules }
        }
        return book
    }()
}

/// Rules of a kind that has none besides those for all metadata.
struct PlainRules: KindRules {}
