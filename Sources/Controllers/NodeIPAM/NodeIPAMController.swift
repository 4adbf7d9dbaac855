public import Addresses
import ClusterState
import Document
import Records
public import Schema

/// Gives each Node that has none a range for its pods: the next of the cluster's that no Node holds.
public struct NodeIPAMController: Controller {
    public let name = "node-ipam-controller"
    public var component: String { "cidrAllocator" }
    public var account: String { "node-controller" }
    public var watches: Set<GroupResource>? { [.nodes] }
    private let base: UInt32
    private let prefixLength: Int
    private let count: UInt32
    /// What each Node holds, as places in the cluster's range; read off the Nodes, or promised to one a moment ago.
    private var held: [String: ClosedRange<UInt32>] = [:]
    private var holders: [UInt32: Int] = [:]
    private var next: UInt32 = 0

    /// `range` is an IPv4 range, `prefixLength` that of a Node's part. nil when a part would be larger than the whole.
    public init?(range: AddressRange, prefixLength: Int) {
        guard let base = range.base.ipv4, range.prefixLength <= prefixLength, prefixLength <= 30,
            prefixLength - range.prefixLength <= 16
        else { return nil }
        self.base = base
        self.prefixLength = prefixLength
        count = 1 << UInt32(prefixLength - range.prefixLength)
    }

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        let spec = change.kind == .deleted ? nil : change.document["spec"]
        let ranges = spec?["podCIDRs"]?.strings ?? []
        if ranges.isEmpty, change.kind != .deleted {
            dirty.add(change.key)
            return
        }
        hold(ranges.lazy.compactMap { AddressRange($0) }.compactMap(places).first, by: change.key.name)
    }

    /// The places that a range touches; nil outside of the cluster's range.
    private func places(_ range: AddressRange) -> ClosedRange<UInt32>? {
        guard let first = range.base.ipv4 else { return nil }
        let size = UInt64(1) << UInt64(32 - prefixLength)
        let (from, until) = (UInt64(first), UInt64(first) + (UInt64(1) << UInt64(32 - range.prefixLength)) - 1)
        let (start, end) = (UInt64(base), UInt64(base) + size * UInt64(count) - 1)
        guard from <= end, until >= start else { return nil }
        return UInt32((max(from, start) - start) / size)...UInt32((min(until, end) - start) / size)
    }

    private mutating func hold(_ places: ClosedRange<UInt32>?, by node: String) {
        let old = held[node]
        if old == places { return }
        if let old {
            for place in old {
                let left = (holders[place] ?? 1) - 1
                holders[place] = left > 0 ? left : nil
            }
        }
        held[node] = places
        if let places { for place in places { holders[place, default: 0] += 1 } }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let node = view.document(work.key), !node.isBeingDeleted,
            node["spec"]?["podCIDRs"]?.elements.isEmpty ?? true
        else { return }
        // What was promised before the answer got lost is promised still.
        guard let place = held[work.key.name]?.lowerBound ?? free() else {
            var about = EventNote.reference(to: node)
            about["resourceVersion"] = Optional.none
            work.note(
                EventNote(
                    reference: about, "CIDRNotAvailable", "Node \(work.key.name) status is now: CIDRNotAvailable"))
            work.retry = true
            return
        }
        hold(place...place, by: work.key.name)
        let address = IPAddress(ipv4: base + place << UInt32(32 - prefixLength))
        let text = JSON.string("\(address.text)/\(prefixLength)")
        work.decision = ["controller": "node-ipam-controller", "place": .int(Int64(place)), "of": .int(Int64(count))]
        work.patch(
            "v1", "nodes", "", work.key.name, .strategic, ["spec": ["podCIDR": text, "podCIDRs": [text]]],
            tolerating: [404])
    }

    private mutating func free() -> UInt32? {
        for step in 0..<count {
            let place = (next + step) % count
            if holders[place] == nil {
                next = (place + 1) % count
                return place
            }
        }
        return nil
    }
}
