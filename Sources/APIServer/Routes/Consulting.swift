import Document
import Engine
import Records
import Requests
import Schema

extension APIServer {
    /// Asks admission, webhooks included, about what a request brings that is not stored: a connection's options, a token's wishes.
    /// Goes on with the object as admission left it, on another thread; a refusal is answered and noted.
    func consult(
        _ exchange: Exchange, _ type: ResourceType, _ object: JSON,
        then proceed: @escaping @Sendable (JSON) throws(APIError) -> Void
    ) {
        let info = exchange.info
        let command = WriteCommand(
            verb: .connect, type: type, subresource: info.subresource, namespace: info.namespace, name: info.name,
            body: object, manager: RequestInfo.defaultFieldManager(userAgent: exchange.userAgent),
            user: exchange.authentication.user, now: engine.now, seed: UInt64.random(in: .min ... .max))
        engine.consult(command) { [self] outcome in
            do throws(APIError) {
                switch outcome {
                case .success(let decision):
                    exchange.admission = decision.admission
                    exchange.warnings += decision.warnings
                    try proceed(decision.answer)
                case .failure(let refusal):
                    exchange.admission = refusal.admission
                    exchange.warnings += refusal.warnings
                    throw refusal.error
                }
            } catch {
                fail(exchange, error)
            }
        }
    }
}
