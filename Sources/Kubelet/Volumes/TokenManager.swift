import Controllers
import Document
import Engine
import Foundation
import Schema

/// Service-account tokens for pods, by TokenRequest, renewed when four fifths of their life are over.
actor TokenManager {
    private struct Key: Hashable {
        var namespace: String
        var serviceAccount: String
        var podUID: String
        var audience: String?
        var seconds: Int64
    }
    private struct Token {
        var text: String
        var renewAt: Timestamp
    }
    private let sender: RequestSender
    private let source: (any TokenSource)?
    private var tokens: [Key: Token] = [:]

    /// Without a source the door is asked.
    init(sender: RequestSender, source: (any TokenSource)?) {
        self.sender = sender
        self.source = source
    }

    func token(
        namespace: String, serviceAccount: String, pod: String, podUID: String, audience: String?, seconds: Int64
    ) async throws(ConfigurationError) -> String {
        let key = Key(
            namespace: namespace, serviceAccount: serviceAccount, podUID: podUID, audience: audience, seconds: seconds)
        let now = sender.door.now
        if let known = tokens[key], now < known.renewAt { return known.text }
        var spec: JSON = [
            "expirationSeconds": .int(seconds),
            "boundObjectRef": ["apiVersion": "v1", "kind": "Pod", "name": .string(pod), "uid": .string(podUID)],
        ]
        spec["audiences"] = .array(audience.map { [.string($0)] } ?? [])
        let body: JSON = [
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": [:], "spec": spec,
        ]
        let answer: Result<JSON, APIError>
        if let source {
            answer = source.token(
                namespace: namespace, serviceAccount: serviceAccount, request: body, as: sender.identity)
        } else {
            answer = await sender.send(
                Intent(
                    .create(body), apiVersion: "v1", resource: "serviceaccounts", namespace: namespace,
                    name: serviceAccount,
                    subresource: "token"))
        }
        switch answer {
        case .success(let object):
            guard let text = object["status", "token"]?.string, !text.isEmpty else {
                throw ConfigurationError("failed to fetch token: the API server answered without one")
            }
            tokens[key] = Token(text: text, renewAt: now.adding(seconds: seconds * 4 / 5))
            return text
        case .failure(let error):
            if let known = tokens[key] { return known.text }
            throw ConfigurationError("failed to fetch token: \(error.message)")
        }
    }

    /// The pod is gone.
    func forget(podUID: String) { tokens = tokens.filter { $0.key.podUID != podUID } }
}
