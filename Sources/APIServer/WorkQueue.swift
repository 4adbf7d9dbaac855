import Dispatch
import Synchronization

/// A few threads for work that may block: reads of the past, calls to other servers. Tasks go round them in turn.
final class WorkQueue: Sendable {
    private let queues: [DispatchQueue]
    private let next = Atomic<Int>(0)

    init(_ label: String, threads: Int) {
        queues = (0..<threads).map { DispatchQueue(label: "\(label)-\($0)") }
    }

    func run(_ work: @escaping @Sendable () -> Void) {
        let turn = next.add(1, ordering: .relaxed).newValue
        queues[(turn & Int.max) % queues.count].async(execute: work)
    }
}
