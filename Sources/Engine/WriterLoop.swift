import Admission
import ClusterState
import Document
import EventLog
import Glibc
import Records
import Requests
import Schema

/// The writer's own state: what it has decided but not yet published.
struct WriterLoop {
    private let engine: Engine
    private var draft: SnapshotDraft
    private var state: ClusterState { draft.state }
    private var lastTime: Timestamp
    private var sinceCheckpoint: UInt64 = 0

    init(_ engine: Engine, _ start: Snapshot) {
        self.engine = engine
        draft = SnapshotDraft(start)
        lastTime = start.state.time
    }

    consuming func run() {
        var loop = self
        while loop.turn() {}
    }

    /// One batch; false when the engine stops and nothing is left.
    private mutating func turn() -> Bool {
        let delay = engine.limits.accessDelayMicroseconds
        let most = engine.limits.batchWritesMax
        let (writes, notes, waiters, isStopping) = engine.queue.wait(
            until: { !$0.writes.isEmpty || !$0.waiters.isEmpty || $0.isStopping },
            timeout: { $0.access.isEmpty ? nil : $0.accessSince + delay - steadyMicroseconds() },
            then: { queue in
                let writes: [PendingWrite]
                if queue.writes.count <= most {
                    writes = queue.writes
                    queue.writes = []
                } else {
                    writes = Array(queue.writes.prefix(most))
                    queue.writes.removeFirst(most)
                }
                let notes = queue.access
                let waiters = queue.waiters
                queue.accessRoom = notes.count
                queue.access = []
                queue.waiters = []
                return (writes, notes, waiters, queue.isStopping)
            })
        if writes.isEmpty && notes.isEmpty && waiters.isEmpty { return !isStopping }
        commit(writes, notes, waiters)
        return true
    }

    private mutating func commit(_ writes: [PendingWrite], _ notes: [AccessEntry], _ waiters: [@Sendable () -> Void]) {
        var batch = DecidedBatch()
        let before = draft
        lastTime = max(lastTime, engine.now)
        for entry in notes { batch.access.append(record(entry)) }
        for write in writes { decide(write, &batch) }
        do throws(LogError) {
            let began = steadyMicroseconds()
            try engine.log.append(batch.journal + batch.access, after: before.state)
            let (events, accesses) = (batch.journal.count, batch.access.count)
            engine.meter.with {
                $0.committed(
                    writes: writes.count, events: events, accesses: accesses,
                    microseconds: steadyMicroseconds() - began)
            }
        } catch {
            draft = before
            refuse(writes, waiters, error)
            return
        }
        // Without an event the cluster is what it was; where another process writes the log it may even be further on.
        let snapshot =
            batch.journal.isEmpty ? nil : draft.snapshot
        let replies = batch.replies
        engine.publications.signal { queue in
            queue.batches.append(
                Publication(events: batch.events, snapshot: snapshot, replies: replies, waiters: waiters))
            return true
        }
        checkpointWhenDue(batch.journal.count)
    }

    private mutating func decide(_ write: PendingWrite, _ batch: inout DecidedBatch) {
        let ground = DecisionGround(
            state: draft.state, catalog: draft.catalog, settings: engine.settings,
            webhooks: engine.outside.asksAdmission ? draft.webhooks : .none)
        do throws(Refusal) {
            if let refusal = write.refusal { throw Refusal(error: refusal) }
            let decision = try write.work.decide(on: ground, now: lastTime)
            if decision.changes.contains(where: { $0.body.count > engine.limits.objectBytesMax }) {
                // The message is etcd's: clients know it.
                throw Refusal(APIError(code: 500, reason: "", message: "etcdserver: request is too large"))
            }
            if decision.changes.isEmpty {
                let entry = AccessEntry(
                    revision: state.revision, request: write.request, authentication: write.authentication,
                    authorization: write.authorization, admission: decision.admission,
                    outcome: Outcome(code: decision.code))
                batch.access.append(record(entry))
                batch.replies.append((write.reply, .decided(decision, revision: 0)))
                return
            }
            let record = EventRecord(
                stream: .journal, revision: state.revision + 1, time: lastTime, cause: write.cause,
                request: write.request,
                authentication: write.authentication, authorization: write.authorization, admission: decision.admission,
                outcome: Outcome(code: decision.code), changes: decision.changes, decision: write.reasons)
            batch.events.append(draft.apply(record))
            batch.journal.append(record)
            batch.replies.append((write.reply, .decided(decision, revision: record.revision)))
        } catch {
            if !error.wanted.isEmpty {
                // Asked too early, or what was asked about has changed since.
                engine.gatherAgain(write)
                return
            }
            let entry = AccessEntry(
                revision: state.revision, request: write.request, authentication: write.authentication,
                authorization: write.authorization,
                admission: error.admission, outcome: Outcome(code: error.error.code, reason: error.error.reason))
            batch.access.append(record(entry))
            batch.replies.append((write.reply, .refused(error.error, warnings: error.warnings)))
        }
    }

    private func record(_ entry: AccessEntry) -> EventRecord {
        return EventRecord(
            stream: .access, revision: max(entry.revision, state.revision), time: lastTime, request: entry.request,
            authentication: entry.authentication, authorization: entry.authorization, admission: entry.admission,
            outcome: entry.outcome)
    }

    /// Nothing of the batch happened. A full disk refuses and goes on; anything else ends the process, because what is on the disk is unknown.
    private func refuse(_ writes: [PendingWrite], _ waiters: [@Sendable () -> Void], _ error: LogError) {
        guard case .full = error else {
            engine.logger.critical("the log cannot be written, stopping: \(error)")
            exit(74)
        }
        let answer = APIError(
            code: 507, reason: "InsufficientStorage",
            message: "the disk that holds the log is full: free space on it and try again; reads go on",
            retryAfterSeconds: 10)
        engine.publications.signal { queue in
            queue.batches.append(
                Publication(
                    events: [], snapshot: nil, replies: writes.map { ($0.reply, .refused(answer, warnings: [])) },
                    waiters: waiters))
            return true
        }
    }

    private mutating func checkpointWhenDue(_ events: Int) {
        sinceCheckpoint += UInt64(events)
        guard sinceCheckpoint >= engine.limits.checkpointEvents,
            engine.log.isCheckpointDue(at: state.revision, isEnd: false)
        else { return }
        sinceCheckpoint = 0
        engine.checkpointInBackground(state)
    }
}

/// What one commit writes and whom it answers.
struct DecidedBatch {
    var journal: [EventRecord] = []
    var access: [EventRecord] = []
    var events: [CommittedEvent] = []
    var replies: [(@Sendable (PendingWrite.Reply) -> Void, PendingWrite.Reply)] = []
}
