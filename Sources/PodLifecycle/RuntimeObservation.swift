public import Document

/// A pod sandbox as the container runtime reports it.
public struct SandboxObservation: Equatable, Sendable {
    public var id: String
    public var attempt: Int
    public var isReady: Bool
    public var createdAt: Timestamp
    /// The pod's addresses; empty in the host's network.
    public var addresses: [String]
    public init(id: String, attempt: Int, isReady: Bool, createdAt: Timestamp, addresses: [String]) {
        self.id = id
        self.attempt = attempt
        self.isReady = isReady
        self.createdAt = createdAt
        self.addresses = addresses
    }
}

/// A container as the container runtime reports it.
public struct ContainerObservation: Equatable, Sendable {
    public enum State: Equatable, Sendable { case created, running, exited, unknown }
    public var id: String
    public var name: String
    /// 0 for the first container of that name in the pod, one more for each restart.
    public var attempt: Int
    public var state: State
    public var startedAt: Timestamp?
    public var finishedAt: Timestamp?
    public var exitCode: Int
    public var reason: String
    /// What the container left in its termination log, or the runtime's words.
    public var message: String
    /// The image's name and its digested reference, as the runtime reports them.
    public var image: String
    public var imageID: String
    public init(
        id: String, name: String, attempt: Int, state: State, startedAt: Timestamp? = nil, finishedAt: Timestamp? = nil,
        exitCode: Int = 0, reason: String = "", message: String = "", image: String = "", imageID: String = ""
    ) {
        self.id = id
        self.name = name
        self.attempt = attempt
        self.state = state
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.exitCode = exitCode
        self.reason = reason
        self.message = message
        self.image = image
        self.imageID = imageID
    }
}
