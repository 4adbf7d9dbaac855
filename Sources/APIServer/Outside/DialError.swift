import HTTPEdge

/// Why a server could not be asked, in the words of upstream's client: people search for them.
enum DialError {
    /// `place` is where the connection went, `name` whom the server had to be.
    static func text(_ error: any Error, place: String, name: String) -> String {
        if case TimedAnswer.Failure.tooLate = error { return "context deadline exceeded" }
        if case TimedAnswer.Failure.tooLong = error { return "http: the answer is too long" }
        guard let known = error as? HTTPClientError else { return tls(String(describing: error), name) }
        switch known {
        case .timedOut, .cancelled: return "context deadline exceeded"
        case .closedEarly: return "EOF"
        case .badURL(let url, let why): return "Unparsable URL \(url): \(why)"
        case .malformedAnswer(let why): return "net/http: HTTP/1.x transport connection broken: \(why)"
        case .answerTooLong, .refused: return known.description
        case .connect(_, let why):
            let said = why.lowercased()
            if said.contains("refused") { return "dial tcp \(place): connect: connection refused" }
            if said.contains("no route") { return "dial tcp \(place): connect: no route to host" }
            if said.contains("unreachable") { return "dial tcp \(place): connect: network is unreachable" }
            if said.contains("timeout") || said.contains("timed out") { return "dial tcp \(place): i/o timeout" }
            if said.contains("dns") || said.contains("unknown(host") {
                return "dial tcp: lookup \(name): no such host"
            }
            return tls(why, name)
        }
    }

    private static func tls(_ why: String, _ name: String) -> String {
        if why.contains("CERTIFICATE_VERIFY_FAILED") {
            return "tls: failed to verify certificate: x509: certificate signed by unknown authority"
        }
        if why.contains("failedToValidateHostname") || why.contains("ValidateHostname") {
            return "tls: failed to verify certificate: x509: certificate is not valid for \(name)"
        }
        if why.contains("WRONG_VERSION_NUMBER") { return "http: server gave HTTP response to HTTPS client" }
        if why.contains("reset") { return "read: connection reset by peer" }
        return why
    }
}
