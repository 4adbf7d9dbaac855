public import Document

/// What happened to a pod: everything its life depends on comes in as one of these.
public enum PodEvent: Sendable {
    /// The API object has a new version.
    case changed(JSON)
    /// The API object is gone.
    case removed
    /// What the runtime had of this pod when the kubelet started. The first event, if at all.
    case adopted(SandboxObservation?, [ContainerObservation])
    case volumesReady
    /// `reason` of upstream's events: `FailedMount`.
    case volumesFailed(reason: String, message: String)
    case sandboxStarted(SandboxObservation)
    case sandboxFailed(message: String)
    /// The sandbox is stopped, its network gone.
    case sandboxStopped
    case imageReady(container: String, wasPresent: Bool, message: String)
    /// `reason`: `ErrImagePull`, `ErrImageNeverPull`, `InvalidImageName`.
    case imageFailed(container: String, reason: String, message: String)
    case containerStarted(ContainerObservation)
    /// `reason`: `CreateContainerConfigError`, `CreateContainerError`, `RunContainerError`; what was created, if anything.
    case containerFailed(container: String, reason: String, message: String, ContainerObservation?)
    /// The runtime's newest word on this pod; containers of all attempts.
    case observed(SandboxObservation?, [ContainerObservation])
    case probed(container: String, id: String, ProbeKind, ProbeOutcome)
    /// A nil failure is success.
    case postStartFinished(container: String, id: String, failure: String?)
    /// Stopping ended; nil when the runtime no longer knows the container.
    case containerStopped(container: String, id: String, ContainerObservation?)
    /// Sandbox, containers, volumes and cgroups are gone.
    case cleanedUp
    /// Time passed.
    case tick
}
