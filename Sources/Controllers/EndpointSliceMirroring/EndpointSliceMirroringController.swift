import ClusterState
import Document
import Records
public import Schema

/// Gives hand-written Endpoints of services without a selector their EndpointSlices.
public struct EndpointSliceMirroringController: Controller {
    public let name = "endpointslicemirroring-controller"
    public var watches: Set<GroupResource>? { [.services, .endpoints, .endpointSlices] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        switch change.store {
        case .endpointSlices:
            guard change.kind != .created, change.document.label(SliceSet.managedBy) == SliceSet.mirroringController,
                let service = change.document.label(SliceSet.serviceName)
            else { return }
            dirty.add(GroupResource.endpoints.key(change.key.namespace, service))
        default: dirty.add(GroupResource.endpoints.key(change.key.namespace, change.key.name))
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        let existing = view.state.objects(
            .endpointSlices, namespace: work.key.namespace, label: (SliceSet.serviceName, work.key.name)
        ).map(view.document).filter {
            $0.label(SliceSet.managedBy) == SliceSet.mirroringController && !$0.isBeingDeleted
        }
        guard let endpoints = view.document(work.key), isMirrored(endpoints),
            let service = view.document(.services, work.key.namespace, work.key.name),
            service["spec"]?["selector"]?.entries.isEmpty ?? true
        else {
            for slice in existing {
                work.delete(
                    "discovery.k8s.io/v1", "endpointslices", slice.objectNamespace, slice.objectName,
                    uid: slice.objectUID)
            }
            return
        }
        var labels = endpoints.objectLabels
        labels[SliceSet.managedBy] = .string(SliceSet.mirroringController)
        labels[SliceSet.serviceName] = .string(work.key.name)
        var annotations = endpoints.objectAnnotations
        annotations["kubectl.kubernetes.io/last-applied-configuration"] = nil
        annotations["endpoints.kubernetes.io/last-change-trigger-time"] = nil
        for family in ["IPv4", "IPv6"] {
            var groups: [SliceSet.Group] = []
            for subset in endpoints["subsets"]?.elements ?? [] {
                var list: [JSON] = []
                for (member, ready) in [("addresses", true), ("notReadyAddresses", false)] {
                    for address in subset[member]?.elements ?? [] {
                        guard let ip = address["ip"]?.string, ip.contains(":") == (family == "IPv6") else { continue }
                        var endpoint: JSON = ["addresses": [.string(ip)], "conditions": ["ready": .bool(ready)]]
                        for copied in ["hostname", "nodeName", "targetRef"] where address[copied] != nil {
                            endpoint[copied] = address[copied]
                        }
                        list.append(endpoint)
                    }
                }
                if list.isEmpty { continue }
                var ports = (subset["ports"]?.elements ?? []).map { port -> JSON in
                    var out = port
                    if out["name"] == nil { out["name"] = "" }
                    return out
                }
                ports.sort { ($0["name"]?.string ?? "") < ($1["name"]?.string ?? "") }
                if let place = groups.firstIndex(where: { $0.ports == ports }) {
                    groups[place].endpoints += list
                } else {
                    groups.append(SliceSet.Group(ports: ports, endpoints: list))
                }
            }
            SliceSet(
                owner: endpoints, ownerKind: "Endpoints", addressType: family, labels: labels, annotations: annotations,
                existing: existing.filter { $0["addressType"]?.string == family }, groups: groups,
                keepsPlaceholder: false
            ).write(&work)
        }
    }

    private func isMirrored(_ endpoints: JSON) -> Bool {
        endpoints.label("endpointslice.kubernetes.io/skip-mirror") != "true"
            && endpoints.annotation("control-plane.alpha.kubernetes.io/leader") == nil && !endpoints.isBeingDeleted
    }
}
