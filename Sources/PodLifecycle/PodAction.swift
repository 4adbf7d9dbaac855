public import Document

/// What is to be done for a pod. The owner performs it and answers with a `PodEvent`.
public enum PodAction: Equatable, Sendable {
    /// Make the pod's directories, cgroup and volumes; answered by `volumesReady` or `volumesFailed`.
    case prepareVolumes
    case startSandbox(attempt: Int)
    case stopSandbox(id: String)
    case pullImage(container: String, image: String, ContainerDefinition.PullPolicy)
    /// Create and start; answered by `containerStarted` or `containerFailed`.
    case startContainer(container: String, attempt: Int)
    /// Run the hook, if any, then stop within the grace; answered by `containerStopped`.
    case stopContainer(container: String, id: String, graceSeconds: Int64, preStop: JSON?)
    /// A dead container that nobody needs any more.
    case removeContainer(id: String)
    case runPostStart(container: String, id: String, JSON)
    case probe(container: String, id: String, ProbeKind, JSON)
    /// Bring a running container's limits in line with the spec.
    case updateResources(container: String, id: String)
    /// Remove sandboxes and containers, then volumes, cgroup and directories; answered by `cleanedUp`.
    case cleanUp
    /// The pod's `status` is now this.
    case report(JSON)
    /// Tell people: a Kubernetes Event about the pod.
    case record(PodNote)
    /// DELETE the API object with grace 0 and its uid as precondition.
    case deleteObject
    /// Forget the pod.
    case finish
}

/// An Event to write about a pod.
public struct PodNote: Equatable, Sendable {
    /// `Warning` instead of `Normal`.
    public var isWarning: Bool
    public var reason: String
    public var message: String
    /// `spec.containers{web}`, or empty for the pod itself.
    public var fieldPath: String
    public init(isWarning: Bool = false, _ reason: String, _ message: String, fieldPath: String = "") {
        self.isWarning = isWarning
        self.reason = reason
        self.message = message
        self.fieldPath = fieldPath
    }
}
