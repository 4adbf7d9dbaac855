import APIServer
import Admission
import ArgumentParser
import Controllers
import Engine
import EventLog
import Foundation
import HTTPEdge
import Identity
import Kubelet
import Logging
import NIOCore
import NIOPosix
import Records
import Schema

/// A running control plane: log, engine, API server and, when asked for, the loops and nodes around it.
final class Cluster {
    let options: ServerOptions
    let log: DiskLog
    let engine: Engine
    let pki: ClusterPKI
    let edge: EdgeServer
    private let server: APIServer
    let logger: Logger
    private var controllers: ControllerLoop?
    private var scheduler: SchedulerLoop?
    private var nodes: LocalNodes?
    private let registry: NodeStreamsBox
    private var keeping: LogKeeping?
    private var expiry: EventExpiry?
    private let forks: ForkHost

    /// `loops` says how controllers and scheduler run; nil runs none.
    init(_ options: ServerOptions, loops: LoopOptions?) async throws {
        self.options = options
        var logger = Logger(label: "reckon") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        self.logger = logger
        let directory = URL(fileURLWithPath: options.data).path
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw StartupError("the data directory \(directory) cannot be made: \(error.localizedDescription)")
        }
        let recovery: Recovery
        do throws(LogError) {
            log = try DiskLog(directory: directory)
            recovery = try log.recover()
        } catch {
            throw StartupError(error.description)
        }
        var settings = ClusterSettings()
        settings.serviceClusterIPRange = options.serviceClusterIPRange
        settings.timeZone = TimeZoneFiles.rules(of:)
        let settled = settings
        engine = Engine(log: log, recovered: recovery.state, settings: settings, logger: logger)
        engine.start()
        let authenticator: Authenticator
        let tokens: ServiceAccountTokens
        do throws(IdentityError) {
            pki = try ClusterPKI.open(
                directory + "/pki",
                serving: .apiServer(
                    nodeName: ProcessInfo.processInfo.hostName,
                    firstServiceAddress: Bootstrap.firstServiceAddress(settings) ?? "",
                    hostAddresses: HostAddresses.all()), now: engine.now)
            let engine = engine
            tokens = ServiceAccountTokens(issuer: settings.serviceAccountIssuer, signingKey: pki.serviceAccountKey) {
                bound in
                engine.live(bound)
            }
            authenticator = try Authenticator(
                clientAuthorities: [pki.authority.pair.certificate],
                frontProxy: .init(
                    authorities: [pki.frontProxyAuthority.pair.certificate], names: ["front-proxy-client"]),
                tokenFile: try options.tokenAuthFile.map(TokenFile.read), tokens: tokens,
                bootstrapTokens: BootstrapTokens { namespace, name in
                    engine.state.object(GroupResource(resource: "secrets"), namespace, name)?.document
                })
        } catch {
            throw StartupError(error.description)
        }
        try Bootstrapping(
            engine: engine, certificateAuthority: pki.authority.pair.certificate,
            frontProxyAuthority: pki.frontProxyAuthority.pair.certificate
        )
        .run(settings, host: options.host, port: options.port)

        let box = NodeStreamsBox()
        registry = box
        let group = MultiThreadedEventLoopGroup.singleton
        let client = HTTPClient(group: group)
        let proxies = ProxyClients(
            open: HTTPClient(group: group, tls: .init(trustsAnyone: true)),
            kubelet: HTTPClient(
                group: group,
                tls: .init(
                    authorities: pki.authority.pair.certificateBytes,
                    certificateChain: pki.kubeletClient.certificateBytes,
                    privateKey: pki.kubeletClient.privateKeyBytes)))
        server = APIServer(
            engine: engine, authenticator: authenticator, tokens: tokens, settings: settled,
            version: Reckon.serverVersion,
            nodes: NodeRegistry(client: client, proxies: proxies) { box.streams(of: $0) }, group: group,
            frontProxy: pki.frontProxyClient, logger: logger, servingCertificate: pki.serving.certificateBytes)
        forks = ForkHost(
            parent: log,
            parts: ForkParts(
                settings: settled, authenticator: authenticator,
                certificateAuthority: pki.authority.pair.certificate, logger: logger))
        server.keepForks(forks)
        edge = try await EdgeServer.start(
            .init(
                addresses: [(options.host, options.port)],
                tls: .init(
                    certificateChain: pki.serving.certificateBytes, privateKey: pki.serving.privateKeyBytes,
                    clientCertificateAuthorities: pki.authority.pair.certificateBytes
                        + Array("\n".utf8) + pki.frontProxyAuthority.pair.certificateBytes)), group: group,
            handler: server)
        keeping = try LogKeeping(options, log: log, engine: engine, reports: server.reports, logger: logger)
        if options.eventTTL.microseconds > 0 { expiry = EventExpiry(engine, ttl: options.eventTTL.microseconds) }
        if let loops {
            let controllers = ControllerLoop(
                door: engine,
                controllers: standardControllers(
                    caCertificate: pki.authority.pair.certificate, secrets: clusterSecrets(tokens),
                    nodeRanges: loops.nodeRanges,
                    timeZone: TimeZoneFiles.rules(of:)))
            let scheduler = SchedulerLoop(door: engine)
            controllers.start()
            scheduler.start()
            server.reports.add("controllers") { ControllerReport.of(controllers.meters) }
            server.reports.add("scheduler") { SchedulerReport.of(scheduler.meter) }
            self.controllers = controllers
            self.scheduler = scheduler
        }
    }

    /// What controllers that sign need of the cluster's keys, as functions: the keys stay here.
    private func clusterSecrets(_ tokens: ServiceAccountTokens) -> ClusterSecrets {
        let (pki, engine) = (pki, engine)
        return ClusterSecrets(
            token: { namespace, account, uid, secret in
                try? tokens.mintLegacy(
                    namespace: namespace, serviceAccount: .init(name: account, uid: uid), secretName: secret)
            },
            read: { pem in
                (try? CertificateRequest(pem: pem)).map {
                    .init(
                        commonName: $0.subject.commonName, organizations: $0.subject.organizations,
                        dnsNames: $0.names.names, addresses: $0.names.addresses, otherNames: $0.otherNames)
                }
            },
            sign: { pem, usages, seconds in
                guard let request = try? CertificateRequest(pem: pem) else { return nil }
                return try? pki.authority.sign(
                    request: request, usages: usages.compactMap { CertificateAuthority.Usage($0) }, now: engine.now,
                    seconds: seconds)
            })
    }

    /// Starts what `--nodes` asks for.
    func startNodes(_ wanted: NodesOption, name: String?, kubeletPort: Int) async throws {
        let (pki, server, engine) = (pki, server, engine)
        nodes = try await LocalNodes.start(
            wanted, name: name, directory: URL(fileURLWithPath: options.data).path, door: engine, tokens: server,
            serving: { node, address in
                guard kubeletPort > 0 else { return nil }
                let pair = try pki.kubeletServing(node: node, addresses: [address], now: engine.now)
                return KubeletServing(
                    port: kubeletPort,
                    tls: .init(
                        certificateChain: pair.certificateBytes, privateKey: pair.privateKeyBytes,
                        clientCertificateAuthorities: pki.authority.pair.certificateBytes), access: server)
            }, logger: logger)
        if let streams = nodes?.streams { registry.set(streams) }
        if let usage = nodes?.usage { engine.usage.add(usage) }
    }

    var url: String {
        let host = options.host == "0.0.0.0" ? "127.0.0.1" : options.host
        return "https://\(host.contains(":") ? "[\(host)]" : host):\(edge.ports.first ?? options.port)"
    }
    var kubeconfigPath: String { URL(fileURLWithPath: options.data).path + "/admin.kubeconfig" }

    /// Writes admin.kubeconfig and says that requests are served.
    func announce() {
        do {
            try Identity.Kubeconfig(
                server: url, authority: pki.authority.pair.certificate, user: "kubernetes-admin",
                credential: .certificate(pki.admin)
            ).write(to: kubeconfigPath)
        } catch {
            logger.error("admin.kubeconfig could not be written: \(error)")
        }
        print("ready \(url)  (export KUBECONFIG=\(kubeconfigPath))")
        print("page  \(url)/ui/  (reckon ui says how to sign in)")
        fflush(nil)
    }

    /// Stops in order: no new requests, then the loops and nodes, then the log.
    func stop() async {
        nodes?.stop()
        controllers?.stop()
        scheduler?.stop()
        server.stop()
        await edge.shutdown(grace: .seconds(2))
        forks.stop()
        expiry?.stop()
        engine.stop()
        keeping?.stop()
        let state = engine.state
        do throws(LogError) {
            if log.isCheckpointDue(at: state.revision, isEnd: true) { try log.writeCheckpoint(state) }
        } catch {
            logger.error("no checkpoint at the end: \(error)")
        }
        log.close()
    }
}

/// Why a command cannot start; the message says what to do.
struct StartupError: Error, CustomStringConvertible {
    let description: String
    init(_ text: String) { description = text }
}

/// The streams of the nodes in this process, known once they have started.
final class NodeStreamsBox: @unchecked Sendable {
    private let lock = NSLock()
    private var value: [String: any NodeStreams] = [:]
    func set(_ streams: [any NodeStreams]) {
        lock.withLock { for stream in streams { value[stream.nodeName] = stream } }
    }
    func streams(of node: String) -> (any NodeStreams)? { lock.withLock { value[node] } }
}
