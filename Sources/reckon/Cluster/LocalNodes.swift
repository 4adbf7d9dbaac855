import ClusterDNS
import Engine
import Foundation
import Glibc
import KubeProxy
import Kubelet
import Logging
import ServiceRouting

/// The nodes of `--nodes`, in this process.
final class LocalNodes {
    private let kubelet: Kubelet?
    private let proxy: KubeProxy?
    private let dns: ClusterDNS?
    private let simulated: SimulatedNodes?

    private init(
        kubelet: Kubelet? = nil, proxy: KubeProxy? = nil, dns: ClusterDNS? = nil, simulated: SimulatedNodes? = nil
    ) {
        self.kubelet = kubelet
        self.proxy = proxy
        self.dns = dns
        self.simulated = simulated
    }

    static func start(
        _ wanted: NodesOption, name: String?, directory: String, door: any ClusterDoor, tokens: any TokenSource,
        serving: (_ node: String, _ address: String) throws -> KubeletServing?, logger: Logger
    ) async throws -> LocalNodes {
        switch wanted {
        case .none: return LocalNodes()
        case .simulated(let count):
            let nodes = SimulatedNodes(count: count, door: door, logger: logger)
            nodes.start()
            return LocalNodes(simulated: nodes)
        case .local:
            guard geteuid() == 0 else {
                throw StartupError(
                    "--nodes local runs containers and needs root: run as root, or use --nodes simulated:3 (pods without containers) or --nodes none"
                )
            }
            var configuration = KubeletConfiguration(
                nodeName: name ?? ProcessInfo.processInfo.hostName.lowercased(), directory: directory + "/node")
            configuration.version = Reckon.version
            configuration.nodeAddress = Kubelet.detectAddress()
            configuration.serving = try serving(configuration.nodeName, configuration.nodeAddress)
            let resolver = ClusterDNS.serviceAddress(door)
            configuration.clusterDNS = resolver.map { [$0] } ?? []
            let kubelet = Kubelet(configuration: configuration, door: door, tokens: tokens, logger: logger)
            do { try await kubelet.start() } catch { throw StartupError("the node cannot start: \(error)") }
            let proxy = KubeProxy(
                node: .init(
                    name: configuration.nodeName, clusterCIDR: configuration.podCIDR, podCIDR: configuration.podCIDR),
                door: door,
                logger: logger)
            do { try proxy.start() } catch { throw StartupError("the service rules cannot be loaded: \(error)") }
            var dns: ClusterDNS?
            if let resolver {
                let server = ClusterDNS(
                    configuration: .init(clusterIP: resolver, address: kubelet.nodeAddress), door: door, logger: logger)
                do { try await server.start() } catch {
                    throw StartupError("the cluster's name server cannot start: \(error)")
                }
                dns = server
            }
            return LocalNodes(kubelet: kubelet, proxy: proxy, dns: dns)
        }
    }

    /// Who knows what they use; nil without nodes.
    var usage: (any UsageSource)? { simulated ?? kubelet?.usage }

    var streams: [any NodeStreams] { kubelet.map { [$0] } ?? [] }

    /// Containers and service rules stay: what runs goes on running, and is taken over at the next start.
    func stop() {
        dns?.stop()
        proxy?.stop()
        kubelet?.stop()
        simulated?.stop()
    }
}
