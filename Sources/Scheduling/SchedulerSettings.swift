/// How much each score counts: the weights of upstream's plugins in a profile, and how free or full nodes are liked.
public struct SchedulerSettings: Equatable, Sendable {
    public var taintToleration: Int64 = 3
    public var nodeAffinity: Int64 = 2
    /// `NodeResourcesFit` by LeastAllocated: the emptier the better.
    public var leastAllocated: Int64 = 1
    /// `NodeResourcesFit` by MostAllocated: the fuller the better.
    public var mostAllocated: Int64 = 0
    public var podTopologySpread: Int64 = 2
    public var interPodAffinity: Int64 = 2
    public var balancedAllocation: Int64 = 1
    public var imageLocality: Int64 = 1

    public init() {}

    /// The names that `set` knows, besides upstream's own names of the plugins.
    public static let names = [
        "balancedAllocation", "imageLocality", "interPodAffinity", "leastAllocated", "mostAllocated", "nodeAffinity",
        "podTopologySpread", "taintToleration",
    ]

    /// Sets one weight by its name, upstream's or ours; false when there is none of that name.
    public mutating func set(_ name: String, to weight: Int64) -> Bool {
        switch name {
        case "taintToleration", "TaintToleration": taintToleration = weight
        case "nodeAffinity", "NodeAffinity": nodeAffinity = weight
        case "leastAllocated", "NodeResourcesFit": leastAllocated = weight
        case "mostAllocated": mostAllocated = weight
        case "podTopologySpread", "PodTopologySpread": podTopologySpread = weight
        case "interPodAffinity", "InterPodAffinity": interPodAffinity = weight
        case "balancedAllocation", "NodeResourcesBalancedAllocation": balancedAllocation = weight
        case "imageLocality", "ImageLocality": imageLocality = weight
        default: return false
        }
        return true
    }
}
