/// Why bytes are no JSON.
public struct JSONError: Error, Equatable, Sendable {
    /// In the words of Go's decoder: `invalid character '}' looking for beginning of value`.
    public let message: String
    /// The place, in bytes from the start.
    public let offset: Int
}

extension JSON {
    /// The deepest nesting of arrays and objects that is read.
    public static let depthMax = 1000

    /// Reads one JSON value; white space around it is allowed, anything else is an error.
    public init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
        var ignored: [String] = []
        self = try JSON.parse(bytes, duplicates: &ignored)
    }

    /// Reads one JSON value and collects the paths (`spec.containers[0].name`) of members given twice; the last one wins.
    public static func parse(_ bytes: some Sequence<UInt8>, duplicates: inout [String]) throws(JSONError) -> JSON {
        let quick = bytes.withContiguousStorageIfAvailable { buffer -> Result<(JSON, [String]), JSONError> in
            var parser = JSONParser(buffer)
            do throws(JSONError) { return .success((try parser.document(), parser.duplicates)) } catch {
                return .failure(error)
            }
        }
        guard let result = quick else { return try parse(Array(bytes), duplicates: &duplicates) }
        let (value, repeated) = try result.get()
        duplicates = repeated
        return value
    }

    /// The most parts, members and elements, of a request's body: a third of the bytes that an object can have when it is stored.
    public static let bodyPartsMax = 512 * 1024

    /// Whether a JSON text holds more parts than that: every comma and every bracket or brace that opens counts. Told without
    /// reading it, so that a text of too many costs no memory.
    public static func holds(moreThan parts: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var most = 0
        for byte in bytes { most &+= isPart(byte) ? 1 : 0 }
        if most <= parts { return false }
        // Texts may have such characters, too.
        var count = 0
        var isInText = false
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            if isInText {
                if byte == UInt8(ascii: "\\") { at += 1 } else if byte == UInt8(ascii: "\"") { isInText = false }
            } else if byte == UInt8(ascii: "\"") {
                isInText = true
            } else if isPart(byte) {
                count += 1
            }
            at += 1
        }
        return count > parts
    }

    @inline(__always) private static func isPart(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte | 0x20 == UInt8(ascii: "{")
    }

    public init(parsing text: String) throws(JSONError) { try self.init(parsing: Array(text.utf8)) }
}

/// A recursive-descent reader over bytes. Invalid UTF-8 and lone surrogates become U+FFFD, one for each bad byte or
/// escape, as Go's decoder does.
private struct JSONParser {
    /// The most repeated members that are named, as upstream's decoder has it.
    static let duplicatesMax = 100
    let bytes: UnsafeBufferPointer<UInt8>
    var at = 0
    var duplicates: [String] = []
    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func document() throws(JSONError) -> JSON {
        let value = try self.value(0)
        skipSpace()
        if at < bytes.count { throw unexpected("after top-level value") }
        return value
    }

    func fail(_ message: String) -> JSONError { JSONError(message: message, offset: at) }

    var cutShort: JSONError { fail("unexpected end of JSON input") }

    /// The byte here, which cannot stand there; at the end of the text that it is cut short.
    func unexpected(_ there: String) -> JSONError { at < bytes.count ? misplaced(bytes[at], there) : cutShort }

    /// The same inside a number, a word or an escape, where Go takes the end of the text for a space.
    func unexpectedWithin(_ there: String) -> JSONError { misplaced(at < bytes.count ? bytes[at] : 0x20, there) }

    private func misplaced(_ byte: UInt8, _ there: String) -> JSONError {
        let shown =
            switch byte {
            case UInt8(ascii: "'"): "\\'"
            case UInt8(ascii: "\""): "\""
            default: String(goQuoted(String(Unicode.Scalar(byte))).dropFirst().dropLast())
            }
        return fail("invalid character '\(shown)' \(there)")
    }

    @inline(__always) mutating func skipSpace() {
        while at < bytes.count {
            switch bytes[at] {
            case 0x20, 0x0A, 0x0D, 0x09: at += 1
            default: return
            }
        }
    }

    mutating func value(_ depth: Int) throws(JSONError) -> JSON {
        skipSpace()
        guard at < bytes.count else { throw cutShort }
        switch bytes[at] {
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return try array(depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw unexpected("looking for beginning of value")
        }
    }

    mutating func word(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let n = text.utf8CodeUnitCount
        for i in 0..<n {
            if at < bytes.count, bytes[at] == text.utf8Start[i] {
                at += 1
            } else {
                let wanted = Unicode.Scalar(text.utf8Start[i])
                throw unexpectedWithin("in literal \(text) (expecting '\(wanted)')")
            }
        }
        return value
    }

    mutating func object(_ depth: Int) throws(JSONError) -> JSON {
        guard depth < JSON.depthMax else { throw unexpected("exceeded max depth") }
        at += 1
        skipSpace()
        if at < bytes.count, bytes[at] == UInt8(ascii: "}") {
            at += 1
            return .object(JSONObject())
        }
        var entries: [JSONObject.Entry] = []
        entries.reserveCapacity(4)
        var isSorted = true
        var last: UInt64 = 0
        while true {
            skipSpace()
            guard at < bytes.count else { throw cutShort }
            guard bytes[at] == UInt8(ascii: "\"") else {
                throw unexpected("looking for beginning of object key string")
            }
            let prefix = keyPrefix()
            let key = try string()
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { throw unexpected("after object key") }
            at += 1
            let before = duplicates.count
            let value = try self.value(depth + 1)
            if duplicates.count > before { locate(from: before, key, separator: ".") }
            if prefix == 0 {
                isSorted = false  // not known: the keys themselves are compared in the end
            } else if isSorted, !entries.isEmpty, prefix <= last {
                isSorted = prefix == last && entries[entries.count - 1].key.bytesPrecede(key)
            }
            last = prefix
            entries.append(.init(key: key, value: value))
            skipSpace()
            guard at < bytes.count else { throw cutShort }
            if bytes[at] == UInt8(ascii: ",") {
                at += 1
            } else if bytes[at] == UInt8(ascii: "}") {
                at += 1
                break
            } else {
                throw unexpected("after object key:value pair")
            }
        }
        if isSorted {
            var object = JSONObject()
            object.storage = entries
            return .object(object)
        }
        return .object(
            JSONObject(unsorted: entries) { if duplicates.count < Self.duplicatesMax { duplicates.append($0) } })
    }

    /// The first eight bytes of the key that begins here, as a number that sorts as they do; 0 when they have escapes or
    /// bytes beyond ASCII.
    @inline(__always) func keyPrefix() -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 56
        var i = at + 1
        while i < bytes.count {
            let b = bytes[i]
            if b == UInt8(ascii: "\"") { return value }
            if b == UInt8(ascii: "\\") || b >= 0x80 { return 0 }
            value |= UInt64(b) << shift
            if shift == 0 { return value }
            shift &-= 8
            i &+= 1
        }
        return value
    }

    /// Puts the name of a place before the duplicates found below it.
    mutating func locate(from start: Int, _ name: String, separator: String) {
        for i in start..<duplicates.count {
            duplicates[i] =
                duplicates[i].utf8.first == UInt8(ascii: "[") ? name + duplicates[i] : name + separator + duplicates[i]
        }
    }

    mutating func array(_ depth: Int) throws(JSONError) -> JSON {
        guard depth < JSON.depthMax else { throw unexpected("exceeded max depth") }
        at += 1
        var elements: [JSON] = []
        skipSpace()
        if at < bytes.count, bytes[at] == UInt8(ascii: "]") {
            at += 1
            return .array([])
        }
        while true {
            let before = duplicates.count
            elements.append(try value(depth + 1))
            if duplicates.count > before { locate(from: before, "[\(elements.count - 1)]", separator: ".") }
            skipSpace()
            guard at < bytes.count else { throw cutShort }
            if bytes[at] == UInt8(ascii: ",") {
                at += 1
            } else if bytes[at] == UInt8(ascii: "]") {
                at += 1
                return .array(elements)
            } else {
                throw unexpected("after array element")
            }
        }
    }

    mutating func number() throws(JSONError) -> JSON {
        let start = at
        var negative = false
        if bytes[at] == UInt8(ascii: "-") {
            negative = true
            at += 1
        }
        guard at < bytes.count, isDigit(bytes[at]) else { throw unexpectedWithin("in numeric literal") }
        var whole: Int64 = 0
        var fits = true
        if bytes[at] == UInt8(ascii: "0") {
            at += 1
        } else {
            let first = at
            while at < bytes.count, at - first < 18, isDigit(bytes[at]) {
                whole = whole &* 10 &+ Int64(bytes[at] &- UInt8(ascii: "0"))
                at += 1
            }
            if negative { whole = -whole }
            while at < bytes.count, isDigit(bytes[at]) {
                let digit = Int64(bytes[at] - UInt8(ascii: "0"))
                let (tens, o1) = whole.multipliedReportingOverflow(by: 10)
                let (next, o2) =
                    negative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
                if o1 || o2 { fits = false }
                whole = next
                at += 1
            }
        }
        var real = false
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            real = true
            at += 1
            guard at < bytes.count, isDigit(bytes[at]) else {
                throw unexpectedWithin("after decimal point in numeric literal")
            }
            while at < bytes.count, isDigit(bytes[at]) { at += 1 }
        }
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
            real = true
            at += 1
            if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
            guard at < bytes.count, isDigit(bytes[at]) else {
                throw unexpectedWithin("in exponent of numeric literal")
            }
            while at < bytes.count, isDigit(bytes[at]) { at += 1 }
        }
        if fits && !real { return .int(whole) }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw fail("json: cannot unmarshal number \(text) into Go value of type float64")
        }
        return .double(value)
    }

    @inline(__always) func isDigit(_ b: UInt8) -> Bool { b &- UInt8(ascii: "0") < 10 }

    mutating func string() throws(JSONError) -> String {
        at += 1
        let start = at
        // Most strings are plain ASCII without escapes: find their end, then copy once.
        while at < bytes.count {
            let b = bytes[at]
            if b == UInt8(ascii: "\"") {
                let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self)
                at += 1
                return text
            }
            if b == UInt8(ascii: "\\") || b < 0x20 || b >= 0x80 { break }
            at += 1
        }
        return try escapedString(from: start)
    }

    mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var out = [UInt8](bytes[start..<at])
        while true {
            guard at < bytes.count else { throw cutShort }
            let b = bytes[at]
            switch b {
            case UInt8(ascii: "\""):
                at += 1
                return String(decoding: out, as: UTF8.self)
            case UInt8(ascii: "\\"):
                at += 1
                try escape(into: &out)
            case 0..<0x20:
                throw unexpected("in string literal")
            case 0x80...:
                let n = validSequenceLength()
                if n == 0 {
                    out.append(0xEF)
                    out.append(0xBF)
                    out.append(0xBD)
                    at += 1
                } else {
                    for _ in 0..<n {
                        out.append(bytes[at])
                        at += 1
                    }
                }
            default:
                out.append(b)
                at += 1
            }
        }
    }

    /// The length of the valid multi-byte UTF-8 sequence here, or 0.
    func validSequenceLength() -> Int {
        func tail(_ i: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            at + i < bytes.count && range.contains(bytes[at + i])
        }
        switch bytes[at] {
        case 0xC2...0xDF: return tail(1) ? 2 : 0
        case 0xE0: return tail(1, 0xA0...0xBF) && tail(2) ? 3 : 0
        case 0xED: return tail(1, 0x80...0x9F) && tail(2) ? 3 : 0
        case 0xE1...0xEF: return tail(1) && tail(2) ? 3 : 0
        case 0xF0: return tail(1, 0x90...0xBF) && tail(2) && tail(3) ? 4 : 0
        case 0xF1...0xF3: return tail(1) && tail(2) && tail(3) ? 4 : 0
        case 0xF4: return tail(1, 0x80...0x8F) && tail(2) && tail(3) ? 4 : 0
        default: return 0
        }
    }

    /// Reads what follows a backslash.
    mutating func escape(into out: inout [UInt8]) throws(JSONError) {
        let b = at < bytes.count ? bytes[at] : 0x20
        switch b {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(b)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"): return try unicodeEscape(into: &out)
        default: throw unexpectedWithin("in string escape code")
        }
        at += 1
    }

    /// `u` and four hexadecimal digits; a pair of them for a character beyond the first plane.
    private mutating func unicodeEscape(into out: inout [UInt8]) throws(JSONError) {
        at += 1
        var scalar = try hex4()
        if scalar & 0xFC00 == 0xD800, at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
            bytes[at + 1] == UInt8(ascii: "u")
        {
            let back = at
            at += 2
            let low = try hex4()
            if low & 0xFC00 == 0xDC00 {
                scalar = 0x10000 + ((scalar & 0x3FF) << 10) + (low & 0x3FF)
            } else {
                at = back
            }
        }
        let character = Unicode.Scalar(scalar) ?? "\u{FFFD}"
        out.append(contentsOf: UTF8.encode(character)!)
    }

    mutating func hex4() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let b = at < bytes.count ? bytes[at] : 0x20
            let digit: UInt8
            switch b {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = b - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = b - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = b - UInt8(ascii: "A") + 10
            default: throw unexpectedWithin("in \\u hexadecimal character escape")
            }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }
}
