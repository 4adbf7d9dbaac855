import Document

/// One PriorityLevelConfiguration.
public struct PriorityLevel: Sendable, Equatable {
    public let name: String
    /// For `X-Kubernetes-PF-PriorityLevel-UID`.
    public let uid: String
    /// Its requests always run.
    public let isExempt: Bool
    let shares: Int64
    let lendablePercent: Int64
    /// nil: it may borrow without limit.
    let borrowingPercent: Int64?
    /// nil refuses what cannot run at once.
    let queuing: Queuing?

    struct Queuing: Sendable, Equatable {
        let queues: Int
        let handSize: Int
        let lengthMax: Int
    }

    init(_ object: JSON) {
        let spec = object["spec"] ?? .null
        name = object["metadata", "name"]?.string ?? ""
        uid = object["metadata", "uid"]?.string ?? ""
        isExempt = spec["type"]?.string == "Exempt"
        let shape = spec[isExempt ? "exempt" : "limited"] ?? .null
        shares = max(0, shape["nominalConcurrencyShares"]?.int ?? (isExempt ? 0 : 30))
        lendablePercent = min(100, max(0, shape["lendablePercent"]?.int ?? 0))
        borrowingPercent = shape["borrowingLimitPercent"]?.int.map { max(0, $0) }
        let response = shape["limitResponse"] ?? .null
        if !isExempt, response["type"]?.string == "Queue" {
            let asked = response["queuing"] ?? .null
            let queues = Int(clamping: min(10_000, max(1, asked["queues"]?.int ?? 64)))
            queuing = Queuing(
                queues: queues, handSize: Int(clamping: min(Int64(queues), max(1, asked["handSize"]?.int ?? 8))),
                lengthMax: Int(clamping: max(1, asked["queueLengthLimit"]?.int ?? 50)))
        } else {
            queuing = nil
        }
    }

    /// The two levels that there always are, for a state that lacks them.
    static func mandatory(_ name: String) -> PriorityLevel {
        PriorityLevel(
            name == "exempt"
                ? ["metadata": ["name": "exempt"], "spec": ["type": "Exempt"]]
                : [
                    "metadata": ["name": "catch-all"],
                    "spec": [
                        "type": "Limited",
                        "limited": ["nominalConcurrencyShares": 5, "limitResponse": ["type": "Reject"]],
                    ],
                ])
    }
}
