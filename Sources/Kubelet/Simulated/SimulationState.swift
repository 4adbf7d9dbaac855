import Controllers
import Document
import Engine
import Foundation
import Records

/// What the simulated nodes have to do, behind one lock; a node's work is done by one thread at a time.
final class SimulationState: @unchecked Sendable {
    struct Work {
        var mustRegister = false
        var mustRenew = false
        var changes: [Change] = []
        var exits: [String] = []
        var isEmpty: Bool { !mustRegister && !mustRenew && changes.isEmpty && exits.isEmpty }
    }
    /// What a node remembers of a pod.
    private struct Pod {
        var place: Int
        var isGoing = false
        var address: String
        var body: JSON?
        var exitAt: Timestamp?
        var exitCode: Int64 = 0
    }

    let nodes: [SimulatedNode]
    let places: [String: Int]
    var count: Int { nodes.count }
    private let condition = NSCondition()
    private var work: [Work]
    private var isQueued: [Bool]
    private var isBusy: [Bool]
    private var queue: [Int] = []
    private var head = 0
    private var unregistered = 0
    private var pods: [String: Pod] = [:]
    private var exits: [(at: Timestamp, place: Int, uid: String)] = []
    private var nextAddress: [Int]
    private var handle: (any FollowHandle)?
    private var ended = false

    init(_ nodes: [SimulatedNode]) {
        self.nodes = nodes
        places = Dictionary(uniqueKeysWithValues: nodes.map { ($0.name, $0.index) })
        work = Array(repeating: Work(), count: nodes.count)
        isQueued = Array(repeating: false, count: nodes.count)
        isBusy = Array(repeating: false, count: nodes.count)
        nextAddress = Array(repeating: 0, count: nodes.count)
    }

    var isRunning: Bool { condition.withLock { !ended } }

    func begin(_ handle: any FollowHandle) { condition.withLock { self.handle = handle } }

    func end() {
        condition.withLock {
            ended = true
            handle?.cancel()
            condition.broadcast()
        }
    }

    // MARK: work

    func registerAll() {
        condition.withLock {
            unregistered = nodes.count
            for place in nodes.indices { add(place) { $0.mustRegister = true } }
        }
    }
    func registerAgain(_ place: Int) {
        condition.withLock {
            unregistered += 1
            add(place) { $0.mustRegister = true }
        }
    }
    func waitUntilRegistered() {
        condition.withLock { while unregistered > 0, !ended { condition.wait() } }
    }
    func enqueue(_ place: Int, _ change: Change) { condition.withLock { add(place) { $0.changes.append(change) } } }
    func renew(_ place: Int) { condition.withLock { if places.count > place { add(place) { $0.mustRenew = true } } } }
    func wakeExits(_ now: Timestamp) {
        condition.withLock {
            guard !exits.isEmpty else { return }
            for exit in exits where exit.at <= now { add(exit.place) { $0.exits.append(exit.uid) } }
            exits.removeAll { $0.at <= now }
        }
    }

    private func add(_ place: Int, _ change: (inout Work) -> Void) {
        change(&work[place])
        guard !isQueued[place], !isBusy[place] else { return }
        isQueued[place] = true
        queue.append(place)
        condition.signal()
    }

    /// The next node with work; waits for one; nil at the end.
    func take() -> (Int, Work)? {
        condition.withLock {
            while true {
                if ended { return nil }
                if head < queue.count { break }
                queue.removeAll(keepingCapacity: true)
                head = 0
                condition.wait()
            }
            let place = queue[head]
            head += 1
            isQueued[place] = false
            isBusy[place] = true
            defer { work[place] = Work() }
            return (place, work[place])
        }
    }

    func done(_ place: Int, registered: Bool) {
        condition.withLock {
            isBusy[place] = false
            if registered {
                unregistered -= 1
                if unregistered == 0 { condition.broadcast() }
            }
            if !work[place].isEmpty { add(place) { _ in } }
        }
    }

    // MARK: pods

    /// What the node asks for because a pod of its changed.
    func react(_ place: Int, _ change: Change, now: Timestamp) -> [Intent] {
        let node = nodes[place]
        if change.kind == .deleted {
            condition.withLock { pods[change.uid] = nil }
            return []
        }
        let isGoing = change.body.withUnsafeBufferPointer {
            memmemory($0.baseAddress!, $0.count, Array("\"deletionTimestamp\":".utf8)) != nil
        }
        let known = condition.withLock { pods[change.uid] }
        if let known, !isGoing || known.isGoing { return [] }
        if isGoing {
            condition.withLock { pods[change.uid, default: Pod(place: place, address: "")].isGoing = true }
            let options: JSON = [
                "apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0,
                "preconditions": ["uid": .string(change.uid)],
            ]
            return [
                Intent(
                    .delete(options), apiVersion: "v1", resource: "pods", namespace: change.key.namespace,
                    name: change.key.name, cause: Self.revision(in: change.body))
            ]
        }
        guard let object = try? JSON(parsing: change.body) else { return [] }
        let phase = object["status", "phase"]?.string ?? ""
        if phase == "Succeeded" || phase == "Failed" { return [] }
        let isReported = phase == "Running"
        let address =
            isReported
            ? object["status", "podIP"]?.string ?? "" : condition.withLock { node.address(&nextAddress[place]) }
        var pod = Pod(place: place, address: address)
        let policy = object["spec", "restartPolicy"]?.string
        if policy == "Never" || policy == "OnFailure",
            let text = object["metadata", "annotations", "reckon.dev/exit-after"]?.string,
            let seconds = Double(text.hasSuffix("s") ? String(text.dropLast()) : text)
        {
            pod.exitAt = now.adding(microseconds: Int64(seconds * 1_000_000))
            pod.exitCode = Int64(object["metadata", "annotations", "reckon.dev/exit-code"]?.string ?? "0") ?? 0
            pod.body = object
        }
        condition.withLock {
            pods[change.uid] = pod
            if let exitAt = pod.exitAt { exits.append((exitAt, place, change.uid)) }
        }
        if isReported { return [] }
        var report = node.report(object, address: address, exitCode: nil, now: now)
        report.cause = Self.revision(in: change.body)
        return [report]
    }

    /// The revision of an encoded object: what a request that answers it is caused by.
    private static func revision(in body: [UInt8]) -> UInt64? {
        let mark = Array("\"resourceVersion\":\"".utf8)
        return body.withUnsafeBufferPointer { whole -> UInt64? in
            guard let base = whole.baseAddress, let found = memmemory(base, whole.count, mark) else { return nil }
            var revision: UInt64 = 0
            for byte in whole[(found + mark.count)...] {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { break }
                revision = revision &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
            }
            return revision > 0 ? revision : nil
        }
    }

    func exit(_ place: Int, _ uid: String, now: Timestamp) -> [Intent] {
        guard let pod = condition.withLock({ pods[uid] }), !pod.isGoing, let object = pod.body else { return [] }
        // With OnFailure a failure runs again, for ever: the pod just goes on.
        if pod.exitCode != 0, object["spec", "restartPolicy"]?.string == "OnFailure" { return [] }
        return [nodes[place].report(object, address: pod.address, exitCode: pod.exitCode, now: now)]
    }
}
