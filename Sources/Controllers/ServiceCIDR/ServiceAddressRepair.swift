import Addresses
import ClusterState
import Document
import Records
public import Schema

/// Keeps Services and their IPAddress objects one to one, as the API server's `ipallocator-repair-controller` does: for Services
/// from before there were such objects, and for objects that somebody changed or took away.
public struct ServiceAddressRepair: Controller {
    /// Upstream's informers come round to everything that often.
    static let resync: Int64 = 180_000_000
    /// An address without its Service is left that long, in microseconds.
    static let leakGrace: Int64 = 60_000_000
    public let name = "ipallocator-repair-controller"
    public var speaker: ControllerSpeaker { .server }
    public var watches: Set<GroupResource>? { [.services, .ipAddresses] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == .services {
            if change.kind != .deleted { dirty.add(change.key) }
            return
        }
        guard ServiceAddress.isManaged(change.document) else { return }
        if change.kind != .deleted {
            dirty.add(change.key)
        } else if let holder = ServiceAddress.service(of: change.document) {
            dirty.add(GroupResource.services.key(holder.namespace, holder.name), after: Self.resync)
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let object = view.document(work.key) else { return }
        if work.key.store == .services {
            for address in ServiceAddress.held(by: object) { check(address, of: object, view, &work) }
        } else {
            checkHolder(of: object, view, &work)
        }
    }

    // MARK: from the Service

    private func check(_ address: String, of service: JSON, _ view: ClusterView, _ work: inout Work) {
        guard let parsed = IPAddress(address) else { return }
        let family = ServiceAddress.family(of: address)
        let ranges = view.documents(.serviceCIDRs).flatMap(ServiceCIDRController.ranges)
        if !ranges.isEmpty, !ranges.contains(where: { $0.contains(parsed) }) {
            warn(
                service, "ClusterIPOutOfRange",
                "Cluster IP [\(family)]: \(address) is not within any configured Service CIDR; please recreate service",
                &work)
            return
        }
        guard let object = view.document(.ipAddresses, "", address) else {
            warn(
                service, "ClusterIPNotAllocated", "Cluster IP [\(family)]: \(address) is not allocated; repairing",
                &work)
            work.decision = ["controller": "ipallocator-repair-controller", "why": "not allocated"]
            create(address, of: service, &work)
            return
        }
        let holder = ServiceAddress.service(of: object)
        let isOurs = holder.map { $0.namespace == service.objectNamespace && $0.name == service.objectName } ?? false
        if isOurs, ServiceAddress.isLabelled(object) { return }
        if !isOurs {
            if let holder, let other = view.document(.services, holder.namespace, holder.name) {
                if ServiceAddress.held(by: other).contains(address) {
                    warn(
                        service, "ClusterIPAlreadyAllocated",
                        "Cluster IP [\(family)]:\(address) was assigned to multiple services; please recreate service",
                        &work)
                }
                return
            }
            warn(
                service, "ClusterIPNotAllocated",
                "the ClusterIP [\(family)]: \(address) for Service \(service.objectNamespace)/\(service.objectName) has a wrong reference; repairing",
                &work)
        }
        work.decision = ["controller": "ipallocator-repair-controller", "why": "wrong reference or labels"]
        work.delete("networking.k8s.io/v1", "ipaddresses", "", address, uid: object.objectUID)
        create(address, of: service, &work)
    }

    private func create(_ address: String, of service: JSON, _ work: inout Work) {
        work.create(
            "ipaddresses",
            ServiceAddress.object(address, namespace: service.objectNamespace, name: service.objectName))
    }

    // MARK: from the address

    private func checkHolder(of object: JSON, _ view: ClusterView, _ work: inout Work) {
        guard ServiceAddress.isManaged(object) else { return }
        let address = object.objectName
        guard let holder = ServiceAddress.service(of: object) else {
            return remove(
                object, "IPAddressNotAllocated",
                "IPAddress \(address) appears to have been modified, not referencing a Service: cleaning up", &work)
        }
        let (namespace, name) = holder
        guard let service = view.document(.services, namespace, name) else {
            let left = object.objectCreation.adding(microseconds: Self.leakGrace).since(work.now)
            if left > 0 { return work.requeue(after: left) }
            return remove(
                object, "IPAddressNotAllocated",
                "IPAddress: \(address) for Service \(namespace)/\(name) appears to have leaked: cleaning up", &work)
        }
        if (service["spec"]?["clusterIPs"]?.strings ?? []).contains(address) { return }
        remove(
            object, "IPAddressWrongReference",
            "IPAddress: \(address) for Service \(namespace)/\(name) has a wrong reference; cleaning up", &work)
    }

    private func remove(_ object: JSON, _ reason: String, _ message: String, _ work: inout Work) {
        warn(object, reason, message, &work, action: "IPAddressAllocation")
        work.decision = ["controller": "ipallocator-repair-controller", "why": .string(reason)]
        work.delete("networking.k8s.io/v1", "ipaddresses", "", object.objectName, uid: object.objectUID)
    }

    private func warn(
        _ object: JSON, _ reason: String, _ message: String, _ work: inout Work, action: String = "ClusterIPAllocation"
    ) {
        var note = EventNote(object, reason, message, warning: true)
        note.action = action
        work.note(note)
    }
}
