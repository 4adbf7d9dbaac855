/// Every resource that is served and every structured type behind it: the built-in kinds, plus what CustomResourceDefinitions
/// add. A catalog is a value that never changes; a new one is made when a definition changes, and the past has its own.
public final class Catalog: Sendable {
    /// In discovery order: groups as kube-apiserver lists them, versions by preference, resources by name.
    public let resources: [ResourceType]
    /// Structured types by full name.
    public let types: [String: TypeSchema]
    private let byPath: [String: [String: Int]]
    private let byKind: [GroupVersionKind: Int]
    private let kindTypes: [GroupVersionKind: TypeSchema]

    /// `kindTypes` are the structured types of kinds, those of no resource (Scale, Eviction, DeleteOptions, …) included.
    public init(resources: [ResourceType], types: [String: TypeSchema], kindTypes: [GroupVersionKind: TypeSchema] = [:])
    {
        self.resources = resources
        self.types = types
        self.kindTypes = kindTypes
        var byPath: [String: [String: Int]] = [:]
        var byKind: [GroupVersionKind: Int] = [:]
        for (i, resource) in resources.enumerated() {
            byPath[resource.apiVersion, default: [:]][resource.resource] = i
            if byKind[resource.groupVersionKind] == nil { byKind[resource.groupVersionKind] = i }
        }
        self.byPath = byPath
        self.byKind = byKind
    }

    /// The resource served at `apiVersion` (`v1`, `apps/v1`) under that plural name.
    public func resource(apiVersion: String, _ resource: String) -> ResourceType? {
        byPath[apiVersion]?[resource].map { resources[$0] }
    }
    /// The resource whose objects have that kind.
    public func resource(for kind: GroupVersionKind) -> ResourceType? { byKind[kind].map { resources[$0] } }
    /// The resource that a person means: plural, singular, short name or kind in any case, with `.group` behind it or named apart.
    public func resource(named word: String, group: String = "") -> ResourceType? {
        var (lower, group) = (word.lowercased(), group)
        if group.isEmpty, let dot = lower.firstIndex(of: ".") {
            group = String(lower[lower.index(after: dot)...])
            lower = String(lower[..<dot])
        }
        return resources.first { type in
            (group.isEmpty || type.group == group)
                && (type.resource == lower || type.singular == lower || type.shortNames.contains(lower)
                    || type.kind.lowercased() == lower)
        }
    }
    /// The structured type of that kind, whether or not a resource has it: `Scale`, `Eviction`, `DeleteOptions`, lists.
    public func type(for kind: GroupVersionKind) -> TypeSchema? { kindTypes[kind] ?? resource(for: kind)?.schema }
    /// The kinds of `type(for:)` without those that only resources have; for making a further catalog from this one.
    public var namedKinds: [GroupVersionKind: TypeSchema] { kindTypes }
    /// Whether anything is served at `apiVersion`.
    public func serves(apiVersion: String) -> Bool { byPath[apiVersion] != nil }
}
