import Document

/// The JSONPath of a printer column: `.spec.size`, `.status.conditions[?(@.type=="Ready")].status`, `.spec.list[0].name`,
/// `.metadata.labels['a.b/c']`, `..name`, `[*]`, unions and slices. Paths that are none of this find nothing.
struct ColumnPath: Sendable {
    private indirect enum Step: Sendable {
        case member(String)
        case index(Int)
        case slice(Int?, Int?, Int?)
        case all
        case descendants
        case union([Step])
        case filter(left: [Step], op: String, right: Operand)
    }
    private enum Operand: Sendable {
        case value(JSON)
        case path([Step])
        case none
    }
    private let steps: [Step]

    /// nil when the text is no path.
    init?(_ text: String) {
        var reader = Reader(bytes: Array(text.utf8))
        if reader.bytes.first == UInt8(ascii: "{"), reader.bytes.last == UInt8(ascii: "}") {
            reader = Reader(bytes: Array(reader.bytes.dropFirst().dropLast()))
        }
        if reader.peek == UInt8(ascii: "$") { reader.at += 1 }
        guard let steps = reader.steps(), reader.at == reader.bytes.count else { return nil }
        self.steps = steps
    }

    /// Everything at the path, in order.
    func values(in object: JSON) -> [JSON] { ColumnPath.walk(steps[...], [object]) }

    private static func walk(_ steps: ArraySlice<Step>, _ start: [JSON]) -> [JSON] {
        var values = start
        for step in steps { values = values.flatMap { apply(step, $0) } }
        return values
    }

    private static func apply(_ step: Step, _ value: JSON) -> [JSON] {
        switch step {
        case .member(let name): return value[name].map { [$0] } ?? []
        case .index(let i):
            guard let all = value.array else { return [] }
            let place = i < 0 ? all.count + i : i
            return all.indices.contains(place) ? [all[place]] : []
        case .slice(let from, let to, let by):
            guard let all = value.array else { return [] }
            func place(_ i: Int?, _ none: Int) -> Int {
                i.map { max(0, min(all.count, $0 < 0 ? all.count + $0 : $0)) } ?? none
            }
            let (a, b, step) = (place(from, 0), place(to, all.count), max(1, by ?? 1))
            return a < b ? stride(from: a, to: b, by: step).map { all[$0] } : []
        case .all:
            if let all = value.array { return all }
            return value.entries.values
        case .descendants:
            var out = [value]
            for child in value.array ?? value.entries.values { out += apply(.descendants, child) }
            return out
        case .union(let parts): return parts.flatMap { apply($0, value) }
        case .filter(let left, let op, let right):
            return (value.array ?? value.entries.values).filter { element in
                let found = walk(left[...], [element])
                switch right {
                case .none: return !found.isEmpty
                case .value(let wanted): return found.first.map { compare($0, op, wanted) } ?? false
                case .path(let path):
                    guard let a = found.first, let b = walk(path[...], [element]).first else { return false }
                    return compare(a, op, b)
                }
            }
        }
    }

    private static func compare(_ a: JSON, _ op: String, _ b: JSON) -> Bool {
        switch op {
        case "==": return a == b
        case "!=": return a != b
        default: break
        }
        let isLess: Bool
        if let x = a.number, let y = b.number {
            isLess = x < y
        } else if let x = a.string, let y = b.string {
            isLess = x.bytesPrecede(y)
        } else {
            return false
        }
        switch op {
        case "<": return isLess
        case "<=": return isLess || a == b
        case ">": return !isLess && a != b
        case ">=": return !isLess
        default: return false
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        var at = 0
        var peek: UInt8 { at < bytes.count ? bytes[at] : 0 }

        /// Steps up to the end, or to a byte that starts none.
        mutating func steps() -> [Step]? {
            var out: [Step] = []
            while at < bytes.count {
                switch peek {
                case UInt8(ascii: "."):
                    at += 1
                    if peek == UInt8(ascii: ".") {
                        at += 1
                        out.append(.descendants)
                    }
                    if peek == UInt8(ascii: "[") || at == bytes.count { continue }
                    guard let step = name() else { return nil }
                    out.append(step)
                case UInt8(ascii: "["):
                    guard let step = bracket() else { return nil }
                    out.append(step)
                default: return out
                }
            }
            return out
        }

        mutating func name() -> Step? {
            if peek == UInt8(ascii: "*") {
                at += 1
                return .all
            }
            var text: [UInt8] = []
            while at < bytes.count {
                let b = bytes[at]
                if b == UInt8(ascii: "\\"), at + 1 < bytes.count {
                    text.append(bytes[at + 1])
                    at += 2
                    continue
                }
                switch b {
                case UInt8(ascii: "."), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: " "), UInt8(ascii: "="),
                    UInt8(ascii: "!"),
                    UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: ")"):
                    return text.isEmpty ? nil : .member(String(decoding: text, as: UTF8.self))
                default:
                    text.append(b)
                    at += 1
                }
            }
            return text.isEmpty ? nil : .member(String(decoding: text, as: UTF8.self))
        }

        mutating func bracket() -> Step? {
            at += 1
            if peek == UInt8(ascii: "?") { return filter() }
            var parts: [Step] = []
            while true {
                skipSpace()
                if peek == UInt8(ascii: "*") {
                    at += 1
                    parts.append(.all)
                } else if peek == UInt8(ascii: "'") || peek == UInt8(ascii: "\"") {
                    guard let text = quoted() else { return nil }
                    parts.append(.member(text))
                } else {
                    guard let part = numbers() else { return nil }
                    parts.append(part)
                }
                skipSpace()
                if peek == UInt8(ascii: ",") {
                    at += 1
                    continue
                }
                guard peek == UInt8(ascii: "]") else { return nil }
                at += 1
                return parts.count == 1 ? parts[0] : .union(parts)
            }
        }

        mutating func numbers() -> Step? {
            var found: [Int?] = [integer()]
            while peek == UInt8(ascii: ":") {
                at += 1
                found.append(integer())
            }
            if found.count == 1 { return found[0].map { .index($0) } }
            return .slice(found[0], found[1], found.count > 2 ? found[2] : nil)
        }

        mutating func integer() -> Int? {
            let start = at
            if peek == UInt8(ascii: "-") { at += 1 }
            while peek >= 48, peek <= 57 { at += 1 }
            return Int(String(decoding: bytes[start..<at], as: UTF8.self))
        }

        mutating func quoted() -> String? {
            let quote = peek
            at += 1
            var text: [UInt8] = []
            while at < bytes.count, bytes[at] != quote {
                if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count { at += 1 }
                text.append(bytes[at])
                at += 1
            }
            guard at < bytes.count else { return nil }
            at += 1
            return String(decoding: text, as: UTF8.self)
        }

        mutating func skipSpace() { while peek == 32 { at += 1 } }

        mutating func filter() -> Step? {
            at += 1
            guard peek == UInt8(ascii: "(") else { return nil }
            at += 1
            skipSpace()
            guard peek == UInt8(ascii: "@") else { return nil }
            at += 1
            guard let left = steps() else { return nil }
            skipSpace()
            var op = ""
            for candidate in ["==", "!=", "<=", ">=", "<", ">"] where bytes[at...].starts(with: candidate.utf8) {
                op = candidate
                break
            }
            var right = Operand.none
            if !op.isEmpty {
                at += op.utf8.count
                skipSpace()
                guard let operand = operand() else { return nil }
                right = operand
            }
            skipSpace()
            guard peek == UInt8(ascii: ")") else { return nil }
            at += 1
            guard peek == UInt8(ascii: "]") else { return nil }
            at += 1
            return .filter(left: left, op: op, right: right)
        }

        mutating func operand() -> Operand? {
            switch peek {
            case UInt8(ascii: "'"), UInt8(ascii: "\""): return quoted().map { .value(.string($0)) }
            case UInt8(ascii: "@"):
                at += 1
                return steps().map { .path($0) }
            default:
                let start = at
                while at < bytes.count, peek != 32, peek != UInt8(ascii: ")") { at += 1 }
                return (try? JSON(parsing: bytes[start..<at])).map { .value($0) }
            }
        }
    }
}
