import Document
import Patching
import Schema

/// Calls the mutating webhooks, one after the other, each with what the one before made of the object: upstream's
/// MutatingAdmissionWebhook.
struct MutatingWebhooks: AdmissionPlugin {
    let name = "MutatingAdmissionWebhook"

    func mutate(_ request: inout AdmissionRequest) throws(APIError) {
        let hooks = request.context.webhooks.mutating
        guard request.isSubject(to: hooks) else { return }
        if request.reinvocation.isSecond, request.reinvocation.webhooks.output != request.object {
            // Built-in plugins changed the object after the webhooks had seen it.
            request.reinvocation.webhooks.require()
        }
        for hook in hooks {
            guard let invocation = try WebhookMatching.invocation(hook, &request) else { continue }
            if request.reinvocation.isSecond, !request.reinvocation.webhooks.again.contains(hook.uid) { continue }
            let outcome: Result<Bool, APIError>
            do throws(APIError) {
                outcome = .success(try call(invocation, &request))
            } catch {
                outcome = .failure(error)
            }
            if case .success(true) = outcome {
                request.reinvocation.webhooks.require()
                request.reinvocation.isNeeded = true
            }
            if hook.isReinvoked { request.reinvocation.webhooks.note(hook.uid) }
            if case .failure(let error) = outcome { throw error }
        }
        request.reinvocation.webhooks.output = request.object
    }

    /// Whether the webhook changed the object.
    private func call(_ invocation: WebhookInvocation, _ request: inout AdmissionRequest) throws(APIError) -> Bool {
        let hook = invocation.webhook
        try request.checkSideEffects(hook)
        let call = try request.call(invocation, round: request.reinvocation.isSecond ? 1 : 0)
        guard let answer = request.answer(to: call) else {
            request.wanted.append(call)
            throw .waiting
        }
        let verdict: AdmissionVerdict
        do throws(ReviewReply.Unreadable) {
            verdict = try AdmissionVerdict.read(answer, isMutating: true)
        } catch {
            let failure = "failed calling webhook \(goQuoted(hook.name)): " + error.message
            request.record(
                name, call, latency: answer.latency, verdict: nil, failure: failure, failedOpen: hook.ignoresFailure)
            if hook.ignoresFailure { return false }
            throw .internalError(failure)
        }
        request.record(name, call, latency: answer.latency, verdict: verdict)
        request.warnings += verdict.warnings
        if !verdict.isAllowed { throw verdict.refusal(hook.name) }
        guard let patch = verdict.patch, !patch.elements.isEmpty || patch.array == nil else { return false }
        guard !request.object.isNull else {
            throw .internalError(
                "admission webhook \(goQuoted(hook.name)) attempted to modify the object, which is not supported for this operation"
            )
        }
        guard verdict.patchType == "JSONPatch" else {
            let failure =
                "failed calling webhook \(goQuoted(hook.name)): unsupported patch type \(goQuoted(verdict.patchType))"
            if hook.ignoresFailure { return false }
            throw .internalError(failure)
        }
        if let undecodable = verdict.undecodable {
            if hook.ignoresFailure { return false }
            throw .internalError(
                "failed calling webhook \(goQuoted(hook.name)): received undecodable patch in webhook response: \(undecodable)"
            )
        }
        return try apply(patch, call.request["object"] ?? .null, invocation, &request)
    }

    /// Patches the object as the webhook saw it, and reads the outcome as one would a client's.
    private func apply(
        _ patch: JSON, _ seen: JSON, _ invocation: WebhookInvocation, _ request: inout AdmissionRequest
    ) throws(APIError) -> Bool {
        var patched: JSON
        do throws(JSONPatch.Undone) { patched = try JSONPatch.apply(patch.elements, to: seen) } catch {
            throw .internalError(error.message)
        }
        do throws(APIError) {
            try checkKind(of: &patched, seen, invocation, request)
            try request.settle(&patched, of: invocation.type, kind: invocation.kind)
        } catch {
            throw .internalError(error.message)
        }
        if patched == seen { return false }
        request.object = try request.version(of: patched, for: request.type)
        if !request.type.isCustom, request.object["kind"]?.string == request.type.kind {
            Conversion.convert(&request.object, to: request.type.storageVersion)
        }
        return true
    }

    /// An object stays of its kind: one that says nothing more is given it again, any other is refused as its reader would.
    private func checkKind(
        of patched: inout JSON, _ seen: JSON, _ invocation: WebhookInvocation, _ request: AdmissionRequest
    ) throws(APIError) {
        guard !invocation.type.isCustom, patched.object != nil else { return }
        for member in ["apiVersion", "kind"] where (patched[member]?.string ?? "").isEmpty {
            patched[member] = seen[member]
        }
        let said = GroupVersionKind(
            apiVersion: patched["apiVersion"]?.string ?? "", kind: patched["kind"]?.string ?? "")
        let wanted = invocation.kind
        guard said != wanted, seen["kind"] != nil else { return }
        guard let other = request.context.catalog.type(for: said) else {
            throw .badRequest(
                "no kind \(goQuoted(said.kind)) is registered for version \(goQuoted(said.apiVersion)) in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\""
            )
        }
        var read = patched
        try Conforming.conform(&read, to: other)
        let package = wanted.group.isEmpty ? "core" : String(wanted.group.prefix { $0 != "." })
        throw .badRequest(
            "converting (\(said.version).\(said.kind)) to (\(package).\(wanted.kind)): unknown conversion")
    }
}

extension AdmissionRequest {
    /// An object that someone changed, in its canonical form with defaults again.
    func settle(_ object: inout JSON, of type: ResourceType, kind: GroupVersionKind) throws(APIError) {
        if kind == type.groupVersionKind {
            if let schema = type.schema { try Conforming.conform(&object, to: schema) }
            if !type.isCustom {
                var stored = object
                Conversion.convert(&stored, to: type.storageVersion)
                RuleBook.rules(for: type).setDefaults(&stored)
                Conversion.convert(&stored, to: type.apiVersion)
                object = stored
            }
        } else if let schema = context.catalog.type(for: kind) {
            try Conforming.conform(&object, to: schema)
        }
    }
}
