import Addresses
import ClusterState
import Document
import Records
public import Schema

/// Says which ServiceCIDRs Services may get addresses from, and keeps one that is being deleted as long as an address would be left
/// outside of every range.
public struct ServiceCIDRController: Controller {
    static let finalizer = "networking.k8s.io/service-cidr-finalizer"
    public let name = "service-cidr-controller"
    public var account: String { "service-cidrs-controller" }
    public var watches: Set<GroupResource>? { [.serviceCIDRs, .ipAddresses] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == .serviceCIDRs {
            if change.kind != .deleted { dirty.add(change.key) }
            // Another range may take over the addresses of one that is to go, or no longer does.
            for range in Self.deleting(view) { dirty.add(range) }
        } else if change.kind != .updated {
            for range in Self.deleting(view) { dirty.add(range) }
        }
    }

    private static func deleting(_ view: ClusterView) -> [ObjectKey] {
        view.state.objects(.serviceCIDRs).filter { view.document($0).isBeingDeleted }.map(\.key)
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let object = view.document(work.key) else { return }
        let finalizers = object.objectFinalizers
        if object.isBeingDeleted {
            guard finalizers.contains(Self.finalizer) else { return }
            if let address = Self.orphan(of: object, view) {
                work.decision = ["controller": "service-cidr-controller", "why": "in use", "address": .string(address)]
                apply(
                    "False", reason: "Terminating",
                    "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR",
                    object, &work)
                return
            }
            // Upstream waits ten seconds for allocators elsewhere; here allocation and deletion are in one order.
            work.decision = ["controller": "service-cidr-controller", "why": "no address depends on it"]
            work.patch(
                "networking.k8s.io/v1", "servicecidrs", "", work.key.name, .strategic,
                ["metadata": ["$deleteFromPrimitiveList/finalizers": [.string(Self.finalizer)]]], tolerating: [404])
            return
        }
        if !finalizers.contains(Self.finalizer) {
            work.patch(
                "networking.k8s.io/v1", "servicecidrs", "", work.key.name, .strategic,
                ["metadata": ["finalizers": [.string(Self.finalizer)]]], tolerating: [404])
        }
        apply("True", reason: "", "Kubernetes Service CIDR is ready", object, &work)
    }

    private func apply(_ status: String, reason: String, _ message: String, _ object: JSON, _ work: inout Work) {
        let known = Conditions.find(object["status"], "Ready")
        if known?["status"]?.string == status, known?["message"]?.string == message { return }
        var condition: JSON = [
            "type": "Ready", "status": .string(status), "message": .string(message),
            "lastTransitionTime": .string(work.now.rfc3339),
        ]
        condition["reason"] = .string(reason)
        var intent = Intent(
            .patch(
                .apply,
                [
                    "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR",
                    "metadata": ["name": .string(work.key.name)], "status": ["conditions": [condition]],
                ]),
            apiVersion: "networking.k8s.io/v1", resource: "servicecidrs", name: work.key.name, subresource: "status")
        intent.fieldManager = name
        work.send(intent, tolerating: [404])
    }

    /// An address that no other range holds; nil when the range may go.
    private static func orphan(of object: JSON, _ view: ClusterView) -> String? {
        let others = view.documents(.serviceCIDRs).filter { $0.objectUID != object.objectUID }.flatMap(ranges)
        let own = ranges(of: object)
        if !own.isEmpty, own.allSatisfy({ range in others.contains { $0.contains(range) } }) { return nil }
        for stored in view.state.objects(.ipAddresses) where ServiceAddress.isManaged(view.document(stored)) {
            guard let address = IPAddress(stored.key.name), own.contains(where: { $0.contains(address) }) else {
                continue
            }
            if !others.contains(where: { $0.contains(address) }) { return stored.key.name }
        }
        return nil
    }

    static func ranges(of object: JSON) -> [AddressRange] {
        (object["spec"]?["cidrs"]?.strings ?? []).compactMap { AddressRange($0) }
    }
}
