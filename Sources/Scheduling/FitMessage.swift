import Document

/// What a pod is told when no node takes it, in upstream's words: `FitError`.
enum FitMessage {
    static func header(_ nodes: Int) -> String { "0/\(nodes) nodes are available" }

    /// `1 Insufficient cpu, 2 node(s) …`: each reason with the number of nodes that gave it, ordered as text.
    static func histogram(_ reasons: [String]) -> String {
        var counts: [String: Int] = [:]
        for reason in reasons { counts[reason, default: 0] += 1 }
        return counts.map { "\($0.value) \($0.key)" }.sorted { $0.bytesPrecede($1) }.joined(separator: ", ")
    }
    /// The nodes' part, ended by a full stop.
    static func filters(_ nodes: Int, _ reasons: [String]) -> String {
        let text = histogram(reasons)
        return header(nodes) + (text.isEmpty ? "." : ": " + text + ".")
    }
    static let noNodes = "no nodes available to schedule pods"
    static let notHelpful = "Preemption is not helpful for scheduling"
    static let noVictims = "No preemption victims found for incoming pod"
    static func preemption(_ text: String) -> String { "no new claims to deallocate, preemption: " + text }
}
