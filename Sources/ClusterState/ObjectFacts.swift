import Document

/// What indexes need to know of an object, read from its encoding without building a tree: everything else is skipped.
struct ObjectFacts {
    var labels: [(key: String, value: String)] = []
    var ownerUIDs: [String] = []
    /// `spec.nodeName`; read when asked for (pods), empty otherwise.
    var nodeName = ""
    /// The cluster address and the node ports that a Service holds; read when asked for, empty otherwise.
    var claims: [String] = []

    init(scanning body: [UInt8], wantsNode: Bool, wantsClaims: Bool = false) {
        scan(body, wantsNode: wantsNode, wantsClaims: wantsClaims, endsAtLabels: false)
    }

    /// The labels alone: what stands behind them is not read.
    init(labelsOf body: [UInt8]) { scan(body, wantsNode: false, wantsClaims: false, endsAtLabels: true) }

    private mutating func scan(_ body: [UInt8], wantsNode: Bool, wantsClaims: Bool, endsAtLabels: Bool) {
        body.withUnsafeBufferPointer { bytes in
            var scanner = BodyScanner(bytes)
            scanner.members { key, scanner in
                if key == "metadata" {
                    scanner.members { key, scanner in
                        if key == "labels" {
                            scanner.members { key, scanner in
                                let name = key.text
                                if let value = scanner.string() { labels.append((name, value)) }
                                return true
                            }
                            return !endsAtLabels
                        }
                        if key == "ownerReferences" {
                            scanner.elements { scanner in
                                scanner.members { key, scanner in
                                    if key == "uid" {
                                        if let uid = scanner.string() { ownerUIDs.append(uid) }
                                    } else {
                                        scanner.skip()
                                    }
                                    return true
                                }
                            }
                            return true
                        }
                        scanner.skip()
                        return true
                    }
                    return wantsNode || wantsClaims
                }
                if wantsClaims, key == "spec" {
                    readClaims(&scanner)
                    return false
                }
                if wantsNode, key == "spec" {
                    scanner.members { key, scanner in
                        guard key == "nodeName" else {
                            scanner.skip()
                            return true
                        }
                        nodeName = scanner.string() ?? ""
                        return false
                    }
                    return false
                }
                scanner.skip()
                return true
            }
        }
        for i in labels.indices.dropFirst() where byteOrder(labels[i - 1].key, labels[i].key) > 0 {
            labels.sort { byteOrder($0.key, $1.key) < 0 }
            break
        }
    }

    private mutating func readClaims(_ scanner: inout BodyScanner) {
        scanner.members { key, scanner in
            if key == "clusterIP" {
                if let address = scanner.string(), !address.isEmpty, !address.sameBytes(as: "None") {
                    claims.append(address)
                }
            } else if key == "healthCheckNodePort" {
                claim(scanner.digits())
            } else if key == "ports" {
                scanner.elements { scanner in
                    scanner.members { key, scanner in
                        if key == "nodePort" { claim(scanner.digits()) } else { scanner.skip() }
                        return true
                    }
                }
            } else {
                scanner.skip()
            }
            return true
        }
    }

    /// A port may serve two protocols of one Service: it is held once.
    private mutating func claim(_ port: String) {
        if !port.isEmpty, !port.sameBytes(as: "0"), !claims.contains(port) { claims.append(port) }
    }
}

/// Walks JSON that is known to be well formed. Whatever is not what was expected is passed over.
private struct BodyScanner {
    /// A member's name as it stands between the quotes.
    struct Name {
        let bytes: UnsafeBufferPointer<UInt8>
        let isEscaped: Bool
        static func == (name: Name, text: StaticString) -> Bool {
            guard name.bytes.count == text.utf8CodeUnitCount else { return false }
            for i in 0..<name.bytes.count where name.bytes[i] != text.utf8Start[i] { return false }
            return true
        }
        var text: String { isEscaped ? unescaped(bytes) : String(decoding: bytes, as: UTF8.self) }
    }

    let bytes: UnsafeBufferPointer<UInt8>
    var at = 0
    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    @inline(__always) mutating func skipSpace() {
        while at < bytes.count, bytes[at] <= 0x20 { at += 1 }
    }

    /// Calls `body` at the value of each member; it must go past the value. When it returns false the walk ends where it is.
    mutating func members(_ body: (Name, inout BodyScanner) -> Bool) {
        skipSpace()
        guard at < bytes.count, bytes[at] == UInt8(ascii: "{") else { return skip() }
        at += 1
        while true {
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { break }
            let name = quoted()
            skipSpace()
            at += 1  // the colon
            if !body(name, &self) { return }
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: ",") else { break }
            at += 1
        }
        at += 1
    }

    mutating func elements(_ body: (inout BodyScanner) -> Void) {
        skipSpace()
        guard at < bytes.count, bytes[at] == UInt8(ascii: "[") else { return skip() }
        at += 1
        skipSpace()
        if at < bytes.count, bytes[at] == UInt8(ascii: "]") {
            at += 1
            return
        }
        while at < bytes.count {
            body(&self)
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: ",") else { break }
            at += 1
        }
        at += 1
    }

    /// The string here, or nil (and it is passed over) when it is something else.
    mutating func string() -> String? {
        skipSpace()
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
            skip()
            return nil
        }
        return quoted().text
    }

    /// The digits of a whole number here; empty for anything else, which is passed over too.
    mutating func digits() -> String {
        skipSpace()
        let start = at
        skip()
        let value = UnsafeBufferPointer(rebasing: bytes[min(start, bytes.count)..<min(at, bytes.count)])
        return value.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ? String(decoding: value, as: UTF8.self) : ""
    }

    /// Stands at a quote; goes past the closing one.
    @inline(__always) mutating func quoted() -> Name {
        at += 1
        let start = at
        var escaped = false
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            if bytes[at] == UInt8(ascii: "\\") {
                escaped = true
                at += 1
            }
            at += 1
        }
        let end = min(at, bytes.count)
        at += 1
        return Name(bytes: UnsafeBufferPointer(rebasing: bytes[start..<end]), isEscaped: escaped)
    }

    /// Goes past one value of any kind.
    mutating func skip() {
        skipSpace()
        // Most of a body is passed over here: the place is kept in a register until the end.
        let bytes = bytes
        let end = bytes.count
        var i = at
        var depth = 0
        defer { at = i }
        while i < end {
            switch bytes[i] {
            case UInt8(ascii: "\""):
                i += 1
                while i < end, bytes[i] != UInt8(ascii: "\"") { i += bytes[i] == UInt8(ascii: "\\") ? 2 : 1 }
                i = min(i + 1, end)
                if depth == 0 { return }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                i += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return }
                depth -= 1
                i += 1
                if depth == 0 { return }
            case UInt8(ascii: ","):
                if depth == 0 { return }
                i += 1
            default: i += 1
            }
        }
    }
}

/// Escaped strings are rare in what indexes look at: the tree's own parser reads them.
private func unescaped(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    let quote: [UInt8] = [UInt8(ascii: "\"")]
    return (try? JSON(parsing: quote + bytes + quote))?.string ?? ""
}
