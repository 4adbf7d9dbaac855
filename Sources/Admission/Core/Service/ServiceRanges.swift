import Addresses
import ClusterState
import Document
import Schema

/// The ranges that Services get cluster addresses from: those of every ServiceCIDR that is ready and not being deleted. Until there
/// is one, the range that the server was started with.
enum ServiceRanges {
    private static let store = GroupResource(group: "networking.k8s.io", resource: "servicecidrs")

    /// The IPv4 ranges, that of `kubernetes` first, then by name; each once.
    static func ready(_ context: WriteContext) -> [AddressRange] {
        let stored = context.state.objects(store)
        if stored.isEmpty { return AddressRange(context.settings.serviceClusterIPRange).map { [$0] } ?? [] }
        var ranges: [AddressRange] = []
        for object in stored.filter({ $0.key.name == "kubernetes" }) + stored.filter({ $0.key.name != "kubernetes" }) {
            let document = object.document
            guard document["metadata", "deletionTimestamp"] == nil, isReady(document) else { continue }
            for range in (document["spec", "cidrs"]?.strings ?? []).compactMap({ AddressRange($0) })
            where !range.address.isIPv6 && !ranges.contains(where: { $0.text == range.text }) { ranges.append(range) }
        }
        return ranges
    }

    /// Without a condition too: nobody may be there to set it.
    private static func isReady(_ object: JSON) -> Bool {
        let condition = object["status", "conditions"]?.elements.first { $0["type"]?.string == "Ready" }
        return condition.map { $0["status"]?.string == "True" } ?? true
    }
}
