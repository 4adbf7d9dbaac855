public import Document

/// A resource as served at one group and version: Kubernetes' `APIResource`.
public struct ResourceType: Sendable {
    public struct Subresource: Sendable {
        /// `status`, `scale`, `binding`, …
        public let name: String
        public let kind: GroupVersionKind
        public let verbs: [String]
        public init(name: String, kind: GroupVersionKind, verbs: [String]) {
            self.name = name
            self.kind = kind
            self.verbs = verbs
        }
    }
    public let group: String
    public let version: String
    /// The plural name, `pods`.
    public let resource: String
    public let kind: String
    public let singular: String
    public let shortNames: [String]
    public let categories: [String]
    public let isNamespaced: Bool
    /// In byte order.
    public let verbs: [String]
    public let subresources: [Subresource]
    /// nil when the kind has no structured schema (a custom resource without one).
    public let schema: TypeSchema?
    public let isCustom: Bool
    /// The store this resource's objects live in. Several versions, and `events` of two groups, share one.
    public let store: GroupResource
    /// The `apiVersion` that objects are stored at; they are read and written at `apiVersion`.
    public let storageVersion: String

    /// `spec.conversion.webhook` of a custom resource whose versions a webhook converts; nil when they differ in name only.
    public var conversionWebhook: JSON?

    /// Where the `scale` subresource finds its numbers; a custom resource says so itself.
    public var scalePaths = ScalePaths()

    public struct ScalePaths: Sendable {
        public var replicas = ["spec", "replicas"]
        public var statusReplicas = ["status", "replicas"]
        /// The text of a label selector; nil takes `spec.selector`, an object.
        public var selector: [String]?
        public init() {}
    }

    public init(
        group: String, version: String, resource: String, kind: String, singular: String, shortNames: [String] = [],
        categories: [String] = [], isNamespaced: Bool, verbs: [String], subresources: [Subresource] = [],
        schema: TypeSchema?,
        isCustom: Bool = false, store: GroupResource? = nil, storageVersion: String? = nil
    ) {
        self.group = group
        self.version = version
        self.resource = resource
        self.kind = kind
        self.singular = singular
        self.shortNames = shortNames
        self.categories = categories
        self.isNamespaced = isNamespaced
        self.verbs = verbs
        self.subresources = subresources
        self.schema = schema
        self.isCustom = isCustom
        self.store = store ?? GroupResource(group: group, resource: resource)
        self.storageVersion = storageVersion ?? (group.isEmpty ? version : group + "/" + version)
    }

    public var groupResource: GroupResource { GroupResource(group: group, resource: resource) }
    public var groupVersionKind: GroupVersionKind { GroupVersionKind(group: group, version: version, kind: kind) }
    public var apiVersion: String { group.isEmpty ? version : group + "/" + version }
    public func subresource(_ name: String) -> Subresource? { subresources.first { $0.name == name } }
    public var hasStatus: Bool { subresource("status") != nil }
}
