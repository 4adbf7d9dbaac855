/// What something costs, or how large it is, at least and at most. Sums and products that are too large stay at the largest number.
public struct CostRange: Sendable, Equatable {
    public var min: UInt64
    public var max: UInt64

    init(_ min: UInt64, _ max: UInt64) {
        self.min = min
        self.max = max
    }
    init(_ fixed: UInt64) { self.init(fixed, fixed) }

    static let zero = CostRange(0)
    static let unknown = CostRange(0, .max)

    static func + (a: CostRange, b: CostRange) -> CostRange {
        func add(_ x: UInt64, _ y: UInt64) -> UInt64 {
            let sum = x.addingReportingOverflow(y)
            return sum.overflow ? .max : sum.partialValue
        }
        return CostRange(add(a.min, b.min), add(a.max, b.max))
    }
    static func += (a: inout CostRange, b: CostRange) { a = a + b }

    static func * (a: CostRange, b: CostRange) -> CostRange {
        CostRange(product(a.min, b.min), product(a.max, b.max))
    }

    static func product(_ x: UInt64, _ y: UInt64) -> UInt64 {
        let product = x.multipliedReportingOverflow(by: y)
        return product.overflow ? .max : product.partialValue
    }

    /// Times a factor, rounded up.
    func times(_ factor: Double) -> CostRange {
        func scale(_ x: UInt64) -> UInt64 {
            let value = (Double(x) * factor).rounded(.up)
            return value >= 0x1p64 ? .max : UInt64(value)
        }
        return CostRange(scale(min), scale(max))
    }

    /// The smallest range that holds both.
    func union(_ other: CostRange) -> CostRange {
        CostRange(Swift.min(min, other.min), Swift.max(max, other.max))
    }
}
