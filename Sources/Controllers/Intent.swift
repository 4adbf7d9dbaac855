public import Document
import Records

/// A request that a controller, the scheduler or a kubelet wants made. Pure: performing it is somebody else's work.
public struct Intent: Equatable, Sendable {
    public enum PatchType: String, Sendable {
        case json = "application/json-patch+json"
        case merge = "application/merge-patch+json"
        case strategic = "application/strategic-merge-patch+json"
        case apply = "application/apply-patch+yaml"
    }
    public enum Action: Equatable, Sendable {
        /// The body holds the object; POST to the collection, or to the subresource when one is named.
        case create(JSON)
        /// PUT: the body holds the object, with its resourceVersion when the write depends on it.
        case update(JSON)
        case patch(PatchType, JSON)
        /// DELETE with DeleteOptions (`.null` for none).
        case delete(JSON)
    }
    /// `v1`, `apps/v1`.
    public var apiVersion: String
    /// The plural name.
    public var resource: String
    public var namespace: String
    /// Empty for a create.
    public var name: String
    /// `status`, `binding`, `scale`, …; empty for the object itself.
    public var subresource: String
    /// Who owns the fields that are set, when it is not whoever sends this.
    public var fieldManager = ""
    public var action: Action
    /// Recorded as the event's cause: the revision that led to this intent.
    public var cause: UInt64?
    /// What was looked at and why this was decided; recorded with the event. `.null` for none.
    public var decision: JSON

    public init(
        _ action: Action, apiVersion: String, resource: String, namespace: String = "", name: String = "",
        subresource: String = "",
        cause: UInt64? = nil, decision: JSON = .null
    ) {
        self.action = action
        self.apiVersion = apiVersion
        self.resource = resource
        self.namespace = namespace
        self.name = name
        self.subresource = subresource
        self.cause = cause
        self.decision = decision
    }
}
