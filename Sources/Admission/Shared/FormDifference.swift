/// The difference of two values in their internal form, line by line, as upstream adds it to errors about what may not change.
enum FormDifference {
    private static let context = 3

    /// A unified diff of two compact JSON texts, without file names; empty when they are equal.
    static func unified(_ old: String, _ new: String) -> String {
        let (a, b) = (lines(old), lines(new))
        let edits = edits(a, b)
        var out = ""
        var i = 0
        while let first = edits[i...].firstIndex(where: { $0.isChange }) {
            // The hunk goes on while the next change is near.
            var last = first
            while let next = edits[(last + 1)...].firstIndex(where: { $0.isChange }), next - last <= 2 * context + 1 {
                last = next
            }
            let hunk = edits[max(0, first - context)..<min(edits.count, last + 1 + context)]
            out += header(hunk)
            for edit in hunk {
                switch edit {
                case .same(let x, _): out += " " + a[x] + "\n"
                case .gone(let x, _): out += "-" + a[x] + "\n"
                case .new(_, let y): out += "+" + b[y] + "\n"
                }
            }
            i = last + 1
        }
        return out
    }

    /// A line of both, of the old one or of the new one, with where it stands (or would stand) in each.
    private enum Edit {
        case same(Int, Int), gone(Int, Int), new(Int, Int)
        var isChange: Bool { if case .same = self { false } else { true } }
    }

    private static func header(_ hunk: ArraySlice<Edit>) -> String {
        var (start, count) = ((0, 0), (0, 0))
        switch hunk.first {
        case .same(let x, let y)?, .gone(let x, let y)?, .new(let x, let y)?: start = (x, y)
        case nil: break
        }
        for edit in hunk {
            switch edit {
            case .same: count = (count.0 + 1, count.1 + 1)
            case .gone: count.0 += 1
            case .new: count.1 += 1
            }
        }
        func range(_ start: Int, _ count: Int) -> String {
            count == 1 ? "\(start + 1)" : "\(count == 0 ? start : start + 1),\(count)"
        }
        return "@@ -\(range(start.0, count.0)) +\(range(start.1, count.1)) @@\n"
    }

    /// The shortest way from one to the other, by the longest common subsequence of what differs between their ends.
    private static func edits(_ a: [String], _ b: [String]) -> [Edit] {
        var head = 0
        while head < a.count, head < b.count, a[head] == b[head] { head += 1 }
        var tail = 0
        while tail < a.count - head, tail < b.count - head, a[a.count - 1 - tail] == b[b.count - 1 - tail] { tail += 1 }
        let (m, n) = (a.count - head - tail, b.count - head - tail)
        var out = (0..<head).map { Edit.same($0, $0) }
        // A table of everything is for values of a sane size; others are shown as replaced.
        if m * n > 1_000_000 {
            out += (0..<m).map { .gone(head + $0, head) } + (0..<n).map { .new(head + m, head + $0) }
        } else {
            out += middle(a, b, head, m, n)
        }
        return out + (0..<tail).map { .same(head + m + $0, head + n + $0) }
    }

    private static func middle(_ a: [String], _ b: [String], _ head: Int, _ m: Int, _ n: Int) -> [Edit] {
        var common = [Int32](repeating: 0, count: (m + 1) * (n + 1))
        for x in stride(from: m - 1, through: 0, by: -1) {
            for y in stride(from: n - 1, through: 0, by: -1) {
                common[x * (n + 1) + y] =
                    a[head + x] == b[head + y]
                    ? common[(x + 1) * (n + 1) + y + 1] + 1
                    : max(common[(x + 1) * (n + 1) + y], common[x * (n + 1) + y + 1])
            }
        }
        var out: [Edit] = []
        var (x, y) = (0, 0)
        while x < m || y < n {
            if x < m, y < n, a[head + x] == b[head + y] {
                out.append(.same(head + x, head + y))
                (x, y) = (x + 1, y + 1)
            } else if x < m, y == n || common[(x + 1) * (n + 1) + y] >= common[x * (n + 1) + y + 1] {
                out.append(.gone(head + x, head + y))
                x += 1
            } else {
                out.append(.new(head + x, head + y))
                y += 1
            }
        }
        return out
    }

    /// Compact JSON over many lines, one space a level.
    private static func lines(_ text: String) -> [String] {
        var out: [String] = []
        var line: [UInt8] = []
        var depth = 0
        var inString = false
        let bytes = Array(text.utf8)
        func flush() {
            out.append(String(decoding: line, as: UTF8.self))
            line = Array(repeating: UInt8(ascii: " "), count: depth)
        }
        var i = 0
        while i < bytes.count {
            let byte = bytes[i]
            i += 1
            if inString {
                line.append(byte)
                if byte == UInt8(ascii: "\\"), i < bytes.count {
                    line.append(bytes[i])
                    i += 1
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                line.append(byte)
                if i < bytes.count, bytes[i] == byte + 2 {
                    line.append(bytes[i])
                    i += 1
                } else {
                    depth += 1
                    flush()
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                flush()
                line.append(byte)
            case UInt8(ascii: ","):
                line.append(byte)
                flush()
            case UInt8(ascii: ":"): line += [byte, UInt8(ascii: " ")]
            case UInt8(ascii: "\""):
                inString = true
                line.append(byte)
            default: line.append(byte)
            }
        }
        flush()
        return out
    }
}
