import Controllers
import Document
import Engine
import Foundation
import Records
import Schema

/// Sends the kubelet's requests through the door, from a thread of its own: what is asked for while a batch is under way goes
/// together in the next one. Requests keep their order.
final class RequestSender: Sendable {
    let door: any ClusterDoor
    let identity: LoopIdentity
    private let queue = DispatchQueue(label: "reckon.kubelet.requests")
    private let waiting = Protected<[(Intent, @Sendable (Result<JSON, APIError>) -> Void)]>([])

    init(door: any ClusterDoor, nodeName: String) {
        self.door = door
        identity = LoopIdentity(
            user: UserInfo(name: "system:node:" + nodeName, groups: ["system:nodes", "system:authenticated"]),
            userAgent: "kubelet/v1.36.2 (linux/\(ImageArchive.architecture)) kubernetes/reckon")
    }

    func send(_ intent: Intent) async -> Result<JSON, APIError> {
        await withCheckedContinuation { continuation in
            send(intent) { continuation.resume(returning: $0) }
        }
    }

    func send(_ intent: Intent, then answer: @escaping @Sendable (Result<JSON, APIError>) -> Void) {
        let isFirst = waiting.with { list in
            list.append((intent, answer))
            return list.count == 1
        }
        if isFirst { queue.async { self.drain() } }
    }

    private func drain() {
        let batch = waiting.with { list in
            defer { list = [] }
            return list
        }
        if batch.isEmpty { return }
        let answers = door.send(batch.map(\.0), as: identity)
        for (entry, answer) in zip(batch, answers) { entry.1(answer) }
    }
}

/// A value behind a lock, for short looks.
final class Protected<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value
    init(_ value: Value) { self.value = value }
    func with<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
