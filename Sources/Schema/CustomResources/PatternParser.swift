/// Reads Go's syntax of regular expressions.
struct PatternParser {
    indirect enum Node {
        case empty
        case set(Pattern.CharacterSet)
        case assert(Pattern.Assertion)
        case sequence([Node])
        case either([Node])
        /// At least, at most, and whether as few as possible are preferred.
        case repeated(Node, Int, Int?, isLazy: Bool)
    }
    private let text: [Unicode.Scalar]
    private var at = 0
    private var depth = 0
    private var ignoresCase = false
    private var isMultiline = false
    private var dotTakesNewline = false
    private var isUngreedy = false

    static let digit = Pattern.CharacterSet(ranges: [48...57])
    static let word = Pattern.CharacterSet(ranges: [48...57, 65...90, 95...95, 97...122])
    static let space = Pattern.CharacterSet(ranges: [9...10, 12...13, 32...32])

    init(_ text: String) { self.text = Array(text.unicodeScalars) }

    mutating func parse() -> Node? {
        guard let node = alternatives(), at == text.count else { return nil }
        return node
    }

    private var peek: Unicode.Scalar? { at < text.count ? text[at] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        at += 1
        return true
    }

    private mutating func alternatives() -> Node? {
        depth += 1
        defer { depth -= 1 }
        guard depth < 200 else { return nil }
        var choices: [Node] = []
        repeat {
            guard let part = sequence() else { return nil }
            choices.append(part)
        } while take("|")
        return choices.count == 1 ? choices[0] : .either(choices)
    }

    private mutating func sequence() -> Node? {
        var parts: [Node] = []
        while let scalar = peek, scalar != "|", scalar != ")" {
            guard var part = atom() else { return nil }
            if let next = peek, let counts = quantifier(next) {
                part = .repeated(part, counts.0, counts.1, isLazy: take("?") != isUngreedy)
                // What is repeated cannot be repeated again, and not all in all more often than a thousand times.
                if let again = peek, quantifier(again) != nil { return nil }
                guard Self.repetitions(of: part) <= Self.repetitionsMax else { return nil }
            }
            parts.append(part)
        }
        return parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private static let repetitionsMax = 1000

    /// How often the innermost part is repeated by counts, one within the other.
    private static func repetitions(of node: Node) -> Int {
        switch node {
        case .empty, .set, .assert: return 1
        case .sequence(let parts), .either(let parts): return parts.map(repetitions(of:)).max() ?? 1
        case .repeated(let inner, let low, let high, _):
            let inside = repetitions(of: inner)
            guard low > 1 || (high ?? 0) > 1 else { return inside }
            return Swift.min(inside, repetitionsMax + 1) * Swift.min(Swift.max(low, high ?? 0), repetitionsMax + 1)
        }
    }

    private mutating func quantifier(_ scalar: Unicode.Scalar) -> (Int, Int?)? {
        switch scalar {
        case "*":
            at += 1
            return (0, nil)
        case "+":
            at += 1
            return (1, nil)
        case "?":
            at += 1
            return (0, 1)
        case "{":
            let back = at
            at += 1
            guard let low = number() else {
                at = back
                return nil
            }
            if take("}") { return (low, low) }
            guard take(",") else {
                at = back
                return nil
            }
            if take("}") { return (low, nil) }
            guard let high = number(), take("}") else {
                at = back
                return nil
            }
            return (low, high)
        default: return nil
        }
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = peek, scalar.value >= 48, scalar.value <= 57, (value ?? 0) < 100_000 {
            value = (value ?? 0) * 10 + Int(scalar.value - 48)
            at += 1
        }
        return value
    }

    private mutating func atom() -> Node? {
        guard let scalar = peek else { return nil }
        at += 1
        switch scalar {
        case "(": return group()
        case "[": return bracket().map { .set($0) }
        case ".":
            return .set(
                dotTakesNewline ? .init(ranges: [], isNegated: true) : .init(ranges: [10...10], isNegated: true))
        case "^": return .assert(isMultiline ? .lineStart : .start)
        case "$": return .assert(isMultiline ? .lineEnd : .end)
        case "\\": return escape()
        case "*", "+", "?": return nil
        default: return .set(single(scalar))
        }
    }

    private func single(_ scalar: Unicode.Scalar) -> Pattern.CharacterSet {
        let value = scalar.value
        guard ignoresCase, scalar.isASCII, (65...90).contains(value & ~0x20) else {
            return .init(ranges: [value...value])
        }
        return .init(ranges: [(value | 0x20)...(value | 0x20), (value & ~0x20)...(value & ~0x20)])
    }

    private mutating func group() -> Node? {
        let saved = (ignoresCase, isMultiline, dotTakesNewline, isUngreedy)
        var restores = true
        if take("?") {
            if take("P") || peek == "<" {
                guard take("<") else { return nil }
                while let scalar = peek, scalar != ">" { at += scalar == ">" ? 0 : 1 }
                guard take(">") else { return nil }
            } else {
                var value = true
                flags: while let flag = peek {
                    at += 1
                    switch flag {
                    case "i": ignoresCase = value
                    case "m": isMultiline = value
                    case "s": dotTakesNewline = value
                    case "U": isUngreedy = value
                    case "-": value = false
                    case ":": break flags
                    case ")":
                        restores = false
                        return .empty
                    default: return nil
                    }
                }
            }
        }
        guard let inner = alternatives(), take(")") else { return nil }
        if restores { (ignoresCase, isMultiline, dotTakesNewline, isUngreedy) = saved }
        return inner
    }

    private mutating func escape() -> Node? {
        guard let scalar = peek else { return nil }
        if let set = escapedClass(scalar) {
            at += 1
            return .set(set)
        }
        if scalar == "p" || scalar == "P" { return category().map { .set($0) } }
        switch scalar {
        case "A":
            at += 1
            return .assert(.start)
        case "z":
            at += 1
            return .assert(.end)
        case "b":
            at += 1
            return .assert(.boundary)
        case "B":
            at += 1
            return .assert(.noBoundary)
        default: return escapedScalar().map { .set(single($0)) }
        }
    }

    private func escapedClass(_ scalar: Unicode.Scalar) -> Pattern.CharacterSet? {
        func not(_ set: Pattern.CharacterSet) -> Pattern.CharacterSet { .init(ranges: set.ranges, isNegated: true) }
        switch scalar {
        case "d": return Self.digit
        case "D": return not(Self.digit)
        case "w": return Self.word
        case "W": return not(Self.word)
        case "s": return Self.space
        case "S": return not(Self.space)
        default: return nil
        }
    }

    /// `\\pL`, `\\p{Lu}`, `\\P{^Lu}`: the characters of a general category, or all others.
    private mutating func category() -> Pattern.CharacterSet? {
        var isNegated = peek == "P"
        at += 1
        var name = ""
        if take("{") {
            while let scalar = peek, scalar != "}" {
                name.unicodeScalars.append(scalar)
                at += 1
            }
            guard take("}") else { return nil }
            if name.hasPrefix("^") {
                name.removeFirst()
                isNegated.toggle()
            }
        } else if let scalar = peek {
            name.unicodeScalars.append(scalar)
            at += 1
        }
        if name == "Any" { return .init(ranges: [], isNegated: !isNegated) }
        let ranges = GeneralCategories.ranges(name)
        return ranges.isEmpty ? nil : .init(ranges: ranges, isNegated: isNegated)
    }

    private mutating func escapedScalar() -> Unicode.Scalar? {
        guard let scalar = peek else { return nil }
        at += 1
        switch scalar {
        case "n": return "\n"
        case "t": return "\t"
        case "r": return "\r"
        case "f": return "\u{0C}"
        case "v": return "\u{0B}"
        case "a": return "\u{07}"
        case "x":
            var value: UInt32 = 0
            if take("{") {
                while let digit = peek.flatMap({ Self.hex($0) }), value < 0x200000 {
                    value = value << 4 | digit
                    at += 1
                }
                guard take("}") else { return nil }
            } else {
                for _ in 0..<2 {
                    guard let digit = peek.flatMap({ Self.hex($0) }) else { return nil }
                    value = value << 4 | digit
                    at += 1
                }
            }
            return Unicode.Scalar(value)
        default:
            let isName = scalar.isASCII && (Self.word.contains(scalar.value) && scalar != "_")
            return isName ? nil : scalar
        }
    }

    private static func hex(_ scalar: Unicode.Scalar) -> UInt32? {
        switch scalar.value {
        case 48...57: scalar.value - 48
        case 65...70: scalar.value - 55
        case 97...102: scalar.value - 87
        default: nil
        }
    }

    private mutating func bracket() -> Pattern.CharacterSet? {
        var set = Pattern.CharacterSet()
        set.isNegated = take("^")
        var isFirst = true
        while let scalar = peek, scalar != "]" || isFirst {
            isFirst = false
            if scalar == "[", at + 1 < text.count, text[at + 1] == ":" {
                guard let named = posixClass() else { return nil }
                set.ranges += named
                continue
            }
            at += 1
            var low = scalar
            if scalar == "\\" {
                let isCategory = peek == "p" || peek == "P"
                if isCategory {
                    guard let other = category() else { return nil }
                    set.ranges += other.isNegated ? Self.complement(other.ranges) : other.ranges
                    continue
                }
                if let escaped = peek, let other = escapedClass(escaped) {
                    at += 1
                    guard !other.isNegated else {
                        set.ranges += Self.complement(other.ranges)
                        continue
                    }
                    set.ranges += other.ranges
                    continue
                }
                guard let escaped = escapedScalar() else { return nil }
                low = escaped
            }
            var high = low
            if peek == "-", at + 1 < text.count, text[at + 1] != "]" {
                at += 1
                guard let end = peek else { return nil }
                at += 1
                high = end
                if end == "\\" {
                    guard let escaped = escapedScalar() else { return nil }
                    high = escaped
                }
            }
            guard low.value <= high.value else { return nil }
            set.ranges.append(low.value...high.value)
            if ignoresCase {
                for range in [65...90, 97...122] as [ClosedRange<UInt32>] where range.overlaps(low.value...high.value) {
                    let part = range.clamped(to: low.value...high.value)
                    set.ranges.append((part.lowerBound ^ 0x20)...(part.upperBound ^ 0x20))
                }
            }
        }
        return take("]") ? set : nil
    }

    /// All characters that none of the ranges, which are in order, holds.
    private static func complement(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var out: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { out.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        if next <= 0x10FFFF { out.append(next...0x10FFFF) }
        return out
    }

    private mutating func posixClass() -> [ClosedRange<UInt32>]? {
        var name = ""
        var i = at + 2
        while i < text.count, text[i] != ":" {
            name.unicodeScalars.append(text[i])
            i += 1
        }
        guard i + 1 < text.count, text[i + 1] == "]" else { return nil }
        at = i + 2
        if name.hasPrefix("^") { return Self.posixClass(String(name.dropFirst())).map(Self.complement) }
        return Self.posixClass(name)
    }

    private static func posixClass(_ name: String) -> [ClosedRange<UInt32>]? {
        switch name {
        case "alpha": return [65...90, 97...122]
        case "digit": return [48...57]
        case "alnum": return [48...57, 65...90, 97...122]
        case "upper": return [65...90]
        case "lower": return [97...122]
        case "space": return [9...13, 32...32]
        case "blank": return [9...9, 32...32]
        case "punct": return [33...47, 58...64, 91...96, 123...126]
        case "xdigit": return [48...57, 65...70, 97...102]
        case "word": return Self.word.ranges
        case "print": return [32...126]
        case "graph": return [33...126]
        case "cntrl": return [0...31, 127...127]
        case "ascii": return [0...127]
        default: return nil
        }
    }
}
