import NIOCore
import NIOSSL
import Synchronization

/// What all connections of a server share.
final class ServerCore: Sendable {
    let limits: EdgeLimits
    let handler: any EdgeHandler
    /// The current certificate: replaced when it is renewed, for new connections.
    let tls: Mutex<NIOSSLContext?>
    let connectionCount = Atomic<Int>(0)

    init(limits: EdgeLimits, handler: any EdgeHandler, tls: NIOSSLContext?) {
        self.limits = limits
        self.handler = handler
        self.tls = Mutex(tls)
    }

    static func context(_ tls: EdgeServer.TLS) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMBytes(tls.certificateChain).map {
            NIOSSLCertificateSource.certificate($0)
        }
        let key = try NIOSSLPrivateKey(bytes: tls.privateKey, format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain, privateKey: .privateKey(key))
        configuration.applicationProtocols = ["h2", "http/1.1"]
        configuration.minimumTLSVersion = .tlsv12
        if let authorities = tls.clientCertificateAuthorities {
            configuration.certificateVerification = .optionalVerification
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authorities))
            configuration.sendCANameList = true
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
