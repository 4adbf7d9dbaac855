public import Document
public import Schema

/// A stretch of time in which a recorder did not see what happened to some kinds.
public struct ObservationGap: Equatable, Sendable {
    /// What is not known of the stretch.
    public enum Loss: String, Sendable {
        /// Nothing that happened since is known yet.
        case open = "Open"
        /// Versions in between were never seen.
        case missed = "Missed"
        /// All was seen in the end, but not when it happened.
        case late = "Late"
    }
    public var from: Timestamp
    /// Nil while it lasts.
    public var to: Timestamp?
    public var loss: Loss
    /// Why, in words.
    public var reason: String
    public var resources: [GroupResource]
    /// Whether most of what is recorded was seen all the same.
    public var isPartial = false

    public init(from: Timestamp, to: Timestamp?, loss: Loss, reason: String, resources: [GroupResource]) {
        self.from = from
        self.to = to
        self.loss = loss
        self.reason = reason
        self.resources = resources
    }

    public var json: JSON {
        var json: JSON = [
            "from": .string(from.rfc3339Micro), "type": .string(loss.rawValue), "reason": .string(reason),
            "resources": .array(resources.map { .string($0.description) }), "partial": .bool(isPartial),
        ]
        if let to { json["to"] = .string(to.rfc3339Micro) }
        return json
    }

    /// How far apart, in microseconds, the kinds of one break lose the source and find it again.
    private static let spread: Int64 = 5_000_000

    /// Each kind has gaps of its own; what one break made of many kinds is one gap here, from the first loss to the last return, with the
    /// reason of the first. In order of time.
    public static func joined(_ gaps: [ObservationGap]) -> [ObservationGap] {
        var out: [ObservationGap] = []
        for gap in gaps.sorted(by: { ($0.from, $0.to ?? never) < ($1.from, $1.to ?? never) }) {
            let same = out.indices.reversed().prefix { gap.from.since(out[$0].from) <= spread }.first {
                out[$0].isSameBreak(as: gap)
            }
            guard let same else {
                out.append(gap)
                continue
            }
            if let to = gap.to, let known = out[same].to { out[same].to = max(to, known) }
            out[same].resources += gap.resources
        }
        for i in out.indices { out[i].resources = Array(Set(out[i].resources)).sorted() }
        return out
    }

    private static let never = Timestamp(microseconds: .max)

    private func isSameBreak(as other: ObservationGap) -> Bool {
        guard loss == other.loss, (to == nil) == (other.to == nil) else { return false }
        guard let to, let end = other.to else { return true }
        return abs(end.since(to)) <= Self.spread
    }
}
