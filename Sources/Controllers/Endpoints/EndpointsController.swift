import ClusterState
import Document
import Records
public import Schema

/// Writes the Endpoints object of every Service with a selector.
public struct EndpointsController: Controller {
    static let capacity = 1000
    static let managedBy = "endpoints.kubernetes.io/managed-by"
    static let overCapacity = "endpoints.kubernetes.io/over-capacity"

    public let name = "endpoint-controller"
    public var watches: Set<GroupResource>? { [.services, .pods, .endpoints] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        switch change.store {
        case .services: dirty.add(change.key)
        case .endpoints:
            if change.kind == .deleted { dirty.add(GroupResource.services.key(change.key.namespace, change.key.name)) }
        default: ServicePods.services(for: change, view: view, dirty: &dirty)
        }
    }

    public mutating func started(view: ClusterView, dirty: inout DirtyKeys) {
        for stored in view.state.objects(.endpoints) {
            dirty.add(GroupResource.services.key(stored.key.namespace, stored.key.name))
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        let current = view.document(.endpoints, work.key.namespace, work.key.name)
        guard let service = view.document(work.key) else {
            if let current,
                current.label("endpointslice.kubernetes.io/skip-mirror") == nil || current.label(Self.managedBy) != nil
            {
                work.delete("v1", "endpoints", work.key.namespace, work.key.name, uid: current.objectUID)
            }
            return
        }
        if service["spec"]?["type"]?.string == "ExternalName" { return }
        let selector = LabelSelector(map: service["spec"]?["selector"])
        if selector.matchesNothing { return }
        let unreadyToo = service["spec"]?["publishNotReadyAddresses"]?.bool ?? false
        let sixth = service["spec"]?["ipFamilies"]?[0]?.string == "IPv6"

        // For each port, the addresses that have it; ports with the same addresses share a subset.
        struct Address {
            var json: JSON
            var ip: String
            var ready: Bool
        }
        var byPort: [(port: ServicePods.Port?, addresses: [Address])] = []
        var taken = 0
        var truncated = false
        for pod in view.pods.all(in: work.key.namespace) where selector.matches(pod.labels) {
            guard ServicePods.belongs(pod, includeTerminating: unreadyToo),
                let ip = pod.ips.first(where: { $0.contains(":") == sixth })
            else { continue }
            if taken >= Self.capacity {
                truncated = true
                break
            }
            taken += 1
            var json: JSON = ["ip": .string(ip), "targetRef": ServicePods.target(pod)]
            if !pod.nodeName.isEmpty { json["nodeName"] = .string(pod.nodeName) }
            if let hostname = ServicePods.hostname(pod, service) { json["hostname"] = .string(hostname) }
            let address = Address(json: json, ip: ip, ready: unreadyToo || pod.isReady)
            var ports: [ServicePods.Port?] = ServicePods.ports(of: service, on: pod)
            if service["spec"]?["ports"]?.elements.isEmpty ?? true {
                ports = ServicePods.isHeadless(service) ? [nil] : []
            }
            for port in ports {
                if let place = byPort.firstIndex(where: { $0.port == port }) {
                    byPort[place].addresses.append(address)
                } else {
                    byPort.append((port, [address]))
                }
            }
        }
        var groups: [(ports: [ServicePods.Port], addresses: [Address])] = []
        for (port, addresses) in byPort {
            let same = groups.firstIndex { group in
                group.addresses.count == addresses.count
                    && zip(group.addresses, addresses).allSatisfy { $0.json == $1.json && $0.ready == $1.ready }
            }
            if let same {
                if let port { groups[same].ports.append(port) }
            } else {
                groups.append((port.map { [$0] } ?? [], addresses))
            }
        }
        let subsets: [JSON] = groups.map { group in
            var out: JSON = .object(JSONObject())
            let sorted = group.addresses.sorted { $0.ip.bytesPrecede($1.ip) }
            let ready = sorted.filter(\.ready).map(\.json)
            let unready = sorted.filter { !$0.ready }.map(\.json)
            if !ready.isEmpty { out["addresses"] = .array(ready) }
            if !unready.isEmpty { out["notReadyAddresses"] = .array(unready) }
            if !group.ports.isEmpty { out["ports"] = .array(group.ports.map(\.json)) }
            return out
        }

        var labels = ServicePods.labels(of: service)
        if ServicePods.isHeadless(service) { labels[ServicePods.headless] = "" }
        labels[Self.managedBy] = "endpoint-controller"
        let annotation: JSON? = truncated ? "truncated" : nil
        if let current, current.objectLabels == labels, current["subsets"] ?? .array([]) == .array(subsets),
            current["metadata"]?["annotations"]?[Self.overCapacity] == annotation
        {
            return
        }
        var made =
            current ?? [
                "apiVersion": "v1", "kind": "Endpoints",
                "metadata": ["name": .string(work.key.name), "namespace": .string(work.key.namespace)],
            ]
        made["metadata", "labels"] = .object(labels)
        if let annotation {
            made["metadata", "annotations", Self.overCapacity] = annotation
        } else if made["metadata"]?["annotations"] != nil {
            made["metadata", "annotations", Self.overCapacity] = nil
        }
        made["subsets"] = subsets.isEmpty ? Optional.none : .array(subsets)
        work.decision = [
            "controller": "endpoint-controller", "pods": .int(Int64(taken)), "subsets": .int(Int64(subsets.count)),
        ]
        if current == nil {
            work.create("endpoints", made, tolerating: [403, 404])
        } else {
            work.update("endpoints", made, tolerating: [404])
        }
    }
}
