public import Document

/// A place in an object as histories write it: `spec.replicas`, `spec.containers[name=web].image`, `spec.args[0]`,
/// `metadata.labels["app.kubernetes.io/name"]`, `metadata.finalizers[]"x"`.
public struct FieldPath: Equatable, Sendable {
    enum Step: Equatable, Sendable {
        case member(String)
        case index(Int)
        /// The element whose member has that text.
        case element(key: String, text: String)
        /// A word of a list of words; any word when empty.
        case word(String)
    }
    let steps: [Step]

    /// nil when brackets or quotes are open, or a name is empty.
    public init?(_ text: String) {
        var steps: [Step] = []
        var rest = text[...]
        if rest.first == "." { rest = rest.dropFirst() }
        var wantsName = true
        while let first = rest.first {
            if first == "[" {
                guard let (step, after) = Self.bracket(rest) else { return nil }
                steps.append(step)
                rest = after
                wantsName = false
            } else if first == "." {
                if wantsName { return nil }
                rest = rest.dropFirst()
                wantsName = true
            } else {
                if !wantsName { return nil }
                let name = rest.prefix { $0 != "." && $0 != "[" }
                steps.append(.member(String(name)))
                rest = rest.dropFirst(name.count)
                wantsName = false
            }
        }
        if wantsName { return nil }
        self.steps = steps
    }

    private static func bracket(_ text: Substring) -> (Step, Substring)? {
        var rest = text.dropFirst()
        if rest.first == "\"" {
            guard let (word, after) = quoted(rest), after.first == "]" else { return nil }
            return (.member(word), after.dropFirst())
        }
        if rest.first == "]" {
            rest = rest.dropFirst()
            guard rest.first == "\"", let (word, after) = quoted(rest) else { return (.word(""), rest) }
            return (.word(word), after)
        }
        guard let end = rest.firstIndex(of: "]") else { return nil }
        let inside = rest[..<end]
        let after = rest[rest.index(after: end)...]
        if let index = Int(inside) { return index < 0 ? nil : (.index(index), after) }
        guard let equals = inside.firstIndex(of: "=") else { return nil }
        var value = String(inside[inside.index(after: equals)...])
        if value.hasPrefix("\""), value.hasSuffix("\""), value.count > 1 {
            value = String(value.dropFirst().dropLast())
        }
        return (.element(key: String(inside[..<equals]), text: value), after)
    }

    /// A JSON string at the front, and what follows it.
    private static func quoted(_ text: Substring) -> (String, Substring)? {
        var end = text.index(after: text.startIndex)
        var escaped = false
        while end < text.endIndex {
            let c = text[end]
            if escaped { escaped = false } else if c == "\\" { escaped = true } else if c == "\"" { break }
            end = text.index(after: end)
        }
        guard end < text.endIndex else { return nil }
        let after = text.index(after: end)
        guard let word = (try? JSON(parsing: Array(text[..<after].utf8)))?.string else { return nil }
        return (word, text[after...])
    }

    /// What stands there; nil when nothing does.
    public func value(in object: JSON) -> JSON? {
        var value = object
        for step in steps {
            guard let next = Self.step(step, into: value) else { return nil }
            value = next
        }
        return value
    }

    private static func step(_ step: Step, into value: JSON) -> JSON? {
        switch step {
        case .member(let name): value[name]
        case .index(let place): value[place]
        case .element(let key, let text): value.elements.first { plain($0[key]) == text }
        case .word(let word): word.isEmpty ? value : value.elements.first { $0.string == word }
        }
    }

    /// A name or number as it stands between brackets.
    static func plain(_ value: JSON?) -> String? { value?.string ?? value?.int.map { String($0) } }

    /// Takes away what stands there; elements of lists are left where they are.
    func remove(from object: inout JSON) { Self.remove(steps[...], from: &object) }

    private static func remove(_ steps: ArraySlice<Step>, from value: inout JSON) {
        guard let first = steps.first else { return }
        let rest = steps.dropFirst()
        switch first {
        case .member(let name):
            if rest.isEmpty { value[name] = Optional.none } else { value.modify(name) { remove(rest, from: &$0) } }
        case .index(let place):
            value.modifyElements { if $0 == place { remove(rest, from: &$1) } }
        case .element(let key, let text):
            value.modifyElements { if plain($1[key]) == text { remove(rest, from: &$1) } }
        case .word: break
        }
    }
}
