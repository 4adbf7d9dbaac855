public import Document
public import Requests
public import Schema

/// Every question that is answered in one piece, by the name it has under `/reckon/v1/`.
public enum Questions {
    /// In the order of the names.
    public static let names = ["blame", "diff", "history", "show", "why"]

    /// The answer as a document with `kind` and `apiVersion`; nil when there is no such question. Blocks while it reads.
    public static func answer(_ name: String, _ query: Query, _ ground: Ground) throws(APIError) -> JSON? {
        switch name {
        case "blame": try BlameQuestion.answer(query, ground)
        case "diff": try StateComparison.answer(query, ground)
        case "history": try HistoryQuestion.answer(query, ground)
        case "show": try ShowQuestion.answer(query, ground)
        case "why": try WhyQuestion.answer(query, ground)
        default: nil
        }
    }
}
