/// A chain that sends a connection to one of `count` endpoints. Services share it: it finds the endpoint by the packet's own
/// destination in a map, so the number of chains follows the number of different sizes, not of services.
struct RoutingChain: Hashable, Sendable {
    /// By address and port, or by node port alone.
    var isNodePort: Bool
    var count: Int
    /// The endpoints of this node only; they have numbers of their own.
    var isLocal: Bool
    /// The connection gets this node's address, so that the answer comes back through it.
    var masquerades: Bool
    var affinitySeconds: Int64

    /// Numbers of local endpoints begin here.
    static let localOffset = 65536

    var name: String {
        (isNodePort ? "port" : "ip") + (isLocal ? "-local" : "") + (masquerades ? "-masq" : "") + "-\(count)"
            + (affinitySeconds > 0 ? "-sticky\(affinitySeconds)" : "")
    }

    /// The chain's rules, one a line.
    var rules: [String] {
        let target = isNodePort ? "meta l4proto . th dport" : "ip daddr . meta l4proto . th dport"
        let offset = isLocal ? " offset \(RoutingChain.localOffset)" : ""
        let table = isNodePort ? "@nodeport-endpoints" : "@endpoints"
        var out: [String] = []
        if masquerades { out.append("ct mark set ct mark or 0x4000") }
        if affinitySeconds > 0 {
            let key = "ip saddr . \(isNodePort ? "ip daddr . meta l4proto . th dport" : target)"
            let first = isLocal ? RoutingChain.localOffset : 0
            out.append("meta mark set 0xffffffff")
            out.append("meta mark set \(key) map @affinity")
            // Nobody yet, or a number from when there were more.
            out.append("meta mark != \(first)-\(first + count - 1) meta mark set numgen random mod \(count)\(offset)")
            out.append("update @affinity { \(key) timeout \(affinitySeconds)s : meta mark }")
        } else {
            out.append("meta mark set numgen random mod \(count)\(offset)")
        }
        for transport in ["tcp", "udp", "sctp"] {
            out.append("meta l4proto \(transport) dnat ip addr . port to \(target) . meta mark map \(table)")
        }
        return out
    }
}
