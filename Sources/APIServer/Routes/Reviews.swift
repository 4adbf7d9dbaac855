import Access
import ClusterState
import Document
import Engine
import HTTPEdge
import Identity
import Patching
import Records
import Requests
import Schema

/// Questions asked of the server itself: who am I, may I, is this token good. Answered, never stored.
extension APIServer {
    /// Answers a review; false when the resource is none.
    func review(_ exchange: Exchange, _ type: ResourceType, _ snapshot: Snapshot) throws(APIError) -> Bool {
        guard Reviews.answers(type) else { return false }
        guard exchange.info.verb == "create" else { throw Self.notAllowed }
        let format = try Negotiation.answer(
            accept: exchange.request.headers["accept"] ?? "", userAgent: exchange.userAgent, query: exchange.info.query,
            offer: .init(allowsProtobuf: true, allowsProjections: false), isList: false, isWatch: false)
        var duplicates: [String] = []
        var body = try SentObject.read(
            document(
                exchange,
                try Negotiation.body(contentType: exchange.request.headers["content-type"] ?? "", allowsProtobuf: true),
                as: .object(type.kind), &duplicates),
            as: type.groupVersionKind, in: snapshot.catalog)
        if let schema = type.schema {
            ManagedFields.recordUpdate(
                old: .null, new: &body, manager: RequestInfo.defaultFieldManager(userAgent: exchange.userAgent),
                apiVersion: type.apiVersion,
                time: engine.now, subresource: "", schema: schema)
        }
        let answer = try Reviews.answer(type, body, namespace: exchange.info.namespace, ground(exchange, snapshot))
        let bytes = AnswerEncoding.written(answer.encoded(), format)
        note(exchange, code: 201)
        exchange.answer(201, bytes, contentType: format.contentType)
        return true
    }

    /// In the present the running authorizer answers; in the past the rules of that time do.
    private func ground(_ exchange: Exchange, _ snapshot: Snapshot) -> ReviewGround {
        let past = exchange.past == nil ? nil : AccessRules(snapshot.state)
        let rules = past ?? engine.accessRules
        let now = engine.now
        return ReviewGround(
            user: exchange.authentication.user, now: now,
            authorize: { [self] attributes in
                guard let past else { return allows(attributes) }
                // A kubelet's rights follow its pods: more of that time is needed than the rules.
                let isKubelet = attributes.user.groups.contains("system:nodes")
                let whole = isKubelet ? try? engine.pastState(at: snapshot.revision) : nil
                return past.authorize(attributes, whole ?? snapshot.state)
            },
            rules: { [self] user, namespace in
                past == nil && ownsFork(user) ? AccessRules.everything : rules.review(of: user, namespace: namespace)
            },
            authenticate: { [authenticator, tokens] token, audiences in
                switch authenticator.outcome(
                    token: token, audiences: audiences, serverAudiences: tokens.audiences, now: now)
                {
                case .accepted(let user, let held): .accepted(user, audiences: held)
                case .refused(let messages): .refused(messages)
                }
            })
    }
}
