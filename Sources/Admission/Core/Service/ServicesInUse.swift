import Addresses
import ClusterState
import Document
import Schema

/// The addresses and node ports that are taken, looked up one by one: those of other Services, and addresses that an IPAddress
/// object stands for, whoever made it.
struct ServicesInUse {
    private let state: ClusterState
    private let own: (namespace: String, name: String)?

    /// `except` is the metadata of the Service that is being changed.
    init(_ state: ClusterState, except metadata: JSON? = nil) {
        self.state = state
        own = metadata.map { ($0.text("namespace"), $0.text("name")) }
    }

    func hold(address: UInt32) -> Bool {
        let text = IPAddress(ipv4: address).text
        return hold(text)
            || state.object(
                GroupResource(group: ServiceAddress.group, resource: ServiceAddress.resource), "", text) != nil
    }
    func hold(port: Int64) -> Bool { hold(String(port)) }

    private func hold(_ claim: String) -> Bool {
        state.services(holding: claim).contains { service in
            guard let own else { return true }
            return service.key.name != own.name || service.key.namespace != own.namespace
        }
    }
}
