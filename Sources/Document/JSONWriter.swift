/// Writes JSON into memory of its own, which grows as needed and goes when one of the `finish` functions is called: exactly
/// one of them must be.
struct JSONWriter: ~Copyable {
    private var start: UnsafeMutablePointer<UInt8>
    private var count = 0
    private var capacity: Int

    init(capacity: Int = 4096) {
        self.capacity = capacity
        start = .allocate(capacity: capacity)
    }

    deinit { start.deallocate() }

    consuming func finish() -> [UInt8] { [UInt8](UnsafeBufferPointer(start: start, count: count)) }
    consuming func finishText() -> String {
        String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }
    consuming func finish(into out: inout [UInt8]) {
        out.append(contentsOf: UnsafeBufferPointer(start: start, count: count))
    }

    /// Makes sure that so many more bytes fit.
    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if count &+ more > capacity { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        let wanted = max(capacity * 2, count + more)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
        larger.update(from: start, count: count)
        start.deallocate()
        start = larger
        capacity = wanted
    }

    @inline(__always)
    private mutating func put(_ byte: UInt8) {
        start[count] = byte
        count &+= 1
    }

    private mutating func put(_ text: StaticString) {
        let length = text.utf8CodeUnitCount
        reserve(length)
        (start + count).update(from: text.utf8Start, count: length)
        count += length
    }

    mutating func write(_ value: borrowing JSON) {
        switch copy value {
        case .string(let text): write(text)
        case .object(let object):
            reserve(2)
            put(UInt8(ascii: "{"))
            let members = object.storage
            for i in members.indices {
                if i > 0 {
                    reserve(1)
                    put(UInt8(ascii: ","))
                }
                write(members[i].key)
                reserve(1)
                put(UInt8(ascii: ":"))
                write(members[i].value)
            }
            reserve(1)
            put(UInt8(ascii: "}"))
        case .array(let elements):
            reserve(2)
            put(UInt8(ascii: "["))
            for i in elements.indices {
                if i > 0 {
                    reserve(1)
                    put(UInt8(ascii: ","))
                }
                write(elements[i])
            }
            reserve(1)
            put(UInt8(ascii: "]"))
        case .int(let number): write(number)
        case .bool(let flag): put(flag ? "true" : "false")
        case .null: put("null")
        case .double(let number):
            var digits: [UInt8] = []
            JSON.encode(number, into: &digits)
            reserve(digits.count)
            for digit in digits { put(digit) }
        }
    }

    private mutating func write(_ number: Int64) {
        reserve(20)
        if number < 0 { put(UInt8(ascii: "-")) }
        var rest = number.magnitude
        if rest < 10 {
            put(UInt8(truncatingIfNeeded: 48 &+ rest))
            return
        }
        var digits = 0
        var copy = rest
        while copy > 0 {
            copy /= 10
            digits &+= 1
        }
        var i = count &+ digits
        count = i
        while rest > 0 {
            i &-= 1
            start[i] = UInt8(truncatingIfNeeded: 48 &+ rest % 10)
            rest /= 10
        }
    }

    mutating func write(_ string: String) {
        let done: Void? = string.utf8.withContiguousStorageIfAvailable { write(bytes: $0) }
        if done == nil { Array(string.utf8).withUnsafeBufferPointer { write(bytes: $0) } }
    }

    /// The characters below 64 that are not written as they are: controls, `"`, `&`, `<`, `>`.
    private static var specialLow: UInt64 { 0xFFFF_FFFF | 1 << 0x22 | 1 << 0x26 | 1 << 0x3C | 1 << 0x3E }
    /// Those from 64 on: the backslash.
    private static var specialHigh: UInt64 { 1 << (0x5C - 64) }

    private mutating func write(bytes: UnsafeBufferPointer<UInt8>) {
        reserve(bytes.count &* 6 &+ 2)
        put(UInt8(ascii: "\""))
        var out = start + count
        var i = 0
        let end = bytes.count
        while i < end {
            let b = bytes[i]
            if b < 0x80 {
                let bits = b < 64 ? Self.specialLow : Self.specialHigh
                if (bits &>> UInt64(b & 63)) & 1 == 0 {
                    out.pointee = b
                    out += 1
                } else {
                    Self.escape(b, &out)
                }
                i &+= 1
            } else if b == 0xE2, i &+ 2 < end, bytes[i &+ 1] == 0x80, bytes[i &+ 2] & 0xFE == 0xA8 {
                Self.append("\\u202", &out)
                out.pointee = bytes[i &+ 2] == 0xA8 ? 0x38 : 0x39
                out += 1
                i &+= 3
            } else {
                out.pointee = b
                out += 1
                i &+= 1
            }
        }
        out.pointee = UInt8(ascii: "\"")
        count = out - start &+ 1
    }

    @inline(never)
    private static func escape(_ b: UInt8, _ out: inout UnsafeMutablePointer<UInt8>) {
        switch b {
        case 0x22: append("\\\"", &out)
        case 0x5C: append("\\\\", &out)
        case 0x0A: append("\\n", &out)
        case 0x0D: append("\\r", &out)
        case 0x09: append("\\t", &out)
        case 0x08: append("\\b", &out)
        case 0x0C: append("\\f", &out)
        default:
            let hex: StaticString = "0123456789abcdef"
            append("\\u00", &out)
            out[0] = hex.utf8Start[Int(b >> 4)]
            out[1] = hex.utf8Start[Int(b & 15)]
            out += 2
        }
    }

    private static func append(_ text: StaticString, _ out: inout UnsafeMutablePointer<UInt8>) {
        out.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        out += text.utf8CodeUnitCount
    }
}
