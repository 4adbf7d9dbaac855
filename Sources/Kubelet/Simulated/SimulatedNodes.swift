import ClusterState
import Controllers
import Document
public import Engine
import Foundation
public import Logging
import Records
import Schema

/// Many nodes without containers: they register, renew their leases, report bound pods Running and Ready, and let deleted pods
/// go. For scale, and for machines without root. One loop and a few threads, whatever the number of nodes.
///
/// A pod with restartPolicy Never or OnFailure ends after the seconds of its annotation `reckon.dev/exit-after`, with the code of
/// `reckon.dev/exit-code` (0). What one uses, `SimulatedUsage` reads off its annotations.
public final class SimulatedNodes: Sendable {
    static let workersCount = 8
    static let leaseSeconds = 10.0

    private let state: SimulationState
    private let door: any ClusterDoor
    private let logger: Logger

    /// The nodes are called `namePrefix` and a number from 1.
    public convenience init(count: Int, namePrefix: String = "node-", door: any ClusterDoor, logger: Logger) {
        self.init(names: (0..<max(0, count)).map { "\(namePrefix)\($0 + 1)" }, door: door, logger: logger)
    }

    /// Nodes of these names, which must differ. `adopting`: nodes that are there already and keep what they say of themselves.
    public init(names: [String], adopting: Bool = false, door: any ClusterDoor, logger: Logger) {
        self.door = door
        self.logger = logger
        state = SimulationState(
            names.enumerated().map { SimulatedNode(index: $0.offset, name: $0.element, isAdopted: adopting) })
    }

    /// Registers the nodes and begins. Returns when all are registered.
    public func start() {
        let nodeOf = state.places
        let state = state
        let (begin, handle) = door.follow { events, _ in
            for event in events {
                for change in event.changes where change.key.resource == "pods" && change.key.group.isEmpty {
                    guard let name = SimulatedNodes.nodeName(in: change.body), let place = nodeOf[name] else {
                        continue
                    }
                    state.enqueue(place, change)
                }
            }
        }
        state.begin(handle)
        for _ in 0..<SimulatedNodes.workersCount {
            let thread = Thread { [self] in work() }
            thread.name = "reckon.simulated-nodes"
            thread.stackSize = 1 << 20
            thread.start()
        }
        state.registerAll()
        state.waitUntilRegistered()
        for object in begin.objects(GroupResource(resource: "pods")) {
            guard let name = SimulatedNodes.nodeName(in: object.body), let place = nodeOf[name] else { continue }
            state.enqueue(
                place,
                Change(
                    kind: .updated, key: object.key, uid: object.uid, previousRevision: object.revision,
                    body: object.body))
        }
        let timer = Thread { [self] in beat() }
        timer.name = "reckon.simulated-leases"
        timer.start()
        logger.info("simulated nodes are registered", metadata: ["nodes": "\(state.count)"])
    }

    public func stop() { state.end() }

    /// Whether a node of that name is one of these.
    func holds(_ name: String) -> Bool { state.places[name] != nil }

    /// `spec.nodeName` of an encoded pod, without reading the rest.
    static func nodeName(in body: [UInt8]) -> String? {
        let mark = Array("\"nodeName\":\"".utf8)
        return body.withUnsafeBufferPointer { whole -> String? in
            guard let base = whole.baseAddress, let found = memmemory(base, whole.count, mark) else { return nil }
            var end = found + mark.count
            while end < whole.count, base[end] != UInt8(ascii: "\"") { end += 1 }
            return String(decoding: UnsafeBufferPointer(rebasing: whole[(found + mark.count)..<end]), as: UTF8.self)
        }
    }

    // MARK: threads

    /// Spreads the renewals over the ten seconds.
    private func beat() {
        let step = SimulatedNodes.leaseSeconds / Double(max(1, state.count))
        // Few nodes are woken one by one, many in groups twenty times a second.
        let group = max(1, Int((0.05 / step).rounded()))
        var next = 0
        while state.isRunning {
            Thread.sleep(forTimeInterval: step * Double(group))
            for _ in 0..<group {
                state.renew(next % max(1, state.count))
                next += 1
            }
            state.wakeExits(door.now)
        }
    }

    private func work() {
        while let (place, work) = state.take() {
            let node = state.nodes[place]
            var intents: [Intent] = []
            if work.mustRegister { intents += node.registration(door.now) }
            if work.mustRenew { intents.append(node.renewal(door.now)) }
            for change in work.changes { intents += state.react(place, change, now: door.now) }
            for uid in work.exits { intents += state.exit(place, uid, now: door.now) }
            if !intents.isEmpty {
                let answers = door.send(intents, as: node.identity)
                for (intent, answer) in zip(intents, answers) {
                    guard case .failure(let error) = answer, error.code != 404, error.code != 409 else { continue }
                    logger.warning(
                        "a simulated node's request was refused",
                        metadata: [
                            "node": "\(node.name)", "resource": "\(intent.resource)", "error": "\(error.message)",
                        ])
                }
                // A lease or node that somebody deleted is made again.
                if work.mustRenew, case .failure(let error)? = answers.first, error.code == 404 {
                    state.registerAgain(place)
                }
            }
            state.done(place, registered: work.mustRegister)
        }
    }
}

/// Where the part first occurs.
func memmemory(_ base: UnsafePointer<UInt8>, _ count: Int, _ part: [UInt8]) -> Int? {
    var from = 0
    while from + part.count <= count, let found = memchr(base + from, Int32(part[0]), count - part.count - from + 1) {
        let place = found.assumingMemoryBound(to: UInt8.self) - UnsafeMutablePointer(mutating: base)
        if memcmp(found, part, part.count) == 0 { return place }
        from = place + 1
    }
    return nil
}
