import Controllers
import Document

/// Which pods are counted in which domains: the selector, namespaces and topology key of an affinity term or spread constraint.
/// Equal terms share their counts.
struct PodTerm: Hashable, Sendable {
    var selector: LabelSelector
    /// Sorted; empty for every namespace.
    var namespaces: [String]
    var topologyKey: String
    /// Spreading does not count pods that are going away.
    var skipsTerminating = false
    private var text: String

    init(
        selector: LabelSelector, selectorText: String, namespaces: [String], topologyKey: String,
        skipsTerminating: Bool = false
    ) {
        self.selector = selector
        self.namespaces = namespaces
        self.topologyKey = topologyKey
        self.skipsTerminating = skipsTerminating
        text = selectorText
    }
    static func == (a: PodTerm, b: PodTerm) -> Bool {
        a.topologyKey == b.topologyKey && a.skipsTerminating == b.skipsTerminating && a.namespaces == b.namespaces
            && a.text == b.text
    }
    func hash(into hasher: inout Hasher) {
        hasher.combine(topologyKey)
        hasher.combine(text)
        hasher.combine(namespaces)
    }
    func matches(namespace: String, labels: Labels) -> Bool {
        (namespaces.isEmpty || namespaces.contains(namespace)) && selector.matches(labels)
    }
}

/// `v1.TopologySpreadConstraint`.
struct SpreadConstraint: Sendable {
    var term: PodTerm
    var maxSkew: Int
    var isHard: Bool
    var minDomains: Int
    var honoursAffinity: Bool
    var honoursTaints: Bool
    var countsItself: Bool
}

/// A pod affinity term with the weight of a preferred one.
struct WeightedTerm: Sendable {
    var term: PodTerm
    var weight: Int64
}
