import Dispatch
import Glibc

/// SIGINT and SIGTERM, waited for.
enum StopSignal {
    static func wait() async {
        signal(SIGINT, SIG_IGN)
        signal(SIGTERM, SIG_IGN)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let once = Once(continuation)
            for number in [SIGINT, SIGTERM] {
                let source = DispatchSource.makeSignalSource(signal: number, queue: .main)
                source.setEventHandler { once.run() }
                source.resume()
                once.sources.append(source)
            }
        }
    }

    private final class Once: @unchecked Sendable {
        var continuation: CheckedContinuation<Void, Never>?
        var sources: [any DispatchSourceSignal] = []
        init(_ continuation: CheckedContinuation<Void, Never>) { self.continuation = continuation }
        func run() {
            // A second signal ends the process at once.
            if continuation == nil { _exit(130) }
            continuation?.resume()
            continuation = nil
        }
    }
}
