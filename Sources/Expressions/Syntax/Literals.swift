/// Numbers and strings as they are written.
enum Literals {
    /// How many characters the escape at `at` has; nil when it is none.
    static func escapeLength(_ text: [Unicode.Scalar], _ at: Int) -> Int? {
        func hex(_ count: Int) -> Int? {
            guard at + 2 + count <= text.count, text[(at + 2)..<(at + 2 + count)].allSatisfy(Lexer.isHexDigit) else {
                return nil
            }
            return 2 + count
        }
        guard at + 1 < text.count else { return nil }
        switch text[at + 1] {
        case "a", "b", "f", "n", "r", "t", "v", "\"", "'", "\\", "?", "`": return 2
        case "x", "X": return hex(2)
        case "u": return hex(4)
        case "U": return hex(8)
        case "0", "1", "2", "3":
            guard at + 4 <= text.count, text[(at + 2)..<(at + 4)].allSatisfy({ ("0"..."7").contains($0) }) else {
                return nil
            }
            return 4
        default: return nil
        }
    }

    /// The string that a token writes; nil when an escape names no character.
    static func string(_ token: ArraySlice<Unicode.Scalar>) -> String? {
        guard let parts = parts(token) else { return nil }
        var out = String.UnicodeScalarView()
        for part in parts {
            switch part {
            case .scalar(let scalar): out.append(scalar)
            // In a string `\x` and octal escapes are characters, not bytes.
            case .byte(let byte): out.append(Unicode.Scalar(byte))
            }
        }
        return String(out)
    }

    /// The bytes that a token writes.
    static func bytes(_ token: ArraySlice<Unicode.Scalar>) -> [UInt8]? {
        guard let parts = parts(token) else { return nil }
        var out: [UInt8] = []
        for part in parts {
            switch part {
            case .scalar(let scalar): out += Array(UTF8.encode(scalar).map { Array($0) } ?? [])
            case .byte(let byte): out.append(byte)
            }
        }
        return out
    }

    private enum Part {
        case scalar(Unicode.Scalar)
        case byte(UInt8)
    }

    private static func parts(_ token: ArraySlice<Unicode.Scalar>) -> [Part]? {
        var text = Array(token)
        var isRaw = false
        var start = 0
        while start < text.count, text[start] != "\"", text[start] != "'" {
            if text[start] == "r" || text[start] == "R" { isRaw = true }
            start += 1
        }
        guard start < text.count else { return nil }
        let quote = text[start]
        let isLong =
            text.count - start >= 6 && text[start + 1] == quote && text[start + 2] == quote
        let marks = isLong ? 3 : 1
        guard text.count - start >= 2 * marks else { return nil }
        text = Array(text[(start + marks)..<(text.count - marks)])
        var out: [Part] = []
        var i = 0
        while i < text.count {
            guard text[i] == "\\", !isRaw else {
                // Lines end the same way whatever machine wrote the text.
                if text[i] == "\r" {
                    out.append(.scalar("\n"))
                    if i + 1 < text.count, text[i + 1] == "\n" { i += 1 }
                } else {
                    out.append(.scalar(text[i]))
                }
                i += 1
                continue
            }
            guard let length = escapeLength(text, i) else { return nil }
            let digits = String(String.UnicodeScalarView(text[(i + 2)..<(i + length)]))
            switch text[i + 1] {
            case "a": out.append(.scalar("\u{7}"))
            case "b": out.append(.scalar("\u{8}"))
            case "f": out.append(.scalar("\u{C}"))
            case "n": out.append(.scalar("\n"))
            case "r": out.append(.scalar("\r"))
            case "t": out.append(.scalar("\t"))
            case "v": out.append(.scalar("\u{B}"))
            case "x", "X":
                guard let value = UInt8(digits, radix: 16) else { return nil }
                out.append(.byte(value))
            case "u", "U":
                guard let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) else { return nil }
                out.append(.scalar(scalar))
            case "0", "1", "2", "3":
                let octal = String(String.UnicodeScalarView(text[(i + 1)..<(i + 4)]))
                guard let value = UInt8(octal, radix: 8) else { return nil }
                out.append(.byte(value))
            default: out.append(.scalar(text[i + 1]))
            }
            i += length
        }
        return out
    }

    static func int(_ text: String) -> Int64? {
        if text.hasPrefix("0x") { return Int64(text.dropFirst(2), radix: 16) }
        if text.hasPrefix("-0x") { return Int64("-" + text.dropFirst(3), radix: 16) }
        return Int64(text)
    }

    static func uint(_ text: String) -> UInt64? {
        let digits = text.dropLast()
        return digits.hasPrefix("0x") ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(digits)
    }

    /// nil when the number is too large for a double.
    static func double(_ text: String) -> Double? {
        guard let value = Double(text.hasPrefix(".") ? "0" + text : text), value.isFinite else { return nil }
        return value
    }
}
