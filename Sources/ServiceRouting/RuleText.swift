/// How often each element is wanted: several services may share one (hairpin addresses, chains).
struct ElementCounts: Sendable {
    private(set) var elements: [RuleElement: Int] = [:]
    private(set) var chains: [RoutingChain: Int] = [:]

    mutating func add(_ element: RuleElement, _ changed: inout ElementChanges) {
        if elements[element, default: 0] == 0 { changed.note(element, isNew: true) }
        elements[element, default: 0] += 1
        if let chain = element.chain {
            if chains[chain, default: 0] == 0 { changed.note(chain, isNew: true) }
            chains[chain, default: 0] += 1
        }
    }

    mutating func remove(_ element: RuleElement, _ changed: inout ElementChanges) {
        elements[element, default: 1] -= 1
        if elements[element] == 0 {
            elements[element] = nil
            changed.note(element, isNew: false)
        }
        if let chain = element.chain {
            chains[chain, default: 1] -= 1
            if chains[chain] == 0 {
                chains[chain] = nil
                changed.note(chain, isNew: false)
            }
        }
    }
}

/// What came and went since the last transaction. What did both is in neither.
struct ElementChanges: Sendable {
    private(set) var added: Set<RuleElement> = []
    private(set) var removed: Set<RuleElement> = []
    private(set) var addedChains: Set<RoutingChain> = []
    private(set) var removedChains: Set<RoutingChain> = []

    mutating func note(_ element: RuleElement, isNew: Bool) {
        if isNew {
            if removed.remove(element) == nil { added.insert(element) }
        } else {
            if added.remove(element) == nil { removed.insert(element) }
        }
    }
    mutating func note(_ chain: RoutingChain, isNew: Bool) {
        if isNew {
            if removedChains.remove(chain) == nil { addedChains.insert(chain) }
        } else {
            if addedChains.remove(chain) == nil { removedChains.insert(chain) }
        }
    }
    var isEmpty: Bool { added.isEmpty && removed.isEmpty }
}

/// The text for `nft -f -`.
enum RuleText {
    private static let table = ServiceRouter.table

    /// Everything, replacing what is there.
    static func whole(_ node: ServiceRouter.Node, _ counts: ElementCounts) -> String {
        var out = "add table ip \(table)\ndelete table ip \(table)\n"
        out += "table ip \(table) {\n" + base(node)
        for chain in counts.chains.keys.sorted(by: { $0.name < $1.name }) {
            out += "  chain \(chain.name) {\n"
            for rule in chain.rules { out += "    \(rule)\n" }
            out += "  }\n"
        }
        out += "}\n"
        put("add", Array(counts.elements.keys), &out)
        return out
    }

    /// Only what changed; empty when nothing did. Chains come before what goes to them, and go after it.
    static func difference(_ changes: ElementChanges, _ counts: ElementCounts) -> String {
        if changes.isEmpty { return "" }
        var out = ""
        for chain in changes.addedChains.sorted(by: { $0.name < $1.name }) {
            out += "add chain ip \(table) \(chain.name)\n"
            for rule in chain.rules { out += "add rule ip \(table) \(chain.name) \(rule)\n" }
        }
        put("delete", Array(changes.removed), &out)
        put("add", Array(changes.added), &out)
        for chain in changes.removedChains.sorted(by: { $0.name < $1.name }) {
            out += "flush chain ip \(table) \(chain.name)\ndelete chain ip \(table) \(chain.name)\n"
        }
        return out
    }

    /// One statement for each map or set, in the order of the keys.
    private static func put(_ verb: String, _ elements: [RuleElement], _ out: inout String) {
        for place in RuleElement.Place.allCases {
            let mine = elements.filter { $0.place == place }.sorted { $0.key < $1.key }
            if mine.isEmpty { continue }
            out += "\(verb) element ip \(table) \(place.rawValue) {"
            var isFirst = true
            for element in mine {
                out += isFirst ? " " : ", "
                isFirst = false
                out += element.key
                if verb == "add", !element.value.isEmpty {
                    out += " : "
                    out += element.value
                }
            }
            out += " }\n"
        }
    }

    private static func base(_ node: ServiceRouter.Node) -> String {
        var out = """
              map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
              map nodeports { type inet_proto . inet_service : verdict; }
              map endpoints { type ipv4_addr . inet_proto . inet_service . mark : ipv4_addr . inet_service; }
              map nodeport-endpoints { type inet_proto . inet_service . mark : ipv4_addr . inet_service; }
              map no-endpoints { type ipv4_addr . inet_proto . inet_service : verdict; }
              map no-endpoint-nodeports { type inet_proto . inet_service : verdict; }
              set cluster-ips { type ipv4_addr; }
              set hairpin { type ipv4_addr . ipv4_addr; }
              map affinity {
                type ipv4_addr . ipv4_addr . inet_proto . inet_service : mark
                flags dynamic,timeout
                timeout 3h
                size 65536
              }
              chain refuse {
                meta l4proto tcp reject with tcp reset
                reject
              }
              chain services {

            """
        if !node.clusterCIDR.isEmpty {
            out += "    ip daddr @cluster-ips ip saddr != \(node.clusterCIDR) ct mark set ct mark or 0x4000\n"
        }
        out += """
                ip daddr . meta l4proto . th dport vmap @service-ips
                fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @nodeports
              }
              chain prerouting {
                type nat hook prerouting priority dstnat; policy accept;
                jump services
              }
              chain output {
                type nat hook output priority -100; policy accept;
                jump services
              }
              chain postrouting {
                type nat hook postrouting priority srcnat; policy accept;
                ct status dnat meta mark set 0
                ct mark & 0x4000 == 0x4000 masquerade fully-random
                ip saddr . ip daddr @hairpin masquerade fully-random

            """
        if !node.podCIDR.isEmpty {
            let inside = node.clusterCIDR.isEmpty ? node.podCIDR : node.clusterCIDR
            out +=
                "    ip saddr \(node.podCIDR) ip daddr != \(inside) ip daddr != 224.0.0.0/4 masquerade fully-random\n"
        }
        out += """
              }
              chain unreachable {
                ip daddr . meta l4proto . th dport vmap @no-endpoints
                fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @no-endpoint-nodeports
                ip daddr @cluster-ips meta l4proto { tcp, udp, sctp } goto refuse
              }
              chain filter-input {
                type filter hook input priority filter; policy accept;
                ct state new jump unreachable
              }
              chain filter-forward {
                type filter hook forward priority filter; policy accept;
                ct state new jump unreachable
              }
              chain filter-output {
                type filter hook output priority filter; policy accept;
                ct state new jump unreachable
              }

            """
        return out
    }
}
