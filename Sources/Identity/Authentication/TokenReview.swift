public import Document

extension Authenticator {
    /// A TokenReview's `status` for `spec.token` and `spec.audiences`. `serverAudiences` are reported for a token that has none of its own.
    public func review(token: String, audiences: [String], serverAudiences: [String], now: Timestamp) -> JSON {
        let answer = check(token, audiences: audiences, now: now)
        guard let user = answer.user else {
            let error =
                answer.messages.isEmpty
                ? "invalid bearer token" : "[invalid bearer token, \(answer.messages.joined(separator: ", "))]"
            return ["user": [:], "error": .string(error)]
        }
        var info: JSON = ["username": .string(user.name)]
        if !user.uid.isEmpty { info["uid"] = .string(user.uid) }
        if !user.groups.isEmpty { info["groups"] = .array(user.groups.map { .string($0) }) }
        if !user.extra.isEmpty {
            info["extra"] = .object(JSONObject(user.extra.map { ($0.key, JSON.array($0.values.map { .string($0) })) }))
        }
        let held = answer.audiences.isEmpty ? serverAudiences : answer.audiences
        return ["authenticated": true, "user": info, "audiences": .array(held.map { .string($0) })]
    }
}
