import Admission
import Dispatch
import Document
import Engine
import HTTPEdge
import Logging
import NIOCore
import Schema
import Synchronization

/// Calls webhooks: admission's and those that convert custom resources.
final class WebhookCaller: OutsideCaller {
    private let engine: Engine
    private let clients: OutsideClients
    private let logger: Logger
    private let turn = Atomic<Int>(0)

    init(engine: Engine, clients: OutsideClients, logger: Logger) {
        self.engine = engine
        self.clients = clients
        self.logger = logger
    }

    func ask(_ calls: [WebhookCall], _ done: @escaping @Sendable ([WebhookAnswer]) -> Void) {
        let waiting = Mutex<(answers: [WebhookAnswer?], left: Int)>(
            (Array(repeating: nil, count: calls.count), calls.count))
        let collected = Shared(waiting)
        for (place, call) in calls.enumerated() {
            ask(call) { answer in
                let all: [WebhookAnswer]? = collected.value.withLock { state in
                    state.answers[place] = answer
                    state.left -= 1
                    return state.left == 0 ? state.answers.compactMap { $0 } : nil
                }
                if let all { done(all) }
            }
        }
    }

    private func ask(_ call: WebhookCall, _ done: @escaping @Sendable (WebhookAnswer) -> Void) {
        let began = DispatchTime.now().uptimeNanoseconds
        var random = RandomSequence(seed: UInt64.random(in: .min ... .max))
        let uid = random.uuid()
        let finish: @Sendable (WebhookAnswer.Reply) -> Void = { [logger] reply in
            let micros = Int64((DispatchTime.now().uptimeNanoseconds - began) / 1000)
            if case .failed(let why) = reply {
                logger.notice("webhook \(call.webhook) of \(call.configuration) failed: \(why)")
            }
            done(WebhookAnswer(call: call, uid: uid, reply: reply, latency: micros))
        }
        guard let target = target(call) else {
            return finish(.failed("webhook configuration must have either service or URL"))
        }
        let shown = "Post \"\(target.url)\": "
        if let failure = target.failure { return finish(.failed(shown + failure)) }
        let request = HTTPClient.Request(
            .POST, target.dialed,
            headers: [
                ("Host", target.host), ("Accept", "application/json, */*"), ("Content-Type", "application/json"),
                ("User-Agent", "kube-apiserver-admission"),
            ], body: ByteBuffer(bytes: call.review(uid: uid).encoded()), timeout: .seconds(60))
        TimedAnswer.send(
            request, by: clients.client(target.trust), within: .seconds(Int64(call.timeoutSeconds)),
            on: clients.eventLoop
        ) { result in
            switch result {
            case .failure(let error):
                finish(.failed(shown + DialError.text(error, place: target.place, name: target.name)))
            case .success(let response):
                finish(
                    .answered(
                        status: response.status, contentType: response.headers["content-type"] ?? "",
                        body: response.body.withUnsafeReadableBytes { Array($0) }))
            }
        }
    }

    /// Where a call goes: as it is named, and as it is dialed.
    private struct Target {
        var url: String
        var dialed = ""
        var host = ""
        var place = ""
        var name = ""
        var trust = OutsideClients.Trust()
        var failure: String?
    }

    private func target(_ call: WebhookCall) -> Target? {
        let query = "?timeout=\(call.timeoutSeconds)s"
        let bundle = call.client["caBundle"]?.string ?? ""
        let authorities = bundle.isEmpty ? nil : try? Base64.decode(bundle)
        if let service = call.client["service"], service.object != nil {
            let (space, name) = (service["namespace"]?.string ?? "", service["name"]?.string ?? "")
            let port = Int(service["port"]?.int ?? 443)
            let host = "\(name).\(space).svc"
            var path = service["path"]?.string ?? "/"
            if !path.hasPrefix("/") { path = "/" + path }
            var target = Target(url: "https://\(host):\(port)\(path)\(query)")
            target.host = "\(host):\(port)"
            target.name = host
            target.trust = .init(authorities: authorities, serverName: host)
            do throws(ServiceResolution.Failure) {
                let places = try ServiceResolution.places(space, name, port: port, in: engine.state)
                let place = places[(turn.add(1, ordering: .relaxed).newValue & Int.max) % places.count]
                target.place = place.text
                target.dialed = "https://\(place.text)\(path)\(query)"
            } catch {
                target.failure = error.message
            }
            return target
        }
        guard let url = call.client["url"]?.string, url.hasPrefix("https://") else { return nil }
        let authority = String(url.dropFirst(8).prefix { $0 != "/" && $0 != "?" })
        var target = Target(url: url + query)
        target.dialed = url + query
        target.host = authority
        target.place = authority.contains(":") ? authority : authority + ":443"
        target.name = authority
        target.trust = .init(authorities: authorities)
        return target
    }
}

/// A lock that several closures share.
final class Shared<Value: ~Copyable & Sendable>: Sendable {
    let value: Value
    init(_ value: consuming Value) { self.value = value }
}
