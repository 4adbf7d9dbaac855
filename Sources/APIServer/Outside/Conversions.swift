import Admission
import ClusterState
import Dispatch
import Document
import Engine
import Records
import Schema
import Synchronization

/// Custom resources at versions that they are not stored at, as webhooks say they look there. An object's version never changes, so what was
/// said of it holds.
final class Conversions: Sendable {
    private struct Key: Hashable {
        let uid: String
        let revision: UInt64
        let apiVersion: String
    }
    private struct Kept {
        var bodies: [Key: [UInt8]] = [:]
        var older: [Key: [UInt8]] = [:]
        var bytes = 0
    }
    /// Bytes of each of the two generations that are kept.
    private static let bytesMax = 16 << 20

    private let caller: any OutsideCaller
    private let kept = Mutex(Kept())

    init(_ caller: any OutsideCaller) { self.caller = caller }

    /// Whether objects of that type may have to be asked about.
    static func mayBeNeeded(_ type: ResourceType) -> Bool { type.isCustom && type.conversionWebhook != nil }

    /// The objects at the type's version, in their order. `done` is called once, at once when nothing must be asked.
    func convert(
        _ objects: [StoredObject], to type: ResourceType,
        _ done: @escaping @Sendable (Result<[StoredObject], APIError>) -> Void
    ) {
        guard Self.mayBeNeeded(type) else { return done(.success(objects)) }
        var out = objects
        var missing: [(place: Int, document: JSON)] = []
        let prefix = Array("{\"apiVersion\":\"\(type.apiVersion)\",".utf8)
        for (place, object) in objects.enumerated() where !object.body.starts(with: prefix) {
            if let body = known(Self.key(object, type)) {
                out[place] = Self.replacing(object, body)
            } else {
                missing.append((place, object.document))
            }
        }
        if missing.isEmpty { return done(.success(out)) }
        let documents = missing.map(\.document)
        let places = missing.map(\.place)
        let start = out
        ask(documents, type, []) { [self] result in
            done(
                result.map { converted in
                    var out = start
                    for (place, var document) in zip(places, converted) {
                        if let schema = type.schema { _ = try? Conforming.conform(&document, to: schema) }
                        let body = document.encoded()
                        keep(Self.key(objects[place], type), body)
                        out[place] = Self.replacing(objects[place], body)
                    }
                    return out
                })
        }
    }

    /// The same, waiting for it: never on an event loop.
    func converted(_ objects: [StoredObject], to type: ResourceType) throws(APIError) -> [StoredObject] {
        guard Self.mayBeNeeded(type) else { return objects }
        let arrived = DispatchSemaphore(value: 0)
        let box = Shared(Mutex<Result<[StoredObject], APIError>?>(nil))
        convert(objects, to: type) { result in
            box.value.withLock { $0 = result }
            arrived.signal()
        }
        arrived.wait()
        guard let result = box.value.withLock({ $0 }) else { return objects }
        return try result.get()
    }

    private func ask(
        _ documents: [JSON], _ type: ResourceType, _ answers: [WebhookAnswer],
        _ done: @escaping @Sendable (Result<[JSON], APIError>) -> Void
    ) {
        var wanted: [WebhookCall] = []
        do throws(APIError) {
            if let converted = try CustomConversion.convert(
                documents, to: type.apiVersion, of: type, answers: answers, wanted: &wanted)
            {
                return done(.success(converted))
            }
        } catch {
            return done(.failure(error))
        }
        caller.ask(wanted) { [self] answers in ask(documents, type, answers, done) }
    }

    private static func key(_ object: StoredObject, _ type: ResourceType) -> Key {
        Key(uid: object.uid, revision: object.revision, apiVersion: type.apiVersion)
    }
    private static func replacing(_ object: StoredObject, _ body: [UInt8]) -> StoredObject {
        StoredObject(key: object.key, uid: object.uid, revision: object.revision, body: body)
    }

    private func known(_ key: Key) -> [UInt8]? {
        kept.withLock { $0.bodies[key] ?? $0.older[key] }
    }
    private func keep(_ key: Key, _ body: [UInt8]) {
        kept.withLock { kept in
            kept.bytes += body.count
            if kept.bytes > Self.bytesMax {
                kept.older = kept.bodies
                kept.bodies = [:]
                kept.bytes = body.count
            }
            kept.bodies[key] = body
        }
    }
}

extension APIServer {
    /// Goes on with the objects as the type's version has them: at once, or when a webhook has converted them. A failure is answered.
    func show(
        _ objects: [StoredObject], _ type: ResourceType, _ exchange: Exchange,
        _ proceed: @escaping @Sendable ([StoredObject]) -> Void
    ) {
        guard Conversions.mayBeNeeded(type) else { return proceed(objects) }
        conversions.convert(objects, to: type) { [self] result in
            switch result {
            case .success(let shown): proceed(shown)
            case .failure(let error): fail(exchange, error)
            }
        }
    }
}
