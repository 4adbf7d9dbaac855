public import Document
public import Records

/// What the authenticators say to one token, for a TokenReview.
public enum TokenOutcome: Sendable {
    /// The user, and those of the audiences asked for that the token is for (the server's own for a token without any).
    case accepted(UserInfo, audiences: [String])
    /// What each authenticator that looked said.
    case refused([String])
}

extension Authenticator {
    /// Looks a token up for these audiences, or for the server's own when none are given.
    public func outcome(token: String, audiences: [String], serverAudiences: [String], now: Timestamp) -> TokenOutcome {
        let answer = check(token, audiences: audiences, now: now)
        guard let user = answer.user else { return .refused(["invalid bearer token"] + answer.messages) }
        return .accepted(user, audiences: answer.audiences.isEmpty ? serverAudiences : answer.audiences)
    }
}
