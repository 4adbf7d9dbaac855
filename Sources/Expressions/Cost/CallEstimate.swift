extension CallCost {
    /// What a call can cost, without its arguments, and how large its result can be where it has a size.
    static func estimate(
        _ name: String, _ overload: String, _ target: Int?, _ arguments: [Int], _ estimate: CostEstimate
    ) -> (CostRange, CostRange?) {
        func size(_ id: Int) -> CostRange { estimate.sizeOrUnknown(id) }
        func read(_ id: Int, times: Double = 1) -> CostRange { size(id).times(times * perCharacter) }
        if let found = ofKubernetes(name, overload, target, arguments, estimate) { return found }
        switch overload {
        case "string_format": if let target { return (read(target), nil) }
        case "string_to_bytes":
            let text = size(arguments[0])
            return (read(arguments[0]), CostRange(text.min, CostRange.product(text.max, 4)))
        case "bytes_to_string":
            let bytes = size(arguments[0])
            return (read(arguments[0]), CostRange(bytes.min / 4, bytes.max))
        case "strings_quote":
            return (read(arguments[0]), size(arguments[0]) * CostRange(1, 2) + CostRange(2))
        case "starts_with_string", "ends_with_string": return (read(arguments[0]), nil)
        case "in_list": return (size(arguments[1]), nil)
        case "matches_string":
            if let target { return (matching(size(target), size(arguments[0])), nil) }
        case "contains_string":
            if let target { return (read(target) * read(arguments[0]), nil) }
        case "less_string", "greater_string", "less_equals_string", "greater_equals_string", "less_bytes",
            "greater_bytes", "less_equals_bytes", "greater_equals_bytes", "equals", "not_equals":
            let most = Swift.min(size(arguments[0]).max, size(arguments[1]).max)
            return (CostRange(most > 0 ? 1 : 0, most).times(perCharacter), nil)
        default: break
        }
        return (CostRange(1), nil)
    }

    private static func matching(_ text: CostRange, _ pattern: CostRange) -> CostRange {
        (text + CostRange(1)).times(perCharacter) * pattern.times(perPatternCharacter)
    }

    /// The functions that Kubernetes adds; nil for others.
    private static func ofKubernetes(
        _ name: String, _ overload: String, _ target: Int?, _ arguments: [Int], _ estimate: CostEstimate
    ) -> (CostRange, CostRange?)? {
        func size(_ id: Int) -> CostRange { estimate.sizeOrUnknown(id) }
        func read(_ id: Int, times: Double = 1) -> CostRange { size(id).times(times * perCharacter) }
        switch (name, arguments.count) {
        case ("check", _): return (CostRange(350_000), nil)
        case ("fieldSelector", 1), ("labelSelector", 1):
            let length = size(arguments[0])
            return (CostRange(10) + length.times(perCharacter) + length.times(0.5).times(50), nil)
        case ("isSorted", _), ("sum", _), ("max", _), ("min", _), ("indexOf", _), ("lastIndexOf", _):
            guard let target else { return nil }
            guard let element = estimate.elementSize(target) else { return (read(target), nil) }
            var each = CostRange(1)
            switch element.type {
            case .string, .bytes: each += element.size.times(perCharacter)
            default: break
            }
            return (size(target) * each, nil)
        case ("url", 1), ("jsonpatch.escapeKey", 1): return (read(arguments[0]), size(arguments[0]))
        case ("lowerAscii", _), ("upperAscii", _), ("substring", _), ("trim", _):
            return target.map { (read($0), size($0)) }
        case ("replace", 2...): return target.map { replace($0, arguments, estimate) }
        case ("split", _):
            guard let target else { return nil }
            let most = arguments.count > 1 ? estimate.literalInt(arguments[1]) : nil
            return (read(target, times: 2), CostRange(0, most ?? size(target).max))
        case ("join", _):
            guard let target else { return nil }
            var length = CostRange.zero
            let count = size(target)
            if let element = estimate.elementSize(target) { length = count * element.size }
            if let separator = arguments.first {
                let between = CostRange(count.min > 0 ? count.min - 1 : 0, count.max > 0 ? count.max - 1 : 0)
                length += size(separator) * between
            }
            return (length.times(perCharacter), length)
        case ("find", 1...), ("findAll", 1...):
            return target.map { (matching(size($0), size(arguments[0])), CostRange(0, size($0).max)) }
        case ("ip", _):
            if overload == "cidr_ip" { return (CostRange(1), nil) }
            return arguments.first.map { (read($0), nil) }
        case ("cidr", 1...), ("isIP", 1...), ("isCIDR", 1...), ("quantity", 1...), ("isQuantity", 1...),
            ("semver", 1...), ("isSemver", 1...):
            return (read(arguments[0]), nil)
        case ("ip.isCanonical", 1...): return (read(arguments[0], times: 2), nil)
        case ("containsIP", 1...), ("containsCIDR", 1...):
            let address = CostRange(4, 16)
            var cost = (address + address).times(perCharacter)
            if name == "containsCIDR" { cost += address.times(perCharacter) + CostRange(1) }
            if overload.hasSuffix("_string") { cost += size(arguments[0]).times(perCharacter) }
            return (cost, nil)
        case ("validate", 1...):
            let factor = Double(NamedFormat.patternLengthMax) * perPatternCharacter
            return (read(arguments[0]).times(factor), nil)
        case ("_==_", 2):
            switch (estimate.type(arguments[0]), estimate.type(arguments[1])) {
            case (.opaque(let a, _), .opaque(let b, _)) where a == b && a != "optional_type": return (CostRange(1), nil)
            default: return nil
            }
        default: return lists(name, overload, target, arguments, estimate)
        }
    }

    private static func replace(_ target: Int, _ arguments: [Int], _ estimate: CostEstimate) -> (CostRange, CostRange?)
    {
        let text = estimate.sizeOrUnknown(target)
        let old = estimate.sizeOrUnknown(arguments[0])
        let new = estimate.sizeOrUnknown(arguments[1])
        var count = CostRange.zero
        var kept = CostRange.zero
        if old.min == 0 {
            count.max = text.max == .max ? .max : text.max + 1
            kept.max = text.max
        } else if new.max <= old.min {
            kept.max = text.max
        } else {
            count.max = UInt64(Swift.min(0x1p63, (Double(text.max) / Double(old.min)).rounded(.up)))
        }
        if old.max == 0 {
            count.min = text.min == .max ? .max : text.min + 1
            kept.min = text.min
        } else if old.max <= new.min {
            kept.min = text.min
        } else {
            count.min = UInt64(Swift.min(0x1p63, (Double(text.min) / Double(old.max)).rounded(.up)))
        }
        return (text.times(2 * perCharacter), count * new + kept)
    }

    /// The lists and sets libraries.
    private static func lists(
        _ name: String, _ overload: String, _ target: Int?, _ arguments: [Int], _ estimate: CostEstimate
    ) -> (CostRange, CostRange?)? {
        func making(_ factor: Double, _ count: CostRange) -> (CostRange, CostRange?) {
            (count.times(factor) + CostRange(11), count)
        }
        func comparing(_ list: Int) -> (CostRange, CostRange?) {
            let count = estimate.sizeOrUnknown(list)
            let isText = overload.hasPrefix("list_string_") || overload.hasPrefix("list_bytes_")
            return making(isText ? 2 + perCharacter : 2, count * count)
        }
        switch (name, arguments.count) {
        case ("sets.contains", 2), ("sets.intersects", 2), ("sets.equivalent", 2):
            let pairs = estimate.sizeOrUnknown(arguments[0]) * estimate.sizeOrUnknown(arguments[1])
            return (pairs.times(name == "sets.equivalent" ? 2 : 1) + CostRange(1), nil)
        case ("slice", 2):
            guard let target else { return nil }
            let end = estimate.literalInt(arguments[1]) ?? estimate.sizeOrUnknown(target).max
            let start = estimate.literalInt(arguments[0]) ?? 0
            return making(1, CostRange(end >= start ? end - start : .max))
        case ("lists.range", 1): return making(1, CostRange(estimate.literalInt(arguments[0]) ?? .max))
        case ("reverse", 0): return target.map { making(1, estimate.sizeOrUnknown($0)) }
        case ("flatten", _):
            guard let target else { return nil }
            let depth = arguments.isEmpty ? 1 : estimate.literalInt(arguments[0]) ?? .max
            return making(Double(depth), estimate.sizeOrUnknown(target))
        case ("distinct", 0), ("sort", 0): return target.map { comparing($0) }
        case ("@sortByAssociatedKeys", 1): return comparing(arguments[0])
        default: return nil
        }
    }
}
