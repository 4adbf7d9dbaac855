import Access
import ClusterState
import Document
import Engine
import HTTPEdge
import Records
import Requests
import Schema

/// create, update, patch, delete and deletecollection: read the body here, decide in the engine, answer when it is durable.
extension APIServer {
    func write(_ exchange: Exchange, _ type: ResourceType, _ verb: WriteCommand.Verb) throws(APIError) {
        let info = exchange.info
        let format = try Negotiation.answer(
            accept: exchange.request.headers["accept"] ?? "", userAgent: exchange.userAgent, query: info.query,
            offer: .init(allowsProtobuf: !type.isCustom, allowsProjections: true), isList: false, isWatch: false)
        var command = WriteCommand(
            verb: verb, type: type, subresource: info.subresource, namespace: info.namespace,
            name: info.nameIsInPath ? info.name : "",
            body: .null, manager: "", user: exchange.authentication.user, now: engine.now,
            seed: UInt64.random(in: .min ... .max))
        var said = ""
        switch verb {
        case .create, .update:
            let bodyFormat = try Negotiation.body(
                contentType: exchange.request.headers["content-type"] ?? "", allowsProtobuf: !type.isCustom)
            command.body = try document(exchange, bodyFormat, as: sent(type, info.subresource), &command.duplicates)
            said = try applyOptions(&command, info, userAgent: exchange.userAgent, verb == .create ? .create : .update)
        case .patch:
            let patch = try Negotiation.patch(
                contentType: exchange.request.headers["content-type"] ?? "", allowsStrategic: !type.isCustom)
            command.patchType = WriteCommand.PatchType(rawValue: patch.rawValue) ?? .merge
            said = try applyOptions(&command, info, userAgent: exchange.userAgent, .patch(isApply: patch == .apply))
            command.body = try document(
                exchange, patch == .apply ? .yaml : .json, as: .patch(patch), &command.duplicates)
        case .connect: throw Self.notAllowed
        case .delete, .deletecollection:
            var body: JSON?
            if exchange.request.body.readableBytes > 0 {
                let bodyFormat = try Negotiation.body(
                    contentType: exchange.request.headers["content-type"] ?? "", allowsProtobuf: true)
                body = try document(exchange, bodyFormat, as: .options, &command.duplicates)
            }
            command.deletion = try DeleteOptions(info.query, body: body)
            command.isDryRun = command.deletion.isDryRun
            command.manager = RequestInfo.defaultFieldManager(userAgent: exchange.userAgent)
            if verb == .deletecollection {
                let options = try ListOptions(info.query, isWatch: false)
                let selection = try Selection(
                    type, namespace: info.namespace, options: options, state: engine.snapshot.state)
                command.matches = { selection.matches($0) && selection.covers($0.key) }
            }
        }
        submit(exchange, command, format, fieldManager: said)
    }

    /// Sends a command to the engine and answers the client when it is settled.
    func submit(_ exchange: Exchange, _ command: WriteCommand, _ format: AnswerFormat, fieldManager: String = "") {
        exchange.responder.onOverdue { [self] in timeOut(exchange) }
        engine.submit(
            PendingWrite(
                command: command, request: exchange.facts(fieldManager: fieldManager),
                authentication: exchange.authentication,
                authorization: exchange.authorization
            ) { [self] reply in
                switch reply {
                case .refused(let error, let warnings):
                    exchange.warnings += warnings
                    exchange.answer(error)
                case .decided(let decision, _):
                    exchange.warnings += decision.warnings
                    answer(exchange, decision, command, format)
                }
            })
    }

    private func answer(_ exchange: Exchange, _ decision: Decision, _ command: WriteCommand, _ format: AnswerFormat) {
        if format.isPlain {
            exchange.answer(decision.code, decision.stored ?? decision.answer.encoded())
            return
        }
        let bytes = AnswerEncoding.written(
            decision.answer, command.type, format: format, query: exchange.info.query, state: engine.snapshot.state,
            now: engine.now)
        exchange.answer(decision.code, bytes, contentType: format.contentType)
    }

    /// The body as JSON, whatever it was sent as.
    func document(
        _ exchange: Exchange, _ format: Negotiation.BodyFormat, as content: RequestBody.Content,
        _ duplicates: inout [String]
    ) throws(APIError) -> JSON {
        if exchange.request.isBodyTooLarge { throw RequestBody.tooLarge(exchange.request) }
        if exchange.request.stream != nil {
            // It was for another server when its head came.
            throw APIError(
                code: 503, reason: "ServiceUnavailable", message: "who serves this has just changed: try again",
                retryAfterSeconds: 1)
        }
        return try RequestBody(exchange.request.body, content).document(format, &duplicates)
    }

    /// What the body of a POST or a PUT is to be.
    private func sent(_ type: ResourceType, _ subresource: String) -> RequestBody.Content {
        switch subresource {
        case "scale": .object("Scale")
        case "binding": .object("Binding")
        case "eviction": .object("Eviction")
        default: type.isCustom ? .custom(type.kind) : .object(type.kind)
        }
    }

    /// Reads the query of a write into the command; the field manager as the client gave it.
    private func applyOptions(
        _ command: inout WriteCommand, _ info: RequestInfo, userAgent: String, _ operation: WriteOptions.Operation
    ) throws(APIError) -> String {
        let options = try WriteOptions(info.query, operation)
        command.isDryRun = options.isDryRun
        command.fieldValidation = options.fieldValidation
        command.isForced = options.isForced
        command.said = (options.fieldManager, info.query["fieldValidation"] ?? "")
        command.manager =
            options.fieldManager.isEmpty ? RequestInfo.defaultFieldManager(userAgent: userAgent) : options.fieldManager
        return options.fieldManager
    }
}
