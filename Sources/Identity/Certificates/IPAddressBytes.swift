#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An IP address as the 4 or 16 bytes that a certificate holds.
struct IPAddressBytes {
    let bytes: [UInt8]
    init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            bytes = withUnsafeBytes(of: &v4) { Array($0) }
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            bytes = withUnsafeBytes(of: &v6) { Array($0) }
        } else {
            return nil
        }
    }
}

/// This machine's addresses.
public enum HostAddresses {
    /// Every address of an interface that is up, without the loopback and link-local ones; sorted.
    public static func all() -> [String] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var out: Set<String> = []
        var next = list
        while let entry = next {
            next = entry.pointee.ifa_next
            guard let address = entry.pointee.ifa_addr else { continue }
            let family = Int32(address.pointee.sa_family)
            guard family == AF_INET || family == AF_INET6 else { continue }
            var text = [CChar](repeating: 0, count: 64)
            if family == AF_INET {
                address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { v4 in
                    var value = v4.pointee.sin_addr
                    _ = inet_ntop(AF_INET, &value, &text, 64)
                }
            } else {
                address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { v6 in
                    var value = v6.pointee.sin6_addr
                    _ = inet_ntop(AF_INET6, &value, &text, 64)
                }
            }
            let found = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if found.hasPrefix("127.") || found == "::1" || found.hasPrefix("fe80:") || found.isEmpty { continue }
            out.insert(found)
        }
        return out.sorted()
    }
}
