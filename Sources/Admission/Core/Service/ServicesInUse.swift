import ClusterState
import Document
import Schema

/// The addresses and node ports that Services hold, read from their encodings without building trees: a cluster of ten thousand
/// Services is looked through in some milliseconds.
struct ServicesInUse {
    private(set) var addresses: Set<UInt32> = []
    private(set) var nodePorts: Set<Int64> = []

    /// `except` is the metadata of the Service that is being changed.
    init(_ state: ClusterState, except metadata: JSON? = nil) {
        let own = (metadata?.text("namespace") ?? "", metadata?.text("name") ?? "")
        for service in state.objects(GroupResource(resource: "services")) {
            if metadata != nil, service.key.name == own.1, service.key.namespace == own.0 { continue }
            service.body.withUnsafeBufferPointer { read($0) }
        }
    }

    /// Members are in byte order, so `spec` is near the end; a quote inside a string is escaped, so this text is a member's name.
    private mutating func read(_ body: UnsafeBufferPointer<UInt8>) {
        let start = ServicesInUse.last(of: "\"spec\":{", in: body) ?? 0
        var i = start
        while i < body.count {
            guard body[i] == UInt8(ascii: "\"") else {
                i += 1
                continue
            }
            if ServicesInUse.stands("\"clusterIP\":\"", at: i, in: body) {
                i += 13
                readAddress(body, &i)
            } else if ServicesInUse.stands("\"nodePort\":", at: i, in: body) {
                i += 11
                readPort(body, &i)
            } else if ServicesInUse.stands("\"healthCheckNodePort\":", at: i, in: body) {
                i += 22
                readPort(body, &i)
            } else {
                i += 1
            }
        }
    }

    private mutating func readAddress(_ body: UnsafeBufferPointer<UInt8>, _ i: inout Int) {
        var value: UInt32 = 0
        var part: UInt32 = 0
        var dots = 0
        while i < body.count, body[i] != UInt8(ascii: "\"") {
            let b = body[i]
            if b == UInt8(ascii: ".") {
                value = value << 8 | part
                part = 0
                dots += 1
            } else if b.isDigit {
                part = part &* 10 &+ UInt32(b - 48)
            } else {
                dots = 9
            }
            i += 1
        }
        if dots == 3 { addresses.insert(value << 8 | part) }
    }

    private mutating func readPort(_ body: UnsafeBufferPointer<UInt8>, _ i: inout Int) {
        var port: Int64 = 0
        while i < body.count, body[i].isDigit {
            port = port * 10 + Int64(body[i] - 48)
            i += 1
        }
        if port != 0 { nodePorts.insert(port) }
    }

    private static func stands(_ text: StaticString, at i: Int, in body: UnsafeBufferPointer<UInt8>) -> Bool {
        let count = text.utf8CodeUnitCount
        guard i + count <= body.count else { return false }
        for k in 0..<count where body[i + k] != text.utf8Start[k] { return false }
        return true
    }

    private static func last(of text: StaticString, in body: UnsafeBufferPointer<UInt8>) -> Int? {
        var i = body.count - text.utf8CodeUnitCount
        while i >= 0 {
            if stands(text, at: i, in: body) { return i }
            i -= 1
        }
        return nil
    }
}
