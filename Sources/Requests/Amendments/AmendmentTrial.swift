public import Admission
public import Document

/// An amendment on its way to answers from servers outside: its writes are decided in their order, and what must be asked first is asked
/// about several at a time. What was decided stays decided, so that each write is looked at a few times however many there are.
///
///     questions() ─► asked by the engine ─► take(answers) ─► questions() … ─► none: `amendment` knows all that was said
public struct AmendmentTrial: Sendable {
    /// What to ask about one of the writes.
    public struct Question: Sendable {
        public let about: Amendment.Right
        public let call: WebhookCall
    }

    /// Writes that are looked at together at most.
    private static let aheadMax = 32

    public private(set) var amendment: Amendment
    private let ground: DecisionGround
    /// The writes that need nothing more, decided.
    private var settled: Amending

    /// Throws the refusal of the plan itself.
    public init(_ amendment: Amendment, on ground: DecisionGround, now: Timestamp) throws(Refusal) {
        var amendment = amendment
        if amendment.asked == nil { amendment.asked = now }
        self.amendment = amendment
        self.ground = ground
        settled = try Amending(amendment, ground, now)
    }

    /// What must be asked before it can go on; nothing when every write is decided, or one is refused and thereby all.
    public mutating func questions() -> [Question] {
        settled.know(amendment.answers)
        while settled.next < settled.writes.count, !settled.isRefused {
            var ahead = settled
            ahead.advance()
            if ahead.wanted.isEmpty {
                settled = ahead
                continue
            }
            // Those behind it may need asking too. Where one builds on what waits, its turn comes later.
            var waiting: Set<String> = [settled.writes[settled.next].formerUID]
            let end = min(settled.next + Self.aheadMax, settled.writes.count)
            while ahead.next < end {
                let write = ahead.writes[ahead.next]
                if Self.builds(write, on: waiting) {
                    waiting.insert(write.formerUID)
                    ahead.skip()
                    continue
                }
                let before = ahead.wanted.count
                ahead.advance()
                if ahead.wanted.count > before { waiting.insert(write.formerUID) }
            }
            return ahead.wanted.map { Question(about: $0.about, call: $0.call) }
        }
        return []
    }

    /// The answers to the questions, in their order.
    public mutating func take(_ answers: [WebhookAnswer], to questions: [Question]) {
        for (question, answer) in zip(questions, answers) {
            amendment.answers[question.about, default: []].append(answer)
        }
    }

    /// What it leads to on the ground that it was tried on.
    public func decision() throws(Refusal) -> Decision { try settled.decision() }

    private static func builds(_ write: Amendment.Write, on waiting: Set<String>) -> Bool {
        write.object["metadata", "ownerReferences"]?.elements.contains {
            waiting.contains($0["uid"]?.string ?? "")
        } ?? false
    }
}
