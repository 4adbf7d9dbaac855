public import NIOCore

/// What is known about one connection. Its attachment is used on its event loop only.
public final class EdgeConnection: @unchecked Sendable {
    public let eventLoop: any EventLoop
    /// `10.0.0.7:51234`, `[::1]:40000`.
    public let remoteAddress: String
    public let localAddress: String
    /// The leaf certificate that the client presented, DER. The handshake proved that the client holds its key; who signed it, and
    /// whether it is still good, has not been looked at.
    public let peerCertificate: [UInt8]?
    public let version: EdgeHTTPVersion
    /// Whether the connection is encrypted.
    public let isTLS: Bool
    /// A place for the request handler to keep what it learned (who the certificate speaks for). Only on the event loop.
    public var attachment: AnyObject?

    package init(
        eventLoop: any EventLoop, remoteAddress: String, localAddress: String, peerCertificate: [UInt8]?,
        version: EdgeHTTPVersion, isTLS: Bool
    ) {
        self.eventLoop = eventLoop
        self.remoteAddress = remoteAddress
        self.localAddress = localAddress
        self.peerCertificate = peerCertificate
        self.version = version
        self.isTLS = isTLS
    }
}
