import ClusterState
public import Controllers
import Document
import Records
public import Schema

/// Runs a set of controllers over a door, on one thread: committed events make keys dirty, dirty keys become requests, and no
/// key is looked at again before the view holds what its own requests did.
public final class ControllerLoop: @unchecked Sendable {
    private let door: any ClusterDoor
    private let controllers: [any Controller]
    private let catalog: Catalog
    private let inbox = LoopInbox()
    private let thread = LoopThread()
    private let measured = Monitor([QueueMeter]())

    /// `catalog`: what is served; the built-in kinds by default (custom ones are read off the state).
    public init(door: any ClusterDoor, controllers: [any Controller], catalog: Catalog? = nil) {
        self.door = door
        self.controllers = controllers
        self.catalog = catalog ?? .builtin
    }

    /// What the controllers' queues have had and hold, as of their last turn.
    public var meters: [QueueMeter] { measured.with { $0 } }

    public func start() {
        thread.start { self.run() }
    }

    /// Ends the loop after the requests under way, and waits for that.
    public func stop() {
        inbox.stop()
        thread.join()
    }

    private func run() {
        let inbox = inbox
        let (start, handle) = door.follow { events, state in inbox.deliver(events, state) }
        defer { handle.cancel() }
        let identities = controllers.map(LoopIdentity.of)
        var set = ControllerSet(controllers, state: start, catalog: catalog, now: door.now)
        while true {
            let (delivery, stopped) = inbox.take(waiting: 0)
            if stopped { return }
            if let delivery { set.observe(delivery.events, state: delivery.state, now: door.now) }
            if let batch = set.nextBatch(now: door.now, measure: door.measure) {
                let answers = door.send(batch.intents, as: identities[batch.controller])
                set.answered(batch, answers, now: door.now)
                measured.with { $0 = set.meters }
                guard catchUp(&set, to: door.state.revision) else { return }
                continue
            }
            if !set.isIdle { continue }
            measured.with { $0 = set.meters }
            let pause = set.nextDue.map { max(1000, $0.since(door.now)) }
            let next = inbox.take(waiting: pause)
            if next.stopped { return }
            if let delivery = next.delivery { set.observe(delivery.events, state: delivery.state, now: door.now) }
        }
    }

    /// Waits until the view has reached a revision that is already durable; false when the loop is to end.
    private func catchUp(_ set: inout ControllerSet, to revision: UInt64) -> Bool {
        while set.view.state.revision < revision {
            let (delivery, stopped) = inbox.take(waiting: 1_000_000)
            if stopped { return false }
            if let delivery { set.observe(delivery.events, state: delivery.state, now: door.now) }
        }
        return true
    }
}
