import ClusterState
public import Document
public import Records
public import Schema
public import Usage

/// A control loop as a value: it is told of every committed change, says which keys became dirty, and turns a dirty key into
/// requests. It never waits, asks no clock and changes nothing itself; whoever owns it sends the requests (law 1).
public protocol Controller: Sendable {
    /// As upstream: `deployment-controller`.
    var name: String { get }
    /// What its Events name as their source: usually the same.
    var component: String { get }
    /// The service account it acts under, usually of its own name.
    var account: String { get }
    /// As whom it speaks.
    var speaker: ControllerSpeaker { get }
    /// The field manager of its writes.
    var fieldManager: String { get }
    /// The stores whose changes it wants to see; nil for every store.
    var watches: Set<GroupResource>? { get }
    /// Adds the keys that a change made dirty. The view is that after the change.
    mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys)
    /// What must be measured before that key is looked at: it is gathered first and comes with the work. nil for nothing.
    func usageQuestion(about key: ObjectKey, view: ClusterView) -> UsageQuestion?
    /// Looks at one dirty key and writes its requests into `work`.
    mutating func reconcile(_ work: inout Work, view: ClusterView)
    /// Told the answers to the requests of one reconciliation, in their order, before the key can be worked on again.
    mutating func answered(_ work: Work, answers: [Result<JSON, APIError>], dirty: inout DirtyKeys)
    /// Called once, after the first view is complete.
    mutating func started(view: ClusterView, dirty: inout DirtyKeys)
}

extension Controller {
    public var component: String { name }
    public var account: String { name }
    public var speaker: ControllerSpeaker { .account }
    public var fieldManager: String { "kube-controller-manager" }
    public func usageQuestion(about key: ObjectKey, view: ClusterView) -> UsageQuestion? { nil }
    public mutating func answered(_ work: Work, answers: [Result<JSON, APIError>], dirty: inout DirtyKeys) {}
    public mutating func started(view: ClusterView, dirty: inout DirtyKeys) {}
}

/// As whom a controller sends its requests.
public enum ControllerSpeaker: Sendable {
    /// A service account of its own in kube-system.
    case account
    /// The controller manager itself.
    case manager
    /// The API server, of which upstream runs it as a part.
    case server
}

/// A committed change as controllers see it.
public final class ObservedChange {
    public let kind: Change.Kind
    public let key: ObjectKey
    public let uid: String
    /// The event's revision: the cause of what follows from this.
    public let revision: UInt64
    /// When it was committed.
    public let time: Timestamp
    let body: [UInt8]
    /// The pod after the change (its last state for a deletion), and the one before; nil for other kinds.
    public let pod: PodRecord?
    public let previousPod: PodRecord?
    private var parsed: JSON?

    package init(
        kind: Change.Kind, key: ObjectKey, uid: String, revision: UInt64, time: Timestamp, body: [UInt8],
        document: JSON? = nil,
        pod: PodRecord? = nil, previousPod: PodRecord? = nil
    ) {
        self.kind = kind
        self.key = key
        self.uid = uid
        self.revision = revision
        self.time = time
        self.body = body
        self.parsed = document
        self.pod = pod
        self.previousPod = previousPod
    }

    public var store: GroupResource { key.store }
    /// The object tree, read once however many controllers look.
    public var document: JSON {
        if let parsed { return parsed }
        let tree = (try? JSON(parsing: body)) ?? .null
        parsed = tree
        return tree
    }
}

/// The keys that became dirty while looking at changes, with the time until each is due.
public struct DirtyKeys: Sendable {
    package private(set) var entries: [(key: ObjectKey, cause: UInt64?, delay: Int64)] = []
    package var cause: UInt64?
    package init(cause: UInt64? = nil) { self.cause = cause }
    /// `delay` in microseconds.
    public mutating func add(_ key: ObjectKey, after delay: Int64 = 0) { entries.append((key, cause, delay)) }
}

/// The stores that controllers name often.
extension GroupResource {
    package static let pods = GroupResource(resource: "pods")
    package static let nodes = GroupResource(resource: "nodes")
    package static let services = GroupResource(resource: "services")
    package static let endpoints = GroupResource(resource: "endpoints")
    package static let namespaces = GroupResource(resource: "namespaces")
    package static let configMaps = GroupResource(resource: "configmaps")
    package static let secrets = GroupResource(resource: "secrets")
    package static let serviceAccounts = GroupResource(resource: "serviceaccounts")
    package static let events = GroupResource(resource: "events")
    package static let replicationControllers = GroupResource(resource: "replicationcontrollers")
    package static let volumeClaims = GroupResource(resource: "persistentvolumeclaims")
    package static let volumes = GroupResource(resource: "persistentvolumes")
    package static let resourceQuotas = GroupResource(resource: "resourcequotas")
    package static let deployments = GroupResource(group: "apps", resource: "deployments")
    package static let replicaSets = GroupResource(group: "apps", resource: "replicasets")
    package static let statefulSets = GroupResource(group: "apps", resource: "statefulsets")
    package static let daemonSets = GroupResource(group: "apps", resource: "daemonsets")
    package static let controllerRevisions = GroupResource(group: "apps", resource: "controllerrevisions")
    package static let jobs = GroupResource(group: "batch", resource: "jobs")
    package static let cronJobs = GroupResource(group: "batch", resource: "cronjobs")
    package static let disruptionBudgets = GroupResource(group: "policy", resource: "poddisruptionbudgets")
    package static let autoscalers = GroupResource(group: "autoscaling", resource: "horizontalpodautoscalers")
    package static let endpointSlices = GroupResource(group: "discovery.k8s.io", resource: "endpointslices")
    package static let leases = GroupResource(group: "coordination.k8s.io", resource: "leases")
    package static let attributesClasses = GroupResource(group: "storage.k8s.io", resource: "volumeattributesclasses")
    package static let storageClasses = GroupResource(group: "storage.k8s.io", resource: "storageclasses")
    package static let priorityClasses = GroupResource(group: "scheduling.k8s.io", resource: "priorityclasses")
    package static let signingRequests = GroupResource(
        group: "certificates.k8s.io", resource: "certificatesigningrequests")
    package static let serviceCIDRs = GroupResource(group: "networking.k8s.io", resource: "servicecidrs")
    package static let ipAddresses = GroupResource(group: "networking.k8s.io", resource: "ipaddresses")
    package static let clusterRoles = GroupResource(group: "rbac.authorization.k8s.io", resource: "clusterroles")
    package static let validatingAdmissionPolicies = GroupResource(
        group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicies")
    package static let customResourceDefinitions = GroupResource(
        group: "apiextensions.k8s.io", resource: "customresourcedefinitions")

    package func key(_ namespace: String, _ name: String) -> ObjectKey {
        ObjectKey(group: group, resource: resource, namespace: namespace, name: name)
    }
}
