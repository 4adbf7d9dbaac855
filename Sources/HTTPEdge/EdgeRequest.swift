public import NIOCore
public import NIOHTTP1

/// One request as it came over the wire: the head, and the body collected up to the server's limit, or as a stream.
public struct EdgeRequest: Sendable {
    public let method: HTTPMethod
    /// The request target as sent: path, `?` and query; never decoded. An absolute-form target is cut to its path.
    public let uri: String
    /// The raw path, up to the first `?`.
    public let path: Substring
    /// The raw query without `?`; empty when there is none.
    public let query: Substring
    public let headers: EdgeHeaders
    /// The collected body; empty when `isBodyTooLarge`.
    public let body: ByteBuffer
    /// The body was longer than `EdgeLimits.bodyBytesMax` and was thrown away: answer 413.
    public let isBodyTooLarge: Bool
    /// The body while it arrives, for handlers that take it so (`EdgeHandler.takesStream`); nil for one that was collected.
    public let stream: EdgeRequestStream?
    /// The connection it came on: the peer's address and certificate, and a place to keep what was learned about it.
    public let connection: EdgeConnection
    /// What the client asks to turn the connection into; nil for a plain request. Only over HTTP/1.1.
    public let upgrade: UpgradeOffer?

    /// `10.0.0.7:51234`.
    public var remoteAddress: String { connection.remoteAddress }
    /// The leaf certificate that the client presented, DER; nil without one. Proven to be the client's, otherwise unchecked.
    public var peerCertificate: [UInt8]? { connection.peerCertificate }
    public var version: EdgeHTTPVersion { connection.version }
    public var eventLoop: any EventLoop { connection.eventLoop }

    package init(
        method: HTTPMethod, uri: String, headers: EdgeHeaders, body: ByteBuffer, isBodyTooLarge: Bool,
        connection: EdgeConnection,
        upgrade: UpgradeOffer?, stream: EdgeRequestStream? = nil
    ) {
        self.method = method
        self.uri = uri
        if let mark = uri.utf8.firstIndex(of: UInt8(ascii: "?")) {
            path = uri[..<mark]
            query = uri[uri.utf8.index(after: mark)...]
        } else {
            path = uri[...]
            query = ""
        }
        self.headers = headers
        self.body = body
        self.isBodyTooLarge = isBodyTooLarge
        self.connection = connection
        self.upgrade = upgrade
        self.stream = stream
    }
}

/// A protocol that a client offers to switch to.
public struct UpgradeOffer: Sendable {
    /// The `Upgrade` header: `websocket`, `SPDY/3.1`, …
    public let proto: String
    /// The names of `Sec-WebSocket-Protocol` (or `X-Stream-Protocol-Version` for SPDY), in the client's order of preference.
    public let subprotocols: [String]
    public var isWebSocket: Bool { proto.lowercased() == "websocket" }
    package init(proto: String, subprotocols: [String]) {
        self.proto = proto
        self.subprotocols = subprotocols
    }
    /// The first of the server's names, in the server's order, that the client offers.
    public func choose(_ supported: [String]) -> String? { supported.first(where: subprotocols.contains) }
}

/// The version of HTTP that a connection speaks.
public enum EdgeHTTPVersion: Sendable { case http1, http2 }
