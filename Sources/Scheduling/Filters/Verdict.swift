/// Why a node will not do: the reasons in upstream's words, and whether making room could help.
struct Verdict: Sendable {
    var plugin: String
    var reasons: [String]
    /// `UnschedulableAndUnresolvable`: no preemption helps.
    var isFinal: Bool
    init(_ plugin: String, _ reasons: [String], final isFinal: Bool) {
        self.plugin = plugin
        self.reasons = reasons
        self.isFinal = isFinal
    }
}

/// What is worked out once for a pod before nodes are looked at.
struct PodContext: Sendable {
    let pod: PodDemand
    /// Hard spread constraints with the counts of their domains.
    var spread: [(constraint: SpreadConstraint, counts: [String: Int], least: Int)] = []
    var affinity: [(term: PodTerm, counts: [String: Int])] = []
    var antiAffinity: [(term: PodTerm, counts: [String: Int])] = []
    /// Others' anti-affinity terms that match this pod.
    var repelled: [(term: PodTerm, counts: [String: Int])] = []
    /// Nobody matches the pod's own affinity yet, and it matches itself: the first of its kind may go anywhere.
    var mayBeFirst = false
    /// Room promised to other pods by preemption, by node name.
    var promised: [String: [PodDemand]] = [:]
    var volumes: [VolumeNeed] = []
    /// The pod's claims that one pod alone may use, and how many uses other pods make of them.
    var exclusiveClaims: Set<String> = []
    var claimsInUse = 0
}
