/// A zone of the tz database: how far its clocks are from UTC at any moment. Read from a TZif file (RFC 9636), whose bytes come from
/// the machine as a value.
public struct TimeZoneRules: Sendable {
    /// Moments, in seconds since 1970, from which on the offset beside them holds.
    private var transitions: [(at: Int64, offset: Int64)] = []
    private var first: Int64 = 0
    /// What holds after the last transition.
    private var after: YearlyRule?

    /// Never ahead or behind.
    public static let utc = TimeZoneRules()
    private init() {}

    /// nil for bytes that are no TZif file.
    public init?(tzif bytes: [UInt8]) {
        var reader = TZifReader(bytes: bytes)
        guard let old = reader.header() else { return nil }
        if old.version >= 0x32 {
            // The same again with 64 bits, and a rule for the future.
            guard reader.skip(old.blockBytes(timeBytes: 4)), let header = reader.header(),
                read(&reader, header, timeBytes: 8)
            else { return nil }
            let footer = bytes[reader.at...].split(separator: 0x0A, omittingEmptySubsequences: true).first
            after = footer.flatMap { YearlyRule(String(decoding: $0, as: UTF8.self)) }
        } else if !read(&reader, old, timeBytes: 4) {
            return nil
        }
    }

    private mutating func read(_ reader: inout TZifReader, _ header: TZifReader.Header, timeBytes: Int) -> Bool {
        var times: [Int64] = []
        for _ in 0..<header.times {
            guard let time = reader.integer(timeBytes) else { return false }
            times.append(time)
        }
        var kinds: [Int] = []
        for _ in 0..<header.times {
            guard let kind = reader.integer(1) else { return false }
            kinds.append(Int(kind & 0xFF))
        }
        var offsets: [(offset: Int64, isSummer: Bool)] = []
        for _ in 0..<header.types {
            guard let offset = reader.integer(4), let summer = reader.integer(1), reader.integer(1) != nil else {
                return false
            }
            offsets.append((offset, summer != 0))
        }
        guard !offsets.isEmpty, kinds.allSatisfy({ $0 < offsets.count }) else { return false }
        first = (offsets.first { !$0.isSummer } ?? offsets[0]).offset
        transitions = zip(times, kinds).map { ($0, offsets[$1].offset) }
        return reader.skip(
            header.abbreviationBytes + header.leaps * (timeBytes + 4) + header.standards + header.universals)
    }

    /// Seconds to add to UTC for the local time at a moment.
    public func offset(at time: Int64) -> Int64 {
        guard let last = transitions.last else { return after?.offset(at: time) ?? first }
        if time >= last.at { return after?.offset(at: time) ?? last.offset }
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].at <= time { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? first : transitions[low - 1].offset
    }
}

/// Reads the big-endian numbers of a TZif file.
private struct TZifReader {
    struct Header {
        var version: UInt8
        var universals, standards, leaps, times, types, abbreviationBytes: Int
        func blockBytes(timeBytes: Int) -> Int {
            times * (timeBytes + 1) + types * 6 + abbreviationBytes + leaps * (timeBytes + 4) + standards + universals
        }
    }
    let bytes: [UInt8]
    var at = 0

    mutating func header() -> Header? {
        guard bytes.count >= at + 44, bytes[at..<at + 4].elementsEqual("TZif".utf8) else { return nil }
        let version = bytes[at + 4]
        at += 20
        let counts = (0..<6).compactMap { _ in integer(4).map(Int.init) }
        guard counts.count == 6, counts.allSatisfy({ $0 >= 0 && $0 < 1 << 20 }) else { return nil }
        return Header(
            version: version, universals: counts[0], standards: counts[1], leaps: counts[2], times: counts[3],
            types: counts[4], abbreviationBytes: counts[5])
    }

    mutating func integer(_ size: Int) -> Int64? {
        guard bytes.count >= at + size else { return nil }
        var value = size == 1 ? 0 : Int64(Int8(bitPattern: bytes[at]) < 0 ? -1 : 0)
        for byte in bytes[at..<at + size] { value = value << 8 | Int64(byte) }
        at += size
        return value
    }

    mutating func skip(_ count: Int) -> Bool {
        at += count
        return at <= bytes.count
    }
}
