import APIServer
import Admission
import ClusterState
import Controllers
import Engine
import EventLog
import Foundation
import Identity
import Kubelet
import Logging
import NIOPosix
import Schema

/// A fork that runs: its log, its own engine and API server, controllers, scheduler, and a simulated node for each node of its past.
/// Nothing of it reaches outside: no containers, no webhooks, and no credential that is good anywhere but here.
final class RunningFork: Sendable {
    let server: APIServer
    let engine: Engine
    private let log: ForkLog
    private let controllers: ControllerLoop
    private let scheduler: SchedulerLoop
    private let nodes: SimulatedNodes

    init(_ facts: ForkFacts, directory: String, parent: DiskLog, parts: ForkParts) throws {
        log = try ForkLog(over: parent, directory: directory)
        let recovery = try log.recover()
        engine = Engine(log: log, recovered: recovery.state, settings: parts.settings, logger: parts.logger)
        engine.start()
        let engine = engine
        // Keys of its own: a token made in a fork means nothing to the cluster.
        let tokens = ServiceAccountTokens(issuer: parts.settings.serviceAccountIssuer, signingKey: SigningKey()) {
            engine.live($0)
        }
        server = APIServer(
            engine: engine, authenticator: parts.authenticator, tokens: tokens, settings: parts.settings,
            version: Reckon.serverVersion, nodes: NodeRegistry(client: nil) { _ in nil },
            group: MultiThreadedEventLoopGroup.singleton, frontProxy: nil, logger: parts.logger, owner: facts.owner)
        let names = recovery.state.objects(GroupResource(resource: "nodes")).map(\.key.name)
        nodes = SimulatedNodes(names: names, adopting: true, door: engine, logger: parts.logger)
        nodes.start()
        engine.usage.add(nodes)
        controllers = ControllerLoop(
            door: engine, controllers: standardControllers(caCertificate: parts.certificateAuthority))
        scheduler = SchedulerLoop(door: engine)
        controllers.start()
        scheduler.start()
    }

    /// Ends it; everything it answered is on the disk.
    func stop() {
        nodes.stop()
        controllers.stop()
        scheduler.stop()
        server.stop()
        engine.stop()
        log.close()
    }
}

/// What a fork shares with the cluster it was made from.
struct ForkParts: Sendable {
    let settings: ClusterSettings
    let authenticator: Authenticator
    let certificateAuthority: String
    let logger: Logger
}
