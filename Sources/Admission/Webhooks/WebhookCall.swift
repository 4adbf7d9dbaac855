public import Document

/// A question to a server outside that a decision waits for. It is asked by the edge, before the decision; the answer travels with the
/// command, so that deciding stays a function of values.
public struct WebhookCall: Sendable, Equatable {
    public enum Purpose: String, Sendable { case mutating, validating, conversion }
    public var purpose: Purpose
    /// The configuration that the webhook stands in, or the CustomResourceDefinition.
    public var configuration: String
    /// The webhook's name; the definition's for a conversion.
    public var webhook: String
    /// Kubernetes' `WebhookClientConfig`.
    public var client: JSON
    public var timeoutSeconds: Int
    /// 0 for the first call, 1 for the one after other webhooks changed the object.
    public var round: Int
    /// `admission.k8s.io/v1`, `apiextensions.k8s.io/v1`, or their `v1beta1`.
    public var apiVersion: String
    /// The review's `request` without its `uid`.
    public var request: JSON

    /// Whether an answer to `other` answers this: the same webhook was told the same. How it is reached may have changed.
    func isAnswered(by other: WebhookCall) -> Bool {
        purpose == other.purpose && configuration == other.configuration && webhook == other.webhook
            && round == other.round && apiVersion == other.apiVersion && request == other.request
    }

    /// `AdmissionReview` or `ConversionReview`.
    public var kind: String { purpose == .conversion ? "ConversionReview" : "AdmissionReview" }

    /// The review to send, under an identity that the answer must repeat.
    public func review(uid: String) -> JSON {
        var request = request
        request["uid"] = .string(uid)
        return ["kind": .string(kind), "apiVersion": .string(apiVersion), "request": request]
    }
}

/// What came back.
public struct WebhookAnswer: Sendable {
    public enum Reply: Sendable {
        /// The server answered: status, content type and body as it came.
        case answered(status: Int, contentType: String, body: [UInt8])
        /// It could not be reached, or not in time; upstream's words for it.
        case failed(String)
    }
    public var call: WebhookCall
    /// The identity that the review was sent under.
    public var uid: String
    public var reply: Reply
    /// Microseconds that the call took.
    public var latency: Int64

    public init(call: WebhookCall, uid: String, reply: Reply, latency: Int64) {
        self.call = call
        self.uid = uid
        self.reply = reply
        self.latency = latency
    }
}
