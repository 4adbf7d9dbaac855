import ClusterState
import Document
import Glibc
import Records

/// Where the engine's thread leaves committed events for a loop's thread, which sleeps here when it has nothing to do.
final class LoopInbox: @unchecked Sendable {
    struct Delivery {
        var events: [EventRecord]
        var state: ClusterState
    }
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    // Guarded by the mutex.
    private var waiting: Delivery?
    private var stopped = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(arrived, nil)
    }
    deinit {
        pthread_cond_destroy(arrived)
        pthread_mutex_destroy(mutex)
        arrived.deallocate()
        mutex.deallocate()
    }

    func deliver(_ events: [EventRecord], _ state: ClusterState) {
        pthread_mutex_lock(mutex)
        if waiting == nil {
            waiting = Delivery(events: events, state: state)
        } else {
            waiting!.events += events
            waiting!.state = state
        }
        pthread_cond_signal(arrived)
        pthread_mutex_unlock(mutex)
    }

    func stop() {
        pthread_mutex_lock(mutex)
        stopped = true
        pthread_cond_broadcast(arrived)
        pthread_mutex_unlock(mutex)
    }

    /// What arrived since the last call; waits that many microseconds for it at most (nil: for ever).
    func take(waiting limit: Int64?) -> (delivery: Delivery?, stopped: Bool) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if waiting == nil, !stopped, limit != 0 {
            if let limit {
                var until = timespec()
                clock_gettime(CLOCK_REALTIME, &until)
                let nanoseconds = Int64(until.tv_nsec) + min(limit, 3_600_000_000) * 1000
                until.tv_sec += Int(nanoseconds / 1_000_000_000)
                until.tv_nsec = Int(nanoseconds % 1_000_000_000)
                while waiting == nil, !stopped {
                    if pthread_cond_timedwait(arrived, mutex, &until) == ETIMEDOUT { break }
                }
            } else {
                while waiting == nil, !stopped { pthread_cond_wait(arrived, mutex) }
            }
        }
        defer { waiting = nil }
        return (waiting, stopped)
    }
}

/// A thread of our own: loops block on the door, which no event loop or task pool may.
final class LoopThread: @unchecked Sendable {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    private var thread: pthread_t?

    func start(_ run: @escaping @Sendable () -> Void) {
        precondition(thread == nil, "a loop starts once")
        let body = Unmanaged.passRetained(Body(run)).toOpaque()
        var handle = pthread_t()
        let code = pthread_create(
            &handle, nil,
            { raw in
                Unmanaged<Body>.fromOpaque(raw!).takeRetainedValue().run()
                return nil
            }, body)
        precondition(code == 0, "no thread for a loop")
        thread = handle
    }

    /// Waits until the thread has ended.
    func join() {
        guard let thread else { return }
        pthread_join(thread, nil)
        self.thread = nil
    }
}
