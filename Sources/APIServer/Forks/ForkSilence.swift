import Admission
import Engine

/// Who calls out for a fork: nobody. Every call has failed, and the words say why.
struct ForkSilence: OutsideCaller {
    static let words = "nothing outside is called from a fork"

    func ask(_ calls: [WebhookCall], _ done: @escaping @Sendable ([WebhookAnswer]) -> Void) {
        done(calls.map { WebhookAnswer(call: $0, uid: "", reply: .failed(Self.words), latency: 0) })
    }
}
