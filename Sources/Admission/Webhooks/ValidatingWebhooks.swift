import Document
import Schema

/// Asks the validating webhooks, all at once, about the object as it will be stored: upstream's ValidatingAdmissionWebhook.
struct ValidatingWebhooks: AdmissionPlugin {
    let name = "ValidatingAdmissionWebhook"

    func validate(_ request: inout AdmissionRequest) throws(APIError) {
        let hooks = request.context.webhooks.validating
        guard request.isSubject(to: hooks) else { return }
        var calls: [(hook: Webhook, call: WebhookCall, answer: WebhookAnswer?)] = []
        var refusal: APIError?
        for hook in hooks {
            guard let invocation = try WebhookMatching.invocation(hook, &request) else { continue }
            do throws(APIError) {
                try request.checkSideEffects(hook)
            } catch {
                refusal = refusal ?? error
                continue
            }
            let call = try request.call(invocation, round: 0)
            calls.append((hook, call, request.answer(to: call)))
        }
        let unanswered = calls.filter { $0.answer == nil }.map(\.call)
        if !unanswered.isEmpty {
            request.wanted += unanswered
            throw .waiting
        }
        for (hook, call, answer) in calls {
            guard let answer else { continue }
            do throws(APIError) {
                try judge(answer, hook, call, &request)
            } catch {
                // Upstream keeps the first of several; here that is the first in order, not in time.
                refusal = refusal ?? error
            }
        }
        if let refusal { throw refusal }
    }

    private func judge(
        _ answer: WebhookAnswer, _ hook: Webhook, _ call: WebhookCall, _ request: inout AdmissionRequest
    ) throws(APIError) {
        let verdict: AdmissionVerdict
        do throws(ReviewReply.Unreadable) {
            verdict = try AdmissionVerdict.read(answer, isMutating: false)
        } catch {
            let failure = "failed calling webhook \(goQuoted(hook.name)): " + error.message
            request.record(
                name, call, latency: answer.latency, verdict: nil, failure: failure, failedOpen: hook.ignoresFailure)
            if hook.ignoresFailure { return }
            throw .internalError(failure)
        }
        request.record(name, call, latency: answer.latency, verdict: verdict)
        request.warnings += verdict.warnings
        if !verdict.isAllowed { throw verdict.refusal(hook.name) }
    }
}
