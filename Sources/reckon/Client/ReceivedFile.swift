import Document
import Foundation
import HTTPEdge
import NIOCore
import Synchronization

/// An answer on its way into a file.
final class ReceivedFile: HTTPAnswerReceiver {
    struct Outcome: Sendable {
        var status = 0
        var headers = EdgeHeaders([])
        /// What a refusal said.
        var refusal: [UInt8] = []
        var failure: (any Error)?
    }
    private struct State {
        var outcome = Outcome()
        var isOver = false
        var waiter: CheckedContinuation<Outcome, Never>?
    }
    private let state = Mutex(State())
    private let file: FileHandle

    init(_ file: FileHandle) { self.file = file }

    func head(_ status: Int, _ headers: EdgeHeaders) {
        state.withLock {
            $0.outcome.status = status
            $0.outcome.headers = headers
        }
    }

    func piece(_ bytes: ByteBuffer) {
        state.withLock { state in
            guard state.outcome.status == 200 else {
                state.outcome.refusal += bytes.readableBytesView
                return
            }
            guard state.outcome.failure == nil else { return }
            do { try file.write(contentsOf: Data(bytes.readableBytesView)) } catch { state.outcome.failure = error }
        }
    }

    func end(_ error: (any Error)?) {
        let (waiter, outcome) = state.withLock { state in
            if let error { state.outcome.failure = error }
            state.isOver = true
            defer { state.waiter = nil }
            return (state.waiter, state.outcome)
        }
        waiter?.resume(returning: outcome)
    }

    func outcome() async -> Outcome {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state -> Outcome? in
                if !state.isOver { state.waiter = continuation }
                return state.isOver ? state.outcome : nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }
}
