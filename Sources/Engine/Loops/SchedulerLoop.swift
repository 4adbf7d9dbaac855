import ClusterState
import Document
import Records
public import Scheduling

/// Runs the scheduler over a door, on one thread.
public final class SchedulerLoop: @unchecked Sendable {
    private let door: any ClusterDoor
    private let inbox = LoopInbox()
    private let thread = LoopThread()
    private let measured = Monitor(SchedulerMeter())

    public init(door: any ClusterDoor) { self.door = door }

    /// What the scheduler has done and who waits, as of its last turn.
    public var meter: SchedulerMeter { measured.with { $0 } }

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
        var scheduler = Scheduler(state: start, now: door.now)
        while true {
            let (delivery, stopped) = inbox.take(waiting: 0)
            if stopped { return }
            if let delivery { scheduler.observe(delivery.events, state: delivery.state, now: door.now) }
            if let batch = scheduler.nextBatch(now: door.now) {
                let answers = door.send(batch.intents, as: .scheduler)
                scheduler.answered(batch, answers, now: door.now)
                measured.with { $0 = scheduler.meter }
                continue
            }
            measured.with { $0 = scheduler.meter }
            if !scheduler.isIdle { continue }
            let next = inbox.take(waiting: scheduler.nextDue.map { max(1000, $0.since(door.now)) })
            if next.stopped { return }
            if let delivery = next.delivery { scheduler.observe(delivery.events, state: delivery.state, now: door.now) }
        }
    }
}
