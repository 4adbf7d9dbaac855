public import ClusterState
public import Document
public import Requests
public import Schema

/// Every question that is answered in one piece, by the name it has under `/reckon/v1/`.
public enum Questions {
    /// In the order of the names.
    public static let names = [
        "audit", "bisect", "blame", "can", "diff", "doctor", "event", "explain", "history", "minimal", "names",
        "sessions",
        "show", "who-could", "why",
    ]

    /// How a condition of `bisect` is written, in words.
    public static var conditionHelp: String { Condition.help }

    /// `diff` of two states that need not be of one log: of a fork and what it was made from.
    public static func difference(
        _ query: Query, _ ground: Ground, from before: ClusterState, to after: ClusterState
    ) throws(APIError) -> JSON {
        try StateComparison.compare(query, ground, try ground.scope(query), before, after)
    }

    /// The answer as a document with `kind` and `apiVersion`; nil when there is no such question. Blocks while it reads.
    public static func answer(_ name: String, _ query: Query, _ ground: Ground) throws(APIError) -> JSON? {
        switch name {
        case "audit": try AuditQuestion.answer(query, ground)
        case "bisect": try BisectQuestion.answer(query, ground)
        case "can": try AccessQuestion.answer(query, ground)
        case "doctor": try DoctorQuestion.answer(query, ground)
        case "event": try EventQuestion.answer(query, ground)
        case "explain": try ExplainQuestion.answer(query, ground)
        case "blame": try BlameQuestion.answer(query, ground)
        case "diff": try StateComparison.answer(query, ground)
        case "history": try HistoryQuestion.answer(query, ground)
        case "minimal": try MinimalAccessQuestion.answer(query, ground)
        case "sessions": try SessionsQuestion.answer(query, ground)
        case "who-could": try WhoCouldQuestion.answer(query, ground)
        case "names": try NamesQuestion.answer(query, ground)
        case "show": try ShowQuestion.answer(query, ground)
        case "why": try WhyQuestion.answer(query, ground)
        default: nil
        }
    }
}
