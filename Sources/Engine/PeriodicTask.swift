/// Work beside the writer that comes round again and again on a thread of its own: retention, shipping.
public final class PeriodicTask: @unchecked Sendable {
    private let isStopping = Monitor(false)
    private var thread: EngineThread?

    /// Runs `turn` at once and then after every pause. `turn` answers how many microseconds the next pause lasts.
    public init(_ turn: @escaping @Sendable () -> Int64) {
        let isStopping = isStopping
        thread = EngineThread {
            while true {
                let deadline = steadyMicroseconds() + turn()
                let stops = isStopping.wait(
                    until: { $0 }, timeout: { _ in deadline - steadyMicroseconds() }, then: { $0 })
                if stops { return }
            }
        }
    }

    /// Lets the turn that runs come to its end, and begins no other.
    public func stop() {
        isStopping.signal {
            $0 = true
            return true
        }
        thread?.join()
        thread = nil
    }
}
