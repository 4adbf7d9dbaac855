import Document
import Schema

/// A webhook's answer to an AdmissionReview, checked: upstream's `VerifyAdmissionResponse`.
struct AdmissionVerdict {
    var isAllowed: Bool
    var patch: JSON?
    var patchType = ""
    /// Why the patch is none.
    var undecodable: String?
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
            try decode(review)
        } catch {
            throw .init(message: "failed to call webhook: " + error.message)
        }
        do throws(ReviewReply.Unreadable) {
            return try verify(review, answer, isMutating)
        } catch {
            throw .init(message: "received invalid webhook response: " + error.message)
        }
    }

    /// What upstream's decoder has against a review before anybody looks at what it says.
    private static func decode(_ review: JSON) throws(ReviewReply.Unreadable) {
        let (version, kind) = (review["apiVersion"]?.string ?? "", review["kind"]?.string ?? "")
        let isKnown =
            kind == "AdmissionReview" && ["admission.k8s.io/v1", "admission.k8s.io/v1beta1"].contains(version)
        if !isKnown, !version.isEmpty, !kind.isEmpty {
            throw .init(
                message:
                    "no kind \(goQuoted(kind)) is registered for version \(goQuoted(version)) in scheme \"k8s.io/apiserver/pkg/util/webhook/client.go:71\""
            )
        }
        func demand(_ field: String, _ type: String, _ fits: (JSON) -> Bool) throws(ReviewReply.Unreadable) {
            guard let value = review["response", field], !value.isNull, !fits(value) else { return }
            throw .init(
                message:
                    "json: cannot unmarshal \(value.goKind) into Go struct field AdmissionResponse.response.\(field) of type \(type)"
            )
        }
        try demand("uid", "types.UID") { $0.string != nil }
        try demand("allowed", "bool") { $0.bool != nil }
        try demand("patch", "[]uint8") { $0.string != nil }
        guard let patch = review["response", "patch"]?.string else { return }
        do throws(Document.Base64.Corrupt) { _ = try Document.Base64.decode(patch) } catch {
            throw .init(message: error.message)
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
            do throws(JSONError) {
                let patch = try JSON(parsing: bytes)
                verdict.patch = patch
                verdict.undecodable = AdmissionVerdict.undecodable(patch)
            } catch {
                verdict.patch = .null
                verdict.undecodable = error.message
            }
        }
        return verdict
    }

    /// Why a JSON value is no list of operations.
    private static func undecodable(_ patch: JSON) -> String? {
        guard !patch.isNull else { return nil }
        guard case .array(let operations) = patch else {
            return "json: cannot unmarshal \(patch.goKind) into Go value of type jsonpatch.Patch"
        }
        for (i, operation) in operations.enumerated() where operation.object == nil && !operation.isNull {
            return "json: cannot unmarshal \(operation.goKind) into Patch.\(i) of type jsonpatch.Operation"
        }
        return nil
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
