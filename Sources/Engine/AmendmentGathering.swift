import Admission
import Records
public import Requests
import Schema

/// Gathering for an amendment: its writes are decided on trial in their order, and servers outside are asked about several at a time.
extension Engine {
    /// Decides an amendment and writes nothing; servers outside are asked as they are for a write. `done` is called from any thread.
    public func consult(_ amendment: Amendment, _ done: @escaping @Sendable (Result<Decision, Refusal>) -> Void) {
        settle(amendment) { _, outcome in done(outcome.mapError(\.refusal)) }
    }

    func settle(
        _ amendment: Amendment, _ done: @escaping @Sendable (Amendment, Result<Decision, Unsettled>) -> Void
    ) {
        guard outside.begin() else { return done(amendment, .failure(Self.tooManyWait)) }
        let started = steadyMicroseconds()
        outside.queue.async { [self] in
            let settled: @Sendable (Amendment, Result<Decision, Unsettled>) -> Void = { [self] amendment, outcome in
                outside.end()
                done(amendment, outcome)
            }
            do throws(Refusal) {
                let now = max(self.now, snapshot.state.time)
                advance(try AmendmentTrial(amendment, on: ground, now: now), started, settled)
            } catch {
                settled(amendment, .failure(Unsettled(refusal: error)))
            }
        }
    }

    private func advance(
        _ begun: AmendmentTrial, _ started: Int64,
        _ done: @escaping @Sendable (Amendment, Result<Decision, Unsettled>) -> Void
    ) {
        var trial = begun
        let questions = trial.questions()
        guard !questions.isEmpty, let caller = outside.caller else {
            do throws(Refusal) {
                done(trial.amendment, .success(try trial.decision()))
            } catch {
                done(trial.amendment, .failure(Unsettled(refusal: error)))
            }
            return
        }
        if steadyMicroseconds() - started > Outside.requestMicroseconds {
            return done(trial.amendment, .failure(Self.tooLate))
        }
        let asked = trial
        caller.ask(questions.map(\.call)) { [self] answers in
            outside.queue.async { [self] in
                var next = asked
                next.take(answers, to: questions)
                advance(next, started, done)
            }
        }
    }
}
