import Access
import ClusterState
import Document
import Engine
import History
import Records
import Requests
import Schema

/// `/reckon/v1/diff`, `blame`, `why`, …: the questions that `History` answers, for who asks, as far as he may see.
extension APIServer {
    /// False when there is no such question.
    func pastQuestion(_ name: String, _ exchange: Exchange, _ snapshot: Snapshot) -> Bool {
        guard Questions.names.contains(name) else { return false }
        inPast { [self] in
            do throws(APIError) {
                let query = exchange.info.query
                if name == "history", query.flag("follow") ?? false {
                    try followHistory(exchange, snapshot)
                    return
                }
                guard let answer = try Questions.answer(name, query, ground(of: exchange, snapshot)) else { return }
                note(exchange, code: 200)
                if name == "why", query["format"] == "dot" {
                    exchange.answer(200, text: WhyText.dot(answer) + "\n")
                } else {
                    exchange.answer(200, answer.encoded())
                }
            } catch {
                fail(exchange, error)
            }
        }
        return true
    }

    /// What a question is answered from; its asker's present rights decide what is shown.
    func ground(of exchange: Exchange, _ snapshot: Snapshot) -> Ground {
        let user = exchange.authentication.user
        var ground = Ground(
            past: LogPast(engine.wholeLog), present: snapshot.state, catalog: snapshot.catalog, now: engine.now
        ) { [self] verb, key in
            let attributes =
                key.resource.isEmpty
                ? AccessAttributes(user: user, verb: verb, path: key.name)
                : AccessAttributes(
                    user: user, verb: verb, group: key.group, resource: key.resource, namespace: key.namespace,
                    name: key.name)
            let facts = allows(attributes)
            return facts.verdict == .allowed ? nil : attributes.forbidden(facts)
        }
        ground.servingCertificate = servingCertificate
        return ground
    }
}
