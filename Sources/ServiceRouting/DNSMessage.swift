/// DNS messages as bytes (RFC 1035): reads a question, writes the answer to it.
public struct DNSQuestion: Equatable, Sendable {
    public var id: UInt16
    /// Lower case, without the last dot.
    public var name: String
    public var type: UInt16
    /// Whether the client wants us to ask others.
    public var wantsRecursion: Bool
    /// The question section as it came, case and all.
    var section: [UInt8]
    /// What the client takes over UDP: 512, or what its EDNS record says.
    public var udpSizeMax: Int

    /// nil for anything but one ordinary question.
    public init?(_ message: [UInt8]) {
        guard message.count >= 17, message[2] & 0xF8 == 0, message[4] == 0, message[5] == 1 else { return nil }
        id = UInt16(message[0]) << 8 | UInt16(message[1])
        wantsRecursion = message[2] & 1 != 0
        var at = 12
        var text: [UInt8] = []
        while true {
            guard at < message.count else { return nil }
            let length = Int(message[at])
            if length == 0 { break }
            guard length < 64, at + length < message.count, text.count + length < 256 else { return nil }
            if !text.isEmpty { text.append(UInt8(ascii: ".")) }
            for byte in message[(at + 1)...(at + length)] { text.append((65...90).contains(byte) ? byte + 32 : byte) }
            at += length + 1
        }
        guard at + 5 <= message.count else { return nil }
        name = String(decoding: text, as: UTF8.self)
        type = UInt16(message[at + 1]) << 8 | UInt16(message[at + 2])
        section = Array(message[12..<(at + 5)])
        udpSizeMax = 512
        // An OPT record in the additional section comes last: root name, type 41, size in its class.
        let rest = at + 5
        if message[11] > 0, rest + 5 <= message.count, message[rest] == 0, message[rest + 1] == 0,
            message[rest + 2] == 41
        {
            udpSizeMax = max(512, min(4096, Int(message[rest + 3]) << 8 | Int(message[rest + 4])))
        }
    }

    /// The answer's bytes. `sizeMax` cuts it: the client then asks again over TCP.
    public func reply(_ answer: ServiceNames.Answer, zone: String, seconds: UInt32 = 5, sizeMax: Int = 65535) -> [UInt8]
    {
        var records: [ServiceNames.Record] = []
        var code: UInt8 = 0
        switch answer {
        case .records(let found): records = found
        case .noSuchName: code = 3
        case .notOurs: code = 5
        }
        var body: [UInt8] = []
        var count = 0
        for record in records {
            let encoded = DNSQuestion.encode(record, seconds: seconds)
            if 12 + section.count + body.count + encoded.count > sizeMax { break }
            body += encoded
            count += 1
        }
        let isCut = count < records.count
        var authority: [UInt8] = []
        if records.isEmpty, code != 5 { authority = DNSQuestion.startOfAuthority(zone, seconds: seconds) }
        var out: [UInt8] = [
            UInt8(id >> 8), UInt8(id & 255), 0x84 | (isCut ? 2 : 0) | (wantsRecursion ? 1 : 0), 0x80 | code, 0, 1,
            UInt8(count >> 8),
            UInt8(count & 255), 0, authority.isEmpty ? 0 : 1, 0, 0,
        ]
        out += section
        out += body
        out += authority
        return out
    }

    /// An answer without records: 2 is SERVFAIL, 1 FORMERR.
    public func failure(_ code: UInt8) -> [UInt8] {
        [UInt8(id >> 8), UInt8(id & 255), 0x80 | (wantsRecursion ? 1 : 0), 0x80 | code, 0, 1, 0, 0, 0, 0, 0, 0]
            + section
    }

    private static func name(_ text: String) -> [UInt8] {
        var out: [UInt8] = []
        for label in text.split(separator: ".") {
            let bytes = Array(label.utf8.prefix(63))
            out.append(UInt8(bytes.count))
            out += bytes
        }
        out.append(0)
        return out
    }

    private static func encode(_ record: ServiceNames.Record, seconds: UInt32) -> [UInt8] {
        let type: UInt16
        let data: [UInt8]
        switch record {
        case .a(let bytes): (type, data) = (ServiceNames.RecordType.a, bytes)
        case .cname(let target): (type, data) = (ServiceNames.RecordType.cname, name(target))
        case .ptr(let target): (type, data) = (ServiceNames.RecordType.ptr, name(target))
        case .txt(let text):
            (type, data) = (
                ServiceNames.RecordType.txt, [UInt8(min(255, text.utf8.count))] + Array(text.utf8.prefix(255))
            )
        case .srv(let port, let target):
            (type, data) = (
                ServiceNames.RecordType.srv, [0, 0, 0, 100, UInt8(port >> 8), UInt8(port & 255)] + name(target)
            )
        }
        // 0xC00C points at the question's name.
        return [0xC0, 0x0C, UInt8(type >> 8), UInt8(type & 255), 0, 1] + word(seconds) + [
            UInt8(data.count >> 8), UInt8(data.count & 255),
        ] + data
    }

    private static func startOfAuthority(_ zone: String, seconds: UInt32) -> [UInt8] {
        let data =
            name("ns.dns." + zone) + name("hostmaster." + zone) + word(1) + word(7200) + word(1800) + word(86400)
            + word(seconds)
        return name(zone) + [0, 6, 0, 1] + word(seconds) + [UInt8(data.count >> 8), UInt8(data.count & 255)] + data
    }

    private static func word(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
