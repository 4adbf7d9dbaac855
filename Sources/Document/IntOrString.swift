/// A number or a name: ports, percentages. Kubernetes' `intstr.IntOrString`.
public enum IntOrString: Hashable, Sendable {
    case int(Int64)
    case string(String)

    /// Reads a member of an object; nil for anything but an integer or a string.
    public init?(_ value: JSON?) {
        switch value {
        case .int(let i)?: self = .int(i)
        case .string(let s)?: self = .string(s)
        default: return nil
        }
    }

    public var json: JSON {
        switch self {
        case .int(let i): .int(i)
        case .string(let s): .string(s)
        }
    }

    /// The number that stands before a `%` sign; nil when this is no percentage.
    public var percentage: Int64? {
        guard case .string(let s) = self, s.utf8.last == UInt8(ascii: "%") else { return nil }
        return Int64(s.dropLast())
    }

    /// The number itself, or that share of `total` (rounded as asked): upstream's `GetScaledValueFromIntOrPercent`. nil for
    /// a text that is no percentage.
    public func scaled(to total: Int64, roundingUp: Bool) -> Int64? {
        if case .int(let i) = self { return i }
        guard let percentage else { return nil }
        let (product, overflow) = percentage.multipliedReportingOverflow(by: total)
        if overflow { return nil }
        let (quotient, rest) = product.quotientAndRemainder(dividingBy: 100)
        if rest == 0 { return quotient }
        return roundingUp ? (rest > 0 ? quotient + 1 : quotient) : (rest < 0 ? quotient - 1 : quotient)
    }
}
