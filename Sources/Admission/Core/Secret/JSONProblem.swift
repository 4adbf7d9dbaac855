/// Says why bytes are not JSON in the words of Go's scanner, which clients and recorded answers know.
struct JSONProblem {
    private let bytes: [UInt8]
    private var at = 0
    private var depth = 0
    private var problem: String?
    private static let depthMax = 1_000

    /// The first problem of the bytes; empty when they are one JSON value.
    static func describe(_ bytes: [UInt8]) -> String {
        var scan = JSONProblem(bytes: bytes)
        scan.value("looking for beginning of value")
        scan.skipSpace()
        if scan.problem == nil, scan.at < bytes.count { scan.wrong("after top-level value") }
        return scan.problem ?? ""
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 32 || byte == 9 || byte == 10 || byte == 13 { at += 1 }
    }

    private mutating func wrong(_ place: String) {
        guard problem == nil else { return }
        guard let byte = next else {
            problem = "unexpected end of JSON input"
            return
        }
        problem = "invalid character \(Self.quoted(byte)) \(place)"
    }

    private static func quoted(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "'"): #"'\''"#
        case UInt8(ascii: "\""): "'\"'"
        case UInt8(ascii: "\\"): #"'\\'"#
        case 7: #"'\a'"#
        case 8: #"'\b'"#
        case 9: #"'\t'"#
        case 10: #"'\n'"#
        case 11: #"'\v'"#
        case 12: #"'\f'"#
        case 13: #"'\r'"#
        case 0..<32, 127: #"'\x"# + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) + "'"
        default: "'" + String(Unicode.Scalar(byte)) + "'"
        }
    }

    private static func isHex(_ byte: UInt8) -> Bool { byte.isDigit || (byte | 32 >= 97 && byte | 32 <= 102) }

    private mutating func value(_ expectation: String) {
        skipSpace()
        switch next ?? 0 {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            defer { depth -= 1 }
            if depth > Self.depthMax {
                problem = "exceeded max depth"
            } else if next == UInt8(ascii: "{") {
                object()
            } else {
                array()
            }
        case UInt8(ascii: "\""): string()
        case UInt8(ascii: "t"): literal("true")
        case UInt8(ascii: "f"): literal("false")
        case UInt8(ascii: "n"): literal("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): number()
        default: wrong(expectation)
        }
    }

    private mutating func literal(_ word: String) {
        at += 1
        for expected in word.utf8.dropFirst() {
            if next != expected { return wrong("in literal \(word) (expecting '\(String(Unicode.Scalar(expected)))')") }
            at += 1
        }
    }

    private mutating func digits() { while let byte = next, byte.isDigit { at += 1 } }

    private mutating func number() {
        if next == UInt8(ascii: "-") {
            at += 1
            guard let byte = next, byte.isDigit else { return wrong("in numeric literal") }
        }
        if next == UInt8(ascii: "0") { at += 1 } else { digits() }
        if next == UInt8(ascii: ".") {
            at += 1
            guard let byte = next, byte.isDigit else { return wrong("after decimal point in numeric literal") }
            digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            at += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { at += 1 }
            guard let byte = next, byte.isDigit else { return wrong("in exponent of numeric literal") }
            digits()
        }
    }

    private mutating func string() {
        at += 1
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                at += 1
                return
            case UInt8(ascii: "\\"): escape()
            case 0..<32: wrong("in string literal")
            default: at += 1
            }
            if problem != nil { return }
        }
        wrong("in string literal")
    }

    private mutating func escape() {
        at += 1
        guard let byte = next, "bfnrt\\/\"u".utf8.contains(byte) else { return wrong("in string escape code") }
        at += 1
        guard byte == UInt8(ascii: "u") else { return }
        for _ in 0..<4 {
            guard let digit = next, Self.isHex(digit) else { return wrong(#"in \u hexadecimal character escape"#) }
            at += 1
        }
    }

    private mutating func object() {
        at += 1
        skipSpace()
        if next == UInt8(ascii: "}") {
            at += 1
            return
        }
        while problem == nil {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { return wrong("looking for beginning of object key string") }
            string()
            skipSpace()
            if problem != nil { return }
            guard next == UInt8(ascii: ":") else { return wrong("after object key") }
            at += 1
            value("looking for beginning of value")
            if problem != nil { return }
            skipSpace()
            if next == UInt8(ascii: "}") {
                at += 1
                return
            }
            guard next == UInt8(ascii: ",") else { return wrong("after object key:value pair") }
            at += 1
        }
    }

    private mutating func array() {
        at += 1
        skipSpace()
        if next == UInt8(ascii: "]") {
            at += 1
            return
        }
        while problem == nil {
            value("looking for beginning of value")
            if problem != nil { return }
            skipSpace()
            if next == UInt8(ascii: "]") {
                at += 1
                return
            }
            guard next == UInt8(ascii: ",") else { return wrong("after array element") }
            at += 1
        }
    }
}
