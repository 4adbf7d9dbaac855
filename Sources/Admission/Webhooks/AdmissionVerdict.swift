import Document
import Schema

/// A webhook's answer to an AdmissionReview, checked: upstream's `VerifyAdmissionResponse`.
struct AdmissionVerdict {
    var isAllowed: Bool
    var patch: JSON?
    var patchType = ""
    var warnings: [String]
    var annotations: JSONObject
    /// The Status of a refusal.
    var result: JSON?

    init(_ response: JSON) {
        isAllowed = response["allowed"]?.bool ?? false
        warnings = response["warnings"]?.strings ?? []
        annotations = response["auditAnnotations"]?.entries ?? JSONObject()
        result = response["status"]
        if result?.object == nil { result = nil }
    }

    /// Reads an answer; throws what follows `failed calling webhook "NAME": `.
    static func read(_ answer: WebhookAnswer, isMutating: Bool) throws(ReviewReply.Unreadable) -> AdmissionVerdict {
        let review: JSON
        do throws(ReviewReply.Unreadable) {
            review = try ReviewReply.document(answer.reply)
        } catch {
            throw .init(message: "failed to call webhook: " + error.message)
        }
        do throws(ReviewReply.Unreadable) {
            return try verify(review, answer, isMutating)
        } catch {
            throw .init(message: "received invalid webhook response: " + error.message)
        }
    }

    private static func verify(_ review: JSON, _ answer: WebhookAnswer, _ isMutating: Bool)
        throws(ReviewReply.Unreadable) -> AdmissionVerdict
    {
        guard let response = review["response"], response.object != nil else {
            throw .init(message: "webhook response was absent")
        }
        var verdict = AdmissionVerdict(response)
        let patchText = response["patch"]?.string ?? ""
        if answer.call.apiVersion == "admission.k8s.io/v1" {
            let uid = response["uid"]?.string ?? ""
            guard uid == answer.uid else {
                throw .init(message: "expected response.uid=\(goQuoted(answer.uid)), got \(goQuoted(uid))")
            }
            let (version, kind) = (review["apiVersion"]?.string ?? "", review["kind"]?.string ?? "")
            guard version == answer.call.apiVersion, kind == answer.call.kind else {
                let wanted = GoText.kind(answer.call.apiVersion, answer.call.kind)
                throw .init(message: "expected webhook response of \(wanted), got \(GoText.kind(version, kind))")
            }
            let type = response["patchType"]?.string
            if isMutating {
                if !patchText.isEmpty, type == nil {
                    throw .init(message: "webhook returned response.patch but not response.patchType")
                }
                if patchText.isEmpty, type != nil {
                    throw .init(message: "webhook returned response.patchType but not response.patch")
                }
                if let type, type.isEmpty {
                    throw .init(message: "webhook returned invalid response.patchType of \"\"")
                }
                verdict.patchType = type ?? ""
            } else {
                if !patchText.isEmpty { throw .init(message: "validating webhook may not return response.patch") }
                if type != nil { throw .init(message: "validating webhook may not return response.patchType") }
            }
        } else {
            // The old form was never checked: what it holds besides a verdict is taken as it is.
            verdict.patchType = "JSONPatch"
        }
        if isMutating, !patchText.isEmpty {
            let bytes: [UInt8]
            do throws(Document.Base64.Corrupt) { bytes = try Document.Base64.decode(patchText) } catch {
                throw .init(message: error.message)
            }
            guard let patch = try? JSON(parsing: bytes) else { throw .init(message: "the patch is no JSON") }
            verdict.patch = patch
        }
        return verdict
    }

    /// The refusal that a client reads: the webhook's Status with its name before the message. Upstream's `ToStatusErr`.
    func refusal(_ webhook: String) -> APIError {
        let denied = "admission webhook \(goQuoted(webhook)) denied the request"
        let message = result?["message"]?.string ?? ""
        let reason = result?["reason"]?.string ?? ""
        var error = APIError(
            code: max(400, Int(result?["code"]?.int ?? 0)), reason: reason,
            message: !message.isEmpty
                ? "\(denied): \(message)" : !reason.isEmpty ? "\(denied): \(reason)" : "\(denied) without explanation")
        if let details = result?["details"], details.object != nil {
            error.name = details["name"]?.string ?? ""
            error.group = details["group"]?.string ?? ""
            error.kind = details["kind"]?.string ?? ""
            error.uid = details["uid"]?.string ?? ""
            error.retryAfterSeconds = details["retryAfterSeconds"]?.int.map(Int.init)
            error.causes = (details["causes"]?.elements ?? []).map {
                .init(
                    reason: $0["reason"]?.string ?? "", message: $0["message"]?.string ?? "",
                    field: $0["field"]?.string ?? "")
            }
        }
        return error
    }
}
