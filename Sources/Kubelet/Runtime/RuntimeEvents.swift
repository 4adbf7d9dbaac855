import Logging

/// containerd's own event stream, as a wake-up call: a task ended, or its memory did. Works with CRI runtimes that have no
/// events of their own; without it the regular look every second finds the same.
struct RuntimeEvents: Sendable {
    let socket: String

    /// Calls `wake` for each end of a task; comes back to it when the stream breaks, until the task is cancelled.
    func follow(_ wake: @escaping @Sendable () async -> Void) async {
        var request: [UInt8] = []
        for filter in ["topic==\"/tasks/exit\"", "topic==\"/tasks/oom\""] {
            request += [0x0A, UInt8(filter.utf8.count)] + Array(filter.utf8)
        }
        while !Task.isCancelled {
            if let call = try? RawCall(socket: socket) {
                try? await call.stream("containerd.services.events.v1.Events", "Subscribe", request) { _ in await wake()
                }
                call.close()
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }
}
