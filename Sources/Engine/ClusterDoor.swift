public import ClusterState
public import Controllers
public import Document
public import Records
public import Schema
public import Usage

/// What a loop inside the process (controllers, scheduler, kubelet, proxy) speaks to the cluster through. Every request goes
/// through the same gate as one from outside: identity, authorization, admission, one event.
public protocol ClusterDoor: Sendable {
    /// The newest durable state.
    var state: ClusterState { get }
    /// The time of the wall clock now.
    var now: Timestamp { get }
    /// Makes the requests under one identity and waits until each is durable or refused; the answers keep the order of the
    /// intents. Requests of one call share a commit. Blocks the calling thread: never call it from an event loop.
    func send(_ intents: [Intent], as identity: LoopIdentity) -> [Result<JSON, APIError>]
    /// What those pods use now, as far as it is known; nil when nobody measures.
    func measure(_ question: UsageQuestion) -> [PodUsage]?
    /// Calls `observer` after every commit with the journal's new events in order and the state after them, from `state` at the
    /// time of this call on (which is returned, with nothing missed in between). The observer runs on the engine's thread and
    /// must return at once. Cancelled when the returned handle is.
    func follow(_ observer: @escaping @Sendable (_ events: [EventRecord], _ state: ClusterState) -> Void) -> (
        start: ClusterState, handle: any FollowHandle
    )
}

/// Who a loop is: its user and the user agent that becomes the default field manager.
public struct LoopIdentity: Hashable, Sendable {
    public let user: UserInfo
    /// `kube-controller-manager/v1.36.2 (linux/amd64) kubernetes/… system:serviceaccount:kube-system:deployment-controller`; the part before the first `/` is the field manager.
    public let userAgent: String
    public init(user: UserInfo, userAgent: String) {
        self.user = user
        self.userAgent = userAgent
    }
}

/// Ends a `follow`.
public protocol FollowHandle: Sendable {
    func cancel()
}
