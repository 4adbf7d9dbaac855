/// What calls cost when they are made, in upstream's units.
enum CallCost {
    /// A string's characters read once cost a tenth each.
    static let perCharacter = 0.1
    /// A pattern's characters cost a quarter each, for every unit of the text.
    static let perPatternCharacter = 0.25

    private static func ceil(_ value: Double) -> UInt64 {
        value >= 0x1p63 ? .max / 2 : UInt64(value.rounded(.up))
    }

    /// Characters, bytes, elements or entries; 1 for what has no size.
    static func size(_ value: Value) -> UInt64 {
        switch value {
        case .string(let text): UInt64(text.unicodeScalars.count)
        case .bytes(let bytes): UInt64(bytes.count)
        case .optional(let inner?): size(inner)
        case .address(let address): UInt64(address.bytes.count)
        case .range(let range): UInt64(range.address.bytes.count)
        default: UInt64(value.listCount ?? value.mapCount ?? 1)
        }
    }

    /// The smaller of two sizes, without counting the characters of a text that is much longer than the other.
    private static func smallerSize(_ a: Value, _ b: Value) -> UInt64 {
        if case .string(let x) = a, case .string(let y) = b {
            let (short, long) = x.utf8.count < y.utf8.count ? (x, y) : (y, x)
            if long.utf8.count / 4 >= short.utf8.count { return UInt64(short.unicodeScalars.count) }
        } else if case .string(let text) = a, text.utf8.count > 4 * size(b) {
            return size(b)
        } else if case .string(let text) = b, text.utf8.count > 4 * size(a) {
            return size(a)
        }
        return Swift.min(size(a), size(b))
    }

    private static func read(_ value: Value, times: Double = 1) -> UInt64 {
        ceil(Double(size(value)) * times * perCharacter)
    }

    private static func matching(_ text: Value, _ patternLength: UInt64) -> UInt64 {
        let cost = ceil((1 + Double(size(text))) * perCharacter)
        return cost.multipliedReportingOverflow(by: ceil(Double(patternLength) * perPatternCharacter)).partialValue
    }

    /// What walking through the value costs.
    static func traversal(_ value: Value, _ work: inout Work) -> UInt64 {
        guard work.take(1) else { return 0 }
        switch value {
        case .string(let text): return UInt64(Double(text.utf8.count) * perCharacter)
        case .bytes(let bytes): return UInt64(Double(bytes.count) * perCharacter)
        default: break
        }
        if let elements = value.elements { return elements.reduce(0) { $0 &+ traversal($1, &work) } }
        if let entries = value.entries {
            return entries.reduce(0) { $0 &+ traversal($1.key, &work) &+ traversal($1.value, &work) }
        }
        return 1
    }

    /// - Parameter overload: the form that was called; empty when more than one fitted the types.
    static func cost(
        _ name: String, _ overload: String, _ arguments: [Value], _ result: Value, _ work: inout Work
    ) -> UInt64 {
        switch (name, arguments.count) {
        case ("check", _): return 350_000
        case ("fieldSelector", 2...), ("labelSelector", 2...):
            let length = Double(size(arguments[1]))
            return 10 + ceil(length * perCharacter)
                + ceil(ceil(length * 0.5) == 0 ? 0 : Double(ceil(length * 0.5)) * 50)
        case ("isSorted", 1...), ("sum", 1...), ("max", 1...), ("min", 1...), ("indexOf", 1...), ("lastIndexOf", 1...):
            return traversal(arguments[0], &work)
        case ("url", 1...), ("lowerAscii", 1...), ("upperAscii", 1...), ("substring", 1...), ("trim", 1...),
            ("jsonpatch.escapeKey", 1...), ("cidr", 1...), ("isIP", 1...), ("isCIDR", 1...), ("quantity", 1...),
            ("isQuantity", 1...), ("semver", 1...), ("isSemver", 1...):
            return read(arguments[0])
        case ("ip", 1...): return overload == "cidr_ip" ? 1 : read(arguments[0])
        case ("ip.isCanonical", 1...), ("replace", 1...), ("split", 1...): return read(arguments[0], times: 2)
        case ("join", _): return read(result, times: 2)
        case ("find", 2...), ("findAll", 2...): return matching(arguments[0], size(arguments[1]))
        case ("containsIP", 2...), ("containsCIDR", 2...):
            var cost = read(arguments[0], times: 2)
            if name == "containsCIDR" { cost += read(arguments[0]) + 1 }
            if overload.hasSuffix("_string") { cost += read(arguments[1]) }
            return cost
        case ("validate", 2...):
            if case .format(let format) = arguments[0] { return matching(arguments[1], format.patternLength) }
        case ("_==_", 2):
            switch arguments[0] {
            case .quantity, .address, .range, .format, .url, .semver, .question, .decision: return 1
            default: break
            }
        default: break
        }
        switch overload {
        case "starts_with_string", "ends_with_string", "string_to_bytes", "bytes_to_string", "string_format",
            "strings_quote":
            return read(arguments[0])
        case "in_list": return size(arguments[1])
        case "less_string", "greater_string", "less_equals_string", "greater_equals_string", "less_bytes",
            "greater_bytes", "less_equals_bytes", "greater_equals_bytes", "equals", "not_equals":
            return ceil(Double(smallerSize(arguments[0], arguments[1])) * perCharacter)
        case "add_string", "add_bytes":
            return ceil(Double(size(arguments[0]) + size(arguments[1])) * perCharacter)
        case "matches_string": return matching(arguments[0], size(arguments[1]))
        case "contains_string": return read(arguments[0]) * read(arguments[1])
        // Two-fold loops of the lists and sets libraries.
        case "list_sets_contains_list", "list_sets_intersects_list":
            return size(arguments[0]).multipliedReportingOverflow(by: size(arguments[1])).partialValue &+ 1
        case "list_sets_equivalent_list":
            return (size(arguments[0]) &* size(arguments[1])) &* 2 &+ 1
        default: break
        }
        guard let first = arguments.first else { return 1 }
        switch name {
        case "slice", "reverse", "lists.range": return listBase + size(result)
        case "flatten":
            var depth: UInt64 = 1
            if arguments.count > 1, case .int(let given) = arguments[1] { depth = UInt64(Swift.max(0, given)) }
            return listBase &+ depth.multipliedReportingOverflow(by: size(first)).partialValue
        case "distinct", "sort": return comparingAll(first)
        case "@sortByAssociatedKeys": return comparingAll(arguments[1])
        default: return 1
        }
    }

    /// A call that makes a list.
    private static let listBase: UInt64 = 11

    /// Each element compared with each other one, there and back.
    private static func comparingAll(_ list: Value) -> UInt64 {
        let count = size(list)
        var factor = 2.0
        if list.listCount ?? 0 > 0 {
            switch list.element(0) {
            case .string, .bytes: factor += perCharacter
            default: break
            }
        }
        return listBase + UInt64(Swift.min(0x1p62, Double(count) * Double(count) * factor))
    }
}
