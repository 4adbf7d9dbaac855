public import Document

/// Services and EndpointSlices in, nftables text out: upstream's kube-proxy in its nftables mode, laid out flat.
///
///     packet ─► service-ips     (address . protocol . port : goto chain)     ─┐
///               nodeports       (protocol . port : goto chain)               ─┤
///                                                                             ▼
///               chain ip-N:  mark = a number below N;  dnat to endpoints[address . protocol . port . mark]
///               no-endpoints (address . protocol . port : reject or drop)     in the filter hooks
///               hairpin      (address . address)                              masquerade a pod that reaches itself
///
/// All maps are named, so that a change of one service is a change of some elements whatever the number of services, and a
/// table of tens of thousands of services loads in one transaction.
public struct ServiceRouter: Sendable {
    /// What the rules depend on besides services.
    public struct Node: Sendable, Equatable {
        public var name: String
        /// The pods' addresses of the whole cluster; connections from elsewhere to a ClusterIP are masqueraded. Empty: none are.
        public var clusterCIDR: String
        /// This node's pods; what they send out of the cluster is masqueraded. Empty: nothing is.
        public var podCIDR: String
        public init(name: String, clusterCIDR: String = "", podCIDR: String = "") {
            self.name = name
            self.clusterCIDR = clusterCIDR
            self.podCIDR = podCIDR
        }
    }

    /// The nftables table that holds everything: `ip reckon-proxy`.
    public static let table = "reckon-proxy"

    let node: Node
    private var services: [String: RoutedService] = [:]
    private var slices: [String: RoutedSlice] = [:]
    private var slicesOf: [String: Set<String>] = [:]
    /// What each service has in the maps now.
    private var routes: [String: ServiceRoutes] = [:]
    private var dirty: Set<String> = []
    private var counts = ElementCounts()

    public init(node: Node) { self.node = node }

    // MARK: input

    public mutating func setService(_ service: JSON) {
        let key = ServiceRouter.key(service)
        let new = RoutedService(service)
        guard services[key] != new else { return }
        services[key] = new
        dirty.insert(key)
    }
    public mutating func removeService(namespace: String, name: String) {
        let key = namespace + "/" + name
        if services.removeValue(forKey: key) != nil { dirty.insert(key) }
    }
    public mutating func setSlice(_ slice: JSON) {
        let key = ServiceRouter.key(slice)
        removeSlice(key)
        guard let new = RoutedSlice(slice) else { return }
        slices[key] = new
        slicesOf[new.service, default: []].insert(key)
        dirty.insert(new.service)
    }
    public mutating func removeSlice(namespace: String, name: String) { removeSlice(namespace + "/" + name) }

    private mutating func removeSlice(_ key: String) {
        guard let old = slices.removeValue(forKey: key) else { return }
        slicesOf[old.service]?.remove(key)
        if slicesOf[old.service]?.isEmpty == true { slicesOf[old.service] = nil }
        dirty.insert(old.service)
    }

    private static func key(_ object: JSON) -> String {
        (object["metadata", "namespace"]?.string ?? "") + "/" + (object["metadata", "name"]?.string ?? "")
    }

    public var serviceCount: Int { services.count }

    // MARK: output

    /// The table from nothing, with everything that came in so far: one transaction that also replaces an older table.
    public mutating func wholeTable() -> String {
        _ = update()
        return RuleText.whole(node, counts)
    }

    /// What changed since the last call, as one transaction.
    public mutating func changes() -> RoutingChange {
        let (before, staleUDP) = update()
        return RoutingChange(text: RuleText.difference(before, counts), staleUDP: staleUDP)
    }

    /// Recomputes the services that changed; returns the elements as they were, for those that changed.
    private mutating func update() -> (ElementChanges, [String]) {
        var changed = ElementChanges()
        var stale: Set<String> = []
        for key in dirty.sorted() {
            let old = routes[key]
            let new = services[key].map { service in
                ServiceRoutes(
                    service, slices: (slicesOf[key] ?? []).sorted().compactMap { slices[$0] }, node: node.name,
                    before: old?.slots ?? [:])
            }
            if old?.elements == new?.elements {
                routes[key] = new
                continue
            }
            // Added first: an element that stays never falls to nothing in between.
            new?.elements.forEach { counts.add($0, &changed) }
            old?.elements.forEach { counts.remove($0, &changed) }
            routes[key] = new
            for gone in (old?.udpFlows ?? []).subtracting(new?.udpFlows ?? []) { stale.insert(gone) }
            if let old, let new, old.udpFlows.isEmpty, !new.udpFlows.isEmpty { stale.formUnion(new.udpAddresses) }
        }
        dirty = []
        return (changed, stale.sorted())
    }
}

/// One transaction for `nft -f -`, and UDP flows that conntrack must forget afterwards.
public struct RoutingChange: Equatable, Sendable {
    /// Empty when nothing changed.
    public var text: String
    /// Original destinations (`address port [endpoint]`, space-separated) whose UDP entries are stale.
    public var staleUDP: [String]
}
