import ClusterState
import EventLog
import Records

/// A durable batch on its way to everybody who waits for it.
struct Publication {
    var events: [CommittedEvent]
    /// nil when the batch was refused.
    var snapshot: Snapshot?
    var replies: [(@Sendable (PendingWrite.Reply) -> Void, PendingWrite.Reply)]
    var waiters: [@Sendable () -> Void]
}

struct PublicationQueue: ~Copyable {
    var batches: [Publication] = []
    /// Work that must see the order of publications: a watch that begins.
    var jobs: [@Sendable () -> Void] = []
    var isStopping = false
}

extension Engine {
    /// The publisher's thread.
    func publish() {
        var nextBookmark = steadyMicroseconds() + WatchHub.bookmarkMicroseconds
        while true {
            let (batches, jobs, isStopping) = publications.wait(
                until: { !$0.batches.isEmpty || !$0.jobs.isEmpty || $0.isStopping },
                timeout: { _ in nextBookmark - steadyMicroseconds() },
                then: { queue in
                    defer {
                        queue.batches = []
                        queue.jobs = []
                    }
                    return (queue.batches, queue.jobs, queue.isStopping)
                })
            for batch in batches {
                if let snapshot = batch.snapshot {
                    authorizer.with { authorizer in
                        for event in batch.events {
                            authorizer.apply(event.record.changes, revision: event.record.revision)
                        }
                    }
                    published.with { $0 = snapshot }
                    for (reply, answer) in batch.replies { reply(answer) }
                    if !batch.events.isEmpty {
                        hub.publish(batch.events)
                        tellFollowers(batch.events, snapshot.state)
                    }
                } else {
                    for (reply, answer) in batch.replies { reply(answer) }
                }
                for waiter in batch.waiters { waiter() }
            }
            for job in jobs { job() }
            if steadyMicroseconds() >= nextBookmark {
                hub.sendBookmarks()
                nextBookmark = steadyMicroseconds() + WatchHub.bookmarkMicroseconds
            }
            if isStopping, batches.isEmpty, jobs.isEmpty {
                hub.endAll()
                return
            }
        }
    }

    /// Runs on the publisher's thread between batches.
    func onPublisher(_ job: @escaping @Sendable () -> Void) {
        publications.signal {
            $0.jobs.append(job)
            return true
        }
    }

    private func tellFollowers(_ events: [CommittedEvent], _ state: ClusterState) {
        let observers = followers.with { $0.observers.sorted { $0.key < $1.key }.map(\.value) }
        if observers.isEmpty { return }
        let records = events.map(\.record)
        for observer in observers { observer(records, state) }
    }

    /// Writes a checkpoint of a state beside the running log. At most one at a time.
    func checkpointInBackground(_ state: ClusterState) {
        guard
            checkpointing.with({ running in
                if running { return false }
                running = true
                return true
            })
        else { return }
        _ = EngineThread { [self] in
            do throws(LogError) { try log.writeCheckpoint(state) } catch {
                logger.error("a checkpoint could not be written: \(error)")
            }
            checkpointing.with { $0 = false }
        }
    }
}

struct Followers: ~Copyable {
    var observers: [Int: @Sendable ([EventRecord], ClusterState) -> Void] = [:]
    var next = 0
}
