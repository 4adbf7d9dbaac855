/// Decompresses one zlib stream that comes in pieces, each ending with a sync flush: SPDY's header blocks.
///
/// The window lives on from piece to piece. A piece that breaks the format ends the stream for good.
struct Inflater {
    struct Failure: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }
    private let dictionary: [UInt8]
    private var window: [UInt8] = []
    private var isStarted = false
    private static let windowBytes = 32768

    init(dictionary: [UInt8]) { self.dictionary = dictionary }

    /// The plain bytes of the next piece; throws when it is malformed or longer than `max`.
    mutating func inflate(_ piece: [UInt8], max: Int) throws(Failure) -> [UInt8] {
        var bits = Bits(piece)
        if !isStarted {
            isStarted = true
            try readHeader(&bits)
        }
        let start = window.count
        while !bits.isAtEnd {
            let isLast = try bits.take(1) == 1
            switch try bits.take(2) {
            case 0: try stored(&bits, start + max)
            case 1: try compressed(&bits, Self.fixedLiterals, Self.fixedDistances, start + max)
            case 2:
                let (literals, distances) = try Self.tables(&bits)
                try compressed(&bits, literals, distances, start + max)
            default: throw Failure("a block of an unknown type")
            }
            if isLast { break }
        }
        let out = Array(window[start...])
        if window.count > Self.windowBytes { window.removeFirst(window.count - Self.windowBytes) }
        return out
    }

    private mutating func readHeader(_ bits: inout Bits) throws(Failure) {
        let method = try bits.take(8)
        let flags = try bits.take(8)
        guard method & 15 == 8, (method << 8 | flags) % 31 == 0 else { throw Failure("no zlib header") }
        if flags & 0x20 != 0 {
            var sum = 0
            for _ in 0..<4 { sum = sum << 8 | (try bits.take(8)) }
            guard sum == Self.adler(dictionary) else { throw Failure("another dictionary") }
            window = dictionary
        }
    }

    private static func adler(_ bytes: [UInt8]) -> Int {
        var a = 1
        var b = 0
        for byte in bytes {
            a = (a + Int(byte)) % 65521
            b = (b + a) % 65521
        }
        return b << 16 | a
    }

    private mutating func stored(_ bits: inout Bits, _ end: Int) throws(Failure) {
        bits.align()
        let length = try bits.take(16)
        guard try bits.take(16) == length ^ 0xFFFF else { throw Failure("a stored block's length is wrong") }
        guard window.count + length <= end else { throw Failure("too long") }
        for _ in 0..<length { window.append(UInt8(try bits.take(8))) }
    }

    private static let lengthBase = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBase = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145, 8193, 12289, 16385, 24577,
    ]
    private static let distanceBits = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]

    private mutating func compressed(_ bits: inout Bits, _ literals: Huffman, _ distances: Huffman, _ end: Int)
        throws(Failure)
    {
        while true {
            let symbol = try literals.decode(&bits)
            if symbol < 256 {
                guard window.count < end else { throw Failure("too long") }
                window.append(UInt8(symbol))
            } else if symbol == 256 {
                return
            } else {
                guard symbol - 257 < Self.lengthBase.count else { throw Failure("an unknown length") }
                let length = Self.lengthBase[symbol - 257] + (try bits.take(Self.lengthBits[symbol - 257]))
                let code = try distances.decode(&bits)
                guard code < Self.distanceBase.count else { throw Failure("an unknown distance") }
                let distance = Self.distanceBase[code] + (try bits.take(Self.distanceBits[code]))
                guard distance <= window.count else { throw Failure("a distance before the beginning") }
                guard window.count + length <= end else { throw Failure("too long") }
                for _ in 0..<length { window.append(window[window.count - distance]) }
            }
        }
    }

    private static let fixedLiterals = Huffman(
        lengths: Array(repeating: 8, count: 144) + Array(repeating: 9, count: 112) + Array(repeating: 7, count: 24)
            + Array(repeating: 8, count: 8))
    private static let fixedDistances = Huffman(lengths: Array(repeating: 5, count: 30))
    private static let orderOfLengths = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private static func tables(_ bits: inout Bits) throws(Failure) -> (Huffman, Huffman) {
        let literalCount = try bits.take(5) + 257
        let distanceCount = try bits.take(5) + 1
        let codeCount = try bits.take(4) + 4
        var codeLengths = [Int](repeating: 0, count: 19)
        for i in 0..<codeCount { codeLengths[orderOfLengths[i]] = try bits.take(3) }
        let codes = Huffman(lengths: codeLengths)
        var lengths: [Int] = []
        while lengths.count < literalCount + distanceCount {
            let symbol = try codes.decode(&bits)
            switch symbol {
            case 0...15: lengths.append(symbol)
            case 16:
                guard let last = lengths.last else { throw Failure("a repetition of nothing") }
                lengths += Array(repeating: last, count: 3 + (try bits.take(2)))
            case 17: lengths += Array(repeating: 0, count: 3 + (try bits.take(3)))
            default: lengths += Array(repeating: 0, count: 11 + (try bits.take(7)))
            }
        }
        guard lengths.count == literalCount + distanceCount else { throw Failure("too many code lengths") }
        return (Huffman(lengths: Array(lengths[..<literalCount])), Huffman(lengths: Array(lengths[literalCount...])))
    }

    /// Bits of a piece, the lowest of each byte first.
    struct Bits {
        private let bytes: [UInt8]
        private var at = 0
        private var held = 0
        private var count = 0
        init(_ bytes: [UInt8]) { self.bytes = bytes }
        var isAtEnd: Bool { at == bytes.count && (count == 0 || held == 0) }
        mutating func take(_ wanted: Int) throws(Failure) -> Int {
            while count < wanted {
                guard at < bytes.count else { throw Failure("cut short") }
                held |= Int(bytes[at]) << count
                count += 8
                at += 1
            }
            let out = held & ((1 << wanted) - 1)
            held >>= wanted
            count -= wanted
            return out
        }
        mutating func align() {
            held >>= count & 7
            count -= count & 7
        }
    }

    /// A canonical prefix code, decoded a bit at a time: header blocks are short.
    struct Huffman {
        /// How many codes of each length there are, and the symbols in the order of their codes.
        private var counts = [Int](repeating: 0, count: 16)
        private var symbols: [Int] = []
        init(lengths: [Int]) {
            for length in lengths where length > 0 { counts[length] += 1 }
            for length in 1...15 {
                for (symbol, its) in lengths.enumerated() where its == length { symbols.append(symbol) }
            }
        }
        func decode(_ bits: inout Bits) throws(Failure) -> Int {
            var code = 0
            var first = 0
            var index = 0
            for length in 1...15 {
                code |= try bits.take(1)
                let count = counts[length]
                if code - count < first {
                    guard symbols.indices.contains(index + code - first) else { throw Failure("an unknown code") }
                    return symbols[index + code - first]
                }
                index += count
                first = (first + count) << 1
                code <<= 1
            }
            throw Failure("an unknown code")
        }
    }
}
