import ClusterState
import Document
import Records
public import Schema

/// Writes the EndpointSlices of every Service with a selector.
public struct EndpointSliceController: Controller {
    public let name = "endpointslice-controller"
    public var watches: Set<GroupResource>? { [.services, .pods, .endpointSlices, .nodes] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        switch change.store {
        case .services: dirty.add(change.key)
        case .endpointSlices:
            let slice = change.document
            guard slice.label(SliceSet.managedBy) == SliceSet.controller,
                let service = slice.label(SliceSet.serviceName)
            else { return }
            if change.kind != .created || slice["metadata"]?["managedFields"] == nil {
                dirty.add(GroupResource.services.key(change.key.namespace, service))
            }
        case .nodes:
            // Zones of endpoints come from their nodes: look again when a node appears.
            guard change.kind == .created else { return }
            for pod in view.pods.onUnordered(node: change.key.name) {
                for stored in view.state.objects(.services, namespace: pod.namespace)
                where LabelSelector(map: view.document(stored)["spec"]?["selector"]).matches(pod.labels) {
                    dirty.add(stored.key)
                }
            }
        default: ServicePods.services(for: change, view: view, dirty: &dirty)
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let service = view.document(work.key), !service.isBeingDeleted,
            service["spec"]?["type"]?.string != "ExternalName"
        else { return }
        let selector = LabelSelector(map: service["spec"]?["selector"])
        if selector.matchesNothing { return }
        let pods = view.pods.all(in: work.key.namespace).filter { selector.matches($0.labels) }
        let families = service["spec"]?["ipFamilies"]?.strings ?? ["IPv4"]
        let existing = view.state.objects(
            .endpointSlices, namespace: work.key.namespace, label: (SliceSet.serviceName, work.key.name)
        ).map(view.document).filter { $0.label(SliceSet.managedBy) == SliceSet.controller && !$0.isBeingDeleted }
        var labels = ServicePods.labels(of: service)
        if ServicePods.isHeadless(service) { labels[ServicePods.headless] = "" }
        labels[SliceSet.serviceName] = .string(work.key.name)
        labels[SliceSet.managedBy] = .string(SliceSet.controller)
        for family in families {
            var groups: [SliceSet.Group] = []
            for pod in pods {
                guard let endpoint = endpoint(pod, service, sixth: family == "IPv6", view: view) else { continue }
                var ports = ServicePods.ports(of: service, on: pod).map { port -> JSON in
                    var json = port.json
                    json["name"] = .string(port.name)
                    return json
                }
                ports.sort { ($0["name"]?.string ?? "") < ($1["name"]?.string ?? "") }
                if let place = groups.firstIndex(where: { $0.ports == ports }) {
                    groups[place].endpoints.append(endpoint)
                } else {
                    groups.append(SliceSet.Group(ports: ports, endpoints: [endpoint]))
                }
            }
            SliceSet(
                owner: service, ownerKind: "Service", addressType: family, labels: labels, annotations: JSONObject(),
                existing: existing.filter { $0["addressType"]?.string == family }, groups: groups
            ).write(&work)
        }
        for slice in existing where !families.contains(slice["addressType"]?.string ?? "") {
            work.delete(
                "discovery.k8s.io/v1", "endpointslices", slice.objectNamespace, slice.objectName, uid: slice.objectUID)
        }
    }

    private func endpoint(_ pod: PodRecord, _ service: JSON, sixth: Bool, view: ClusterView) -> JSON? {
        guard ServicePods.belongs(pod, includeTerminating: true) else { return nil }
        let addresses = pod.ips.filter { $0.contains(":") == sixth }
        if addresses.isEmpty { return nil }
        let terminating = pod.deletion != nil
        let ready = service["spec"]?["publishNotReadyAddresses"]?.bool == true || (pod.isReady && !terminating)
        var out: JSON = [
            "addresses": .array(addresses.map { .string($0) }),
            "conditions": ["ready": .bool(ready), "serving": .bool(pod.isReady), "terminating": .bool(terminating)],
            "targetRef": ServicePods.target(pod),
        ]
        var zone: String?
        if !pod.nodeName.isEmpty {
            out["nodeName"] = .string(pod.nodeName)
            zone = view.document(.nodes, "", pod.nodeName)?.label("topology.kubernetes.io/zone")
            if let zone { out["zone"] = .string(zone) }
        }
        if let hostname = ServicePods.hostname(pod, service) { out["hostname"] = .string(hostname) }
        switch service["spec"]?["trafficDistribution"]?.string {
        case "PreferClose", "PreferSameZone":
            if ready, let zone { out["hints"] = ["forZones": [["name": .string(zone)]]] }
        case "PreferSameNode":
            if ready, !pod.nodeName.isEmpty {
                out["hints"] = ["forNodes": [["name": .string(pod.nodeName)]]]
                if let zone { out["hints", "forZones"] = [["name": .string(zone)]] }
            }
        default: break
        }
        return out
    }
}
