/// Addresses and ranges of them.
enum NetworkFunctions {
    static let all: [FunctionDeclaration] = [
        FunctionDeclaration(
            "ip", [.plain("string_to_ip", [.string], .address), .member("cidr_ip", [.addressRange], .address)]
        ) { (_, a) throws(EvaluationError) in
            if case .range(let range) = a[0] { return .address(range.address) }
            return .address(try address(a[0]))
        },
        FunctionDeclaration("isIP", [.plain("is_ip", [.string], .bool)]) { (_, a) throws(EvaluationError) in
            guard case .string(let text) = a[0] else { throw .noSuchOverload }
            return .bool(NetworkAddress(text) != nil)
        },
        FunctionDeclaration("ip.isCanonical", [.plain("ip_is_canonical", [.string], .bool)]) {
            (_, a) throws(EvaluationError) in
            guard case .string(let text) = a[0] else { throw .noSuchOverload }
            return .bool(try address(a[0]).text == text)
        },
        property("family", "ip_family", .int) { .int($0.isIPv6 ? 6 : 4) },
        property("isUnspecified", "ip_is_unspecified", .bool) { .bool($0.isUnspecified) },
        property("isLoopback", "ip_is_loopback", .bool) { .bool($0.isLoopback) },
        property("isLinkLocalMulticast", "ip_is_link_local_multicast", .bool) { .bool($0.isLinkLocalMulticast) },
        property("isLinkLocalUnicast", "ip_is_link_local_unicast", .bool) { .bool($0.isLinkLocalUnicast) },
        property("isGlobalUnicast", "ip_is_global_unicast", .bool) { .bool($0.isGlobalUnicast) },
        FunctionDeclaration("cidr", [.plain("string_to_cidr", [.string], .addressRange)]) {
            (_, a) throws(EvaluationError) in .range(try range(a[0]))
        },
        FunctionDeclaration("isCIDR", [.plain("is_cidr", [.string], .bool)]) { (_, a) throws(EvaluationError) in
            guard case .string(let text) = a[0] else { throw .noSuchOverload }
            return .bool(NetworkRange(text) != nil)
        },
        FunctionDeclaration(
            "containsIP",
            [
                .member("cidr_contains_ip_string", [.addressRange, .string], .bool),
                .member("cidr_contains_ip_ip", [.addressRange, .address], .bool),
            ]
        ) { (_, a) throws(EvaluationError) in
            guard case .range(let range) = a[0] else { throw .noSuchOverload }
            if case .address(let other) = a[1] { return .bool(range.contains(other)) }
            guard case .string(let text) = a[1], let other = NetworkAddress(text) else { throw .noSuchOverload }
            return .bool(range.contains(other))
        },
        FunctionDeclaration(
            "containsCIDR",
            [
                .member("cidr_contains_cidr_string", [.addressRange, .string], .bool),
                .member("cidr_contains_cidr", [.addressRange, .addressRange], .bool),
            ]
        ) { (_, a) throws(EvaluationError) in
            guard case .range(let range) = a[0] else { throw .noSuchOverload }
            if case .range(let other) = a[1] { return .bool(range.contains(other)) }
            return .bool(range.contains(try NetworkFunctions.range(a[1])))
        },
        FunctionDeclaration("prefixLength", [.member("cidr_prefix_length", [.addressRange], .int)]) {
            (_, a) throws(EvaluationError) in
            guard case .range(let range) = a[0] else { throw .noSuchOverload }
            return .int(Int64(range.prefixLength))
        },
        FunctionDeclaration("masked", [.member("cidr_masked", [.addressRange], .addressRange)]) {
            (_, a) throws(EvaluationError) in
            guard case .range(let range) = a[0] else { throw .noSuchOverload }
            return .range(
                NetworkRange(address: range.address.masked(range.prefixLength), prefixLength: range.prefixLength))
        },
    ]

    private static func address(_ value: Value) throws(EvaluationError) -> NetworkAddress {
        guard case .string(let text) = value else { throw .noSuchOverload }
        if let address = NetworkAddress(text) { return address }
        let quoted = StringFormat.quoted(text)
        if text.contains("%") { throw EvaluationError("IP address \(quoted) with zone value is not allowed") }
        if text.lowercased().hasPrefix("::ffff:") {
            throw EvaluationError("IPv4-mapped IPv6 address \(quoted) is not allowed")
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let hasLeadingZero = parts.count == 4 && parts.contains { $0.utf8.count > 1 && $0.hasPrefix("0") }
        let why = hasLeadingZero ? "IPv4 field has octet with leading zero" : "unable to parse IP"
        throw EvaluationError(
            "IP Address \(quoted) parse error during conversion from string: ParseAddr(\(quoted)): \(why)")
    }

    private static func range(_ value: Value) throws(EvaluationError) -> NetworkRange {
        guard case .string(let text) = value else { throw .noSuchOverload }
        if let range = NetworkRange(text) { return range }
        let quoted = StringFormat.quoted(text)
        let what = "network address parse error during conversion from string: "
        if text.lowercased().hasPrefix("::ffff:") {
            throw EvaluationError("\(what)IPv4-mapped IPv6 address \(quoted) is not allowed")
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let why =
            parts.count < 2
            ? "no '/'" : NetworkAddress(String(parts[0])) == nil ? "unable to parse IP" : "prefix length out of range"
        throw EvaluationError("\(what)\(what)netip.ParsePrefix(\(quoted)): \(why)")
    }

    private static func property(
        _ name: String, _ id: String, _ type: ExpressionType, _ body: @escaping @Sendable (NetworkAddress) -> Value
    ) -> FunctionDeclaration {
        FunctionDeclaration(name, [.member(id, [.address], type)]) { (_, a) throws(EvaluationError) in
            guard case .address(let address) = a[0] else { throw .noSuchOverload }
            return body(address)
        }
    }
}
