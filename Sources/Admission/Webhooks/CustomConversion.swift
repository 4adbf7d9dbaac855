public import Document
public import Schema

/// How a CustomResourceDefinition's objects come from one of its versions to another: upstream's `spec.conversion`.
public enum CustomConversion {
    /// The calls that turn objects into another version, and what their answers make of it.
    ///
    /// Objects that are at the version already stay as they are. Without a webhook only `apiVersion` changes. Returns nil, and leaves the
    /// call in `wanted`, when the webhook has not answered yet. Throws 500 with upstream's words when it failed.
    public static func convert(
        _ objects: [JSON], to apiVersion: String, of type: ResourceType, answers: [WebhookAnswer],
        wanted: inout [WebhookCall]
    ) throws(APIError) -> [JSON]? {
        let places = objects.indices.filter { objects[$0]["apiVersion"]?.string != apiVersion }
        if places.isEmpty { return objects }
        var out = objects
        guard let webhook = type.conversionWebhook else {
            for place in places { out[place]["apiVersion"] = .string(apiVersion) }
            return out
        }
        let originals = places.map { objects[$0] }
        let call = call(originals, to: apiVersion, type, webhook)
        guard let answer = answers.last(where: { call.isAnswered(by: $0.call) }) else {
            wanted.append(call)
            return nil
        }
        for (place, converted) in zip(places, try read(answer, originals, apiVersion)) { out[place] = converted }
        return out
    }

    private static func call(_ objects: [JSON], to apiVersion: String, _ type: ResourceType, _ webhook: JSON)
        -> WebhookCall
    {
        let known = (webhook["conversionReviewVersions"]?.strings ?? []).first { $0 == "v1" || $0 == "v1beta1" }
        return WebhookCall(
            purpose: .conversion, configuration: type.resource + "." + type.group,
            webhook: type.resource + "." + type.group, client: webhook["clientConfig"] ?? .null, timeoutSeconds: 30,
            round: 0, apiVersion: "apiextensions.k8s.io/" + (known ?? "v1"),
            request: ["desiredAPIVersion": .string(apiVersion), "objects": .array(objects)])
    }

    private static func read(_ answer: WebhookAnswer, _ originals: [JSON], _ apiVersion: String) throws(APIError)
        -> [JSON]
    {
        let first = originals[0]
        let kind = GoText.kind(first["apiVersion"]?.string ?? "", first["kind"]?.string ?? "")
        func failed(_ why: String) -> APIError {
            APIError(code: 500, reason: "", message: "conversion webhook for \(kind) \(why)")
        }
        let converted: [JSON]
        do throws(ReviewReply.Unreadable) {
            converted = try objects(of: answer)
        } catch {
            throw failed("failed: " + error.message)
        }
        guard converted.count == originals.count else {
            throw failed("returned \(converted.count) objects, expected \(originals.count)")
        }
        var out: [JSON] = []
        for (place, (original, made)) in zip(originals, converted).enumerated() {
            func wrong(_ what: String, _ wanted: String, _ got: String) -> APIError {
                failed(
                    "returned invalid converted object at index \(place): invalid \(what) (expected \(wanted), received \(got))"
                )
            }
            let (version, kind) = (made["apiVersion"]?.string ?? "", made["kind"]?.string ?? "")
            if version != apiVersion { throw wrong("groupVersion", apiVersion, version) }
            if kind != original["kind"]?.string { throw wrong("kind", original["kind"]?.string ?? "", kind) }
            for member in ["name", "namespace", "uid"] {
                let (was, now) = (
                    original["metadata", member]?.string ?? "", made["metadata", member]?.string ?? ""
                )
                if was != now {
                    let word = member == "uid" ? "UID" : member
                    throw failed(
                        "returned invalid converted object at index \(place): must have the same \(word): \(now) != \(was)"
                    )
                }
            }
            // Of the metadata only labels and annotations are the webhook's to change.
            var object = made
            var metadata = original["metadata"] ?? .object(JSONObject())
            metadata["labels"] = made["metadata", "labels"]
            metadata["annotations"] = made["metadata", "annotations"]
            object["metadata"] = metadata
            out.append(object)
        }
        return out
    }

    private static func objects(of answer: WebhookAnswer) throws(ReviewReply.Unreadable) -> [JSON] {
        let review = try ReviewReply.document(answer.reply)
        let (version, kind) = (review["apiVersion"]?.string ?? "", review["kind"]?.string ?? "")
        guard version == answer.call.apiVersion, kind == answer.call.kind else {
            let wanted = GoText.kind(answer.call.apiVersion, answer.call.kind)
            throw .init(message: "expected webhook response of \(wanted), got \(GoText.kind(version, kind))")
        }
        guard let response = review["response"], response.object != nil else {
            throw .init(message: "no response provided")
        }
        let uid = response["uid"]?.string ?? ""
        guard uid == answer.uid || answer.call.apiVersion.hasSuffix("v1beta1") else {
            throw .init(message: "expected response.uid=\(goQuoted(answer.uid)), got \(goQuoted(uid))")
        }
        guard response["result", "status"]?.string == "Success" else {
            throw .init(message: response["result", "message"]?.string ?? "")
        }
        return response["convertedObjects"]?.elements ?? []
    }
}
