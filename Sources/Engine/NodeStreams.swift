public import Document
public import Schema

/// What the API server asks of the node that a pod runs on, for `log`, `exec`, `attach` and `portforward`. The kubelet answers;
/// a node in this process is called directly, one elsewhere over its own HTTPS API.
public protocol NodeStreams: Sendable {
    /// The node this speaks for.
    var nodeName: String { get }
    /// Writes a container's log to `sink`, in pieces, until its end (or, following, until the container's). `sink` answers false
    /// when nobody reads any more.
    func logs(_ request: LogRequest, to sink: @escaping @Sendable ([UInt8]) async -> Bool) async throws(APIError)
    /// A URL, good for one WebSocket connection within a minute, that runs the command with subprotocol `v4.channel.k8s.io`
    /// (channels 0 stdin, 1 stdout, 2 stderr, 3 the Status at the end, 4 terminal size).
    func execURL(_ request: ExecRequest) async throws(APIError) -> String
    /// The same for the container's own process.
    func attachURL(_ request: ExecRequest) async throws(APIError) -> String
    /// The same for connections to ports of the pod: channel 2i carries the i-th port's data, 2i+1 its errors, each opened by a
    /// frame with the port's number as two bytes, low byte first.
    func portForwardURL(namespace: String, pod: String, uid: String, ports: [Int32]) async throws(APIError) -> String
}

/// `PodLogOptions` for one container.
public struct LogRequest: Sendable, Equatable {
    public var namespace: String
    public var pod: String
    public var uid: String
    /// Empty for the pod's only container.
    public var container: String
    public var follow = false
    public var previous = false
    public var timestamps = false
    public var tailLines: Int64?
    public var limitBytes: Int64?
    /// Lines from then on.
    public var since: Timestamp?
    /// `Stdout`, `Stderr`; nil for both.
    public var stream: String?
    public init(namespace: String, pod: String, uid: String, container: String = "") {
        self.namespace = namespace
        self.pod = pod
        self.uid = uid
        self.container = container
    }
}

/// What to run in a container, and which streams to connect.
public struct ExecRequest: Sendable, Equatable {
    public var namespace: String
    public var pod: String
    public var uid: String
    /// Empty for the pod's only container.
    public var container: String
    /// Not used by attach.
    public var command: [String]
    public var stdin: Bool
    public var stdout: Bool
    public var stderr: Bool
    public var tty: Bool
    public init(
        namespace: String, pod: String, uid: String, container: String = "", command: [String] = [],
        stdin: Bool = false,
        stdout: Bool = true, stderr: Bool = true, tty: Bool = false
    ) {
        self.namespace = namespace
        self.pod = pod
        self.uid = uid
        self.container = container
        self.command = command
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.tty = tty
    }
}
