extension Pattern {
    /// Whether the pattern is found anywhere in the text.
    /// - Parameter steps: how many states may be looked at; what is left of them afterwards.
    /// - Returns: nil when there were not enough steps.
    package func matches(_ text: String, steps: inout Int) -> Bool? {
        let scalars = text.unicodeScalars.map(\.value)
        let found = search(scalars, from: 0, isEnoughToKnow: true, &steps)
        return steps > 0 ? found != nil : nil
    }

    /// Where the pattern is first found at or after a place: of several matches there, the one that its order prefers.
    /// - Parameter steps: how many states may be looked at; 0 or less afterwards means that there were not enough.
    package func find(in text: [UInt32], from: Int, steps: inout Int) -> Range<Int>? {
        search(text, from: from, isEnoughToKnow: false, &steps)
    }

    /// A state and where the match that led to it began. Those before others in a list are preferred.
    private struct Thread {
        let state: Int
        let start: Int
    }

    private func search(_ text: [UInt32], from: Int, isEnoughToKnow: Bool, _ steps: inout Int) -> Range<Int>? {
        var current: [Thread] = []
        var next: [Thread] = []
        var mark = [Int](repeating: -1, count: states.count)
        var best: Range<Int>?
        steps -= states.count / 8
        var at = from
        while at <= text.count {
            // Threads that began earlier come first; a new one starts only while nothing is found.
            if best == nil, let end = add(start, at, at, text, &current, &mark, &steps) { best = end..<at }
            if let best, isEnoughToKnow { return best }
            if steps <= 0 { return nil }
            if current.isEmpty, best != nil || at == text.count { break }
            guard at < text.count else { break }
            next.removeAll(keepingCapacity: true)
            for thread in current {
                steps -= 1
                guard case .one(let set, let target) = states[thread.state], sets[set].contains(text[at]) else {
                    continue
                }
                if let began = add(target, thread.start, at + 1, text, &next, &mark, &steps) {
                    best = began..<(at + 1)
                    break  // those that follow are preferred less
                }
            }
            swap(&current, &next)
            at += 1
        }
        return best
    }

    /// Adds a state and all that follow it without a character, preferred ones first; where the match began when the pattern is
    /// complete with those added so far.
    private func add(
        _ first: Int, _ began: Int, _ at: Int, _ text: [UInt32], _ list: inout [Thread], _ mark: inout [Int],
        _ steps: inout Int
    ) -> Int? {
        var open = [first]
        while let state = open.popLast() {
            steps -= 1
            if mark[state] == at { continue }
            mark[state] = at
            switch states[state] {
            case .match: return began
            case .one: list.append(Thread(state: state, start: began))
            case .split(let a, let b):
                open.append(b)
                open.append(a)
            case .assert(let assertion, let next): if Self.holds(assertion, at, text) { open.append(next) }
            }
        }
        return nil
    }
}
