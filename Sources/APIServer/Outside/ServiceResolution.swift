import ClusterState
import Document
import Schema

/// Where a Service's servers are, for requests that this server makes to them itself.
enum ServiceResolution {
    struct Failure: Error {
        let message: String
        var isMissing = false
    }
    struct Place: Hashable, Sendable {
        var host: String
        var port: Int
        /// `10.1.2.3:8443`, with brackets around an IPv6 address.
        var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// The ready endpoints behind a port of a service, in the order of their addresses; never none. Upstream's `ResolveEndpoint`.
    static func places(_ namespace: String, _ name: String, port: Int, in state: ClusterState) throws(Failure)
        -> [Place]
    {
        guard let service = state.object(GroupResource(resource: "services"), namespace, name)?.document else {
            throw Failure(message: "service \"\(name)\" not found", isMissing: true)
        }
        let spec = service["spec"] ?? .null
        if spec["type"] == "ExternalName" {
            return [Place(host: spec["externalName"]?.string ?? "", port: port)]
        }
        guard let wanted = spec["ports"]?.elements.first(where: { $0["port"]?.int == Int64(port) }) else {
            throw Failure(message: "no service port \(port) found for service \"\(name)\"")
        }
        let portName = wanted["name"]?.string ?? ""
        var found = slices(namespace, name, in: state).flatMap { ready($0, portName: portName) }
        if found.isEmpty { found = endpoints(namespace, name, portName: portName, in: state) }
        if found.isEmpty { throw Failure(message: "no endpoints available for service \"\(name)\"") }
        return found.sorted { $0.text.bytesPrecede($1.text) }
    }

    /// The EndpointSlices of a service.
    static func slices(_ namespace: String, _ name: String, in state: ClusterState) -> [JSON] {
        state.objects(
            GroupResource(group: "discovery.k8s.io", resource: "endpointslices"),
            namespace: namespace, label: (key: "kubernetes.io/service-name", value: name)
        ).map(\.document)
    }

    /// The ready addresses of a slice at the port of that name.
    static func ready(_ slice: JSON, portName: String) -> [Place] {
        guard let port = slice["ports"]?.elements.first(where: { ($0["name"]?.string ?? "") == portName })?["port"]?.int
        else { return [] }
        return (slice["endpoints"]?.elements ?? [])
            .filter { $0["conditions", "ready"]?.bool ?? true }
            .flatMap { ($0["addresses"]?.strings ?? []).map { Place(host: $0, port: Int(port)) } }
    }

    /// What an Endpoints object lists, for a service that nobody makes slices for.
    private static func endpoints(_ namespace: String, _ name: String, portName: String, in state: ClusterState)
        -> [Place]
    {
        let object = state.object(GroupResource(resource: "endpoints"), namespace, name)?.document
        return (object?["subsets"]?.elements ?? []).flatMap { subset -> [Place] in
            guard
                let port = subset["ports"]?.elements.first(where: { ($0["name"]?.string ?? "") == portName })?["port"]?
                    .int
            else { return [] }
            return (subset["addresses"]?.elements ?? []).compactMap { address in
                address["ip"]?.string.map { Place(host: $0, port: Int(port)) }
            }
        }
    }
}
