public import NIOCore

/// Every limit of a listener.
public struct EdgeLimits: Sendable {
    /// The longest request body that is collected; a longer one is told to the handler. Kubernetes' 3 MiB.
    public var bodyBytesMax = 3 * 1024 * 1024
    /// The longest request line and headers together (net/http: 1 MiB); 431 beyond.
    public var headBytesMax = 1024 * 1024
    /// Streams open at once on one HTTP/2 connection (upstream's `--http2-max-streams-per-connection`).
    public var streamsPerConnectionMax = 250
    /// The receive window of a stream and of a connection over HTTP/2.
    public var windowBytes = 1024 * 1024
    /// Streams that a client may reset on one connection within `resetsWindow`; more closes it (rapid reset).
    public var resetsMax = 2000
    public var resetsWindow = TimeAmount.seconds(30)
    /// Requests of one HTTP/1.1 connection that wait behind the one being answered.
    public var pipelinedRequestsMax = 64
    /// A connection without a request in flight is closed after this.
    public var idleTimeout = TimeAmount.seconds(120)
    /// A request's head and body must arrive within this time.
    public var requestTimeout = TimeAmount.seconds(60)
    /// An answer must have begun within this time, if its handler said what to do otherwise (`EdgeResponder.onOverdue`).
    public var answerTimeout = TimeAmount.seconds(60)
    /// The TLS handshake must be over within this time.
    public var handshakeTimeout = TimeAmount.seconds(15)
    /// Connections open at once; more are closed as they come.
    public var connectionsMax = 16384
    /// `EdgeResponder.isWritable` is false while more than this waits to be sent on a stream.
    public var streamBacklogBytes = 256 * 1024
    /// Bytes of a request's body that wait to be taken before the client is not read from any more (`EdgeRequestStream`).
    public var requestBacklogBytes = 256 * 1024
    /// Longer writes are cut to pieces of this size, so that a slow client can be told from one that takes nothing.
    public var progressBytes = 256 * 1024
    /// A stream whose client takes no byte for this long while something waits to be sent is cut.
    public var stalledStreamTimeout = TimeAmount.seconds(60)
    /// How often the time limits above are looked at; they are counted in such rounds, so that a request costs no look at the clock.
    public var sweepInterval = TimeAmount.seconds(5)
    /// The longest message of a WebSocket client.
    public var webSocketMessageBytesMax = 1024 * 1024
    public init() {}

    /// How many rounds make up a time limit: at least one.
    func sweeps(in time: TimeAmount) -> Int {
        max(1, Int((time.nanoseconds + sweepInterval.nanoseconds - 1) / max(1, sweepInterval.nanoseconds)))
    }
}
