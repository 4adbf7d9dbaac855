/// A regular expression in Go's syntax (RE2) without captures. It runs in time proportional to the text: every state is
/// followed at once, so that no pattern can make it slow.
package struct Pattern: Sendable {
    /// The most states a pattern may have.
    private static let statesMax = 20_000
    /// The longest text that is read: a longer one has more states, save for sets of thousands of characters.
    private static let bytesMax = 128 * 1024

    enum State: Sendable {
        /// A character of the set of that number, then the next state.
        case one(set: Int, next: Int)
        case split(Int, Int)
        case assert(Assertion, next: Int)
        case match
    }
    enum Assertion: Sendable { case start, end, lineStart, lineEnd, boundary, noBoundary }

    /// Ranges of Unicode scalars, or all others.
    struct CharacterSet: Sendable {
        var ranges: [ClosedRange<UInt32>] = []
        var isNegated = false
        func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } != isNegated }
    }
    /// The sets of characters that states ask for; by number, so that a state refers to nothing.
    private(set) var sets: [CharacterSet] = []

    private(set) var states: [State] = []
    private(set) var start = 0

    /// nil when the text is no regular expression, or too large a one.
    package init?(_ text: String) {
        if text.utf8.count > Self.bytesMax { return nil }
        var parser = PatternParser(text)
        guard let tree = parser.parse() else { return nil }
        states = [.match]
        guard let first = compile(tree, 0) else { return nil }
        start = first
    }

    /// Whether the pattern is found anywhere in the text.
    package func matches(_ text: String) -> Bool {
        let scalars = text.unicodeScalars.map(\.value)
        var current: [Int] = []
        var next: [Int] = []
        var mark = [Int](repeating: -1, count: states.count)
        var open: [Int] = []
        for i in 0...scalars.count {
            if add(start, i, scalars, &current, &mark, &open) { return true }
            if i == scalars.count { break }
            next.removeAll(keepingCapacity: true)
            for state in current {
                if case .one(let set, let target) = states[state], sets[set].contains(scalars[i]) {
                    if add(target, i + 1, scalars, &next, &mark, &open) { return true }
                }
            }
            swap(&current, &next)
        }
        return false
    }

    /// Adds a state and all that follow it without a character; true when the pattern is complete.
    /// `open` is room to work in.
    private func add(
        _ first: Int, _ at: Int, _ text: [UInt32], _ list: inout [Int], _ mark: inout [Int], _ open: inout [Int]
    ) -> Bool {
        open.removeAll(keepingCapacity: true)
        open.append(first)
        while let state = open.popLast() {
            if mark[state] == at { continue }
            mark[state] = at
            switch states[state] {
            case .match: return true
            case .one: list.append(state)
            case .split(let a, let b):
                open.append(b)
                open.append(a)
            case .assert(let assertion, let next): if Self.holds(assertion, at, text) { open.append(next) }
            }
        }
        return false
    }

    static func holds(_ assertion: Assertion, _ at: Int, _ text: [UInt32]) -> Bool {
        func isWord(_ i: Int) -> Bool {
            guard text.indices.contains(i) else { return false }
            return PatternParser.word.contains(text[i])
        }
        switch assertion {
        case .start: return at == 0
        case .end: return at == text.count
        case .lineStart: return at == 0 || text[at - 1] == 10
        case .lineEnd: return at == text.count || text[at] == 10
        case .boundary: return isWord(at - 1) != isWord(at)
        case .noBoundary: return isWord(at - 1) == isWord(at)
        }
    }

    // MARK: Compiling, from the end to the beginning

    private mutating func compile(_ tree: PatternParser.Node, _ next: Int) -> Int? {
        guard states.count < Self.statesMax else { return nil }
        switch tree {
        case .empty: return next
        case .set(let set):
            sets.append(set)
            return push(.one(set: sets.count - 1, next: next))
        case .assert(let assertion): return push(.assert(assertion, next: next))
        case .sequence(let parts):
            var target = next
            for part in parts.reversed() {
                guard let first = compile(part, target) else { return nil }
                target = first
            }
            return target
        case .either(let choices):
            var target: Int?
            for choice in choices.reversed() {
                guard let first = compile(choice, next) else { return nil }
                target = target.map { push(.split(first, $0)) } ?? first
            }
            return target
        case .repeated(let part, let low, let high, let isLazy):
            var target = next
            if let high {
                guard high >= low, high <= 1000 else { return nil }
                for _ in low..<high {
                    guard let first = compile(part, target) else { return nil }
                    target = push(isLazy ? .split(next, first) : .split(first, next))
                }
            } else {
                let loop = push(.split(0, next))
                guard let first = compile(part, loop) else { return nil }
                states[loop] = isLazy ? .split(next, first) : .split(first, next)
                target = loop
            }
            for _ in 0..<low {
                guard let first = compile(part, target) else { return nil }
                target = first
            }
            return target
        }
    }

    private mutating func push(_ state: State) -> Int {
        states.append(state)
        return states.count - 1
    }
}
