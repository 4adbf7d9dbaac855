internal import Document

extension Value {
    /// Equality as `==` has it: numbers by their amount whatever their types; values of other types differ. False, too, when
    /// the work that is left does not suffice: whoever asks looks at that afterwards.
    func equals(_ other: Value, _ work: inout Work) -> Bool {
        guard work.take(8) else { return false }
        switch (self, other) {
        case (.null, .null): return true
        case (.bool(let a), .bool(let b)): return a == b
        case (.string(let a), .string(let b)): return a.sameBytes(as: b)
        case (.bytes(let a), .bytes(let b)): return a == b
        case (.timestamp(let a), .timestamp(let b)): return a == b
        case (.duration(let a), .duration(let b)): return a == b
        case (.type(let a), .type(let b)): return a.runtimeName == b.runtimeName
        case (.quantity(let a, _), .quantity(let b, _)): return a == b
        case (.address(let a), .address(let b)): return a == b
        case (.range(let a), .range(let b)): return a == b
        case (.url(let a), .url(let b)): return a.text == b.text
        case (.semver(let a), .semver(let b)): return a == b
        case (.format(let a), .format(let b)): return a.name == b.name
        case (.optional(let a), .optional(let b)):
            guard let a, let b else { return a == nil && b == nil }
            return a.equals(b, &work)
        case (.structure(let a), .structure(let b)):
            guard a.declaration.name == b.declaration.name, a.fields.count == b.fields.count else {
                return false
            }
            for field in a.fields {
                guard let same = b.fields.first(where: { $0.name == field.name }), same.value.equals(field.value, &work)
                else { return false }
            }
            return true
        case (.int, _), (.uint, _), (.double, _):
            return Value.order(self, other) == 0
        default: break
        }
        if let count = listCount {
            guard other.listCount == count else { return false }
            for i in 0..<count where !element(i).equals(other.element(i), &work) { return false }
            return true
        }
        if let count = mapCount {
            guard other.mapCount == count, let entries else { return false }
            for (key, value) in entries {
                guard let same = other.value(at: key), value.equals(same, &work) else { return false }
            }
            return true
        }
        return false
    }

    /// Whether `==` with a value of another type fails on the left of it, as Kubernetes' own types do.
    var refusesOtherTypes: Bool {
        switch self {
        case .quantity, .address, .range, .url, .semver, .format: true
        default: false
        }
    }

    /// Less than zero, zero or more, as numbers; nil when one is none or not a number at all.
    static func order(_ a: Value, _ b: Value) -> Int? {
        func three<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : a == b ? 0 : 1 }
        switch (a, b) {
        case (.int(let a), .int(let b)): return three(a, b)
        case (.uint(let a), .uint(let b)): return three(a, b)
        case (.double(let a), .double(let b)): return a.isNaN || b.isNaN ? nil : three(a, b)
        case (.int(let a), .uint(let b)): return a < 0 ? -1 : three(UInt64(a), b)
        case (.uint(let a), .int(let b)): return b < 0 ? 1 : three(a, UInt64(b))
        case (.double(let a), .int(let b)):
            if a.isNaN { return nil }
            if a < -0x1p63 { return -1 }
            if a >= 0x1p63 { return 1 }
            return three(a, Double(b))
        case (.double(let a), .uint(let b)):
            if a.isNaN { return nil }
            if a < 0 { return -1 }
            if a >= 0x1p64 { return 1 }
            return three(a, Double(b))
        case (.int, .double), (.uint, .double): return order(b, a).map { -$0 }
        default: return nil
        }
    }

    /// The order that `<` and its kin have.
    func compare(_ other: Value) throws(EvaluationError) -> Int {
        func three<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : a == b ? 0 : 1 }
        switch (self, other) {
        case (.bool(let a), .bool(let b)): return three(a ? 1 : 0, b ? 1 : 0)
        case (.string(let a), .string(let b)): return a.sameBytes(as: b) ? 0 : a.bytesPrecede(b) ? -1 : 1
        case (.bytes(let a), .bytes(let b)): return a == b ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
        case (.timestamp(let a), .timestamp(let b)): return three(a, b)
        case (.duration(let a), .duration(let b)): return three(a, b)
        default:
            if let order = Value.order(self, other) { return order }
            for side in [self, other] {
                if case .double(let d) = side, d.isNaN { throw EvaluationError("NaN values cannot be ordered") }
            }
            throw .noSuchOverload
        }
    }
}

/// Why an expression has no value.
public struct EvaluationError: Error, Sendable {
    /// Upstream's words.
    public let message: String
    /// Whether it took more than it may: such an error is never absorbed by `||` and `&&`.
    public let isOverBudget: Bool

    /// An error in the words given.
    public init(_ message: String, isOverBudget: Bool = false) {
        self.message = message
        self.isOverBudget = isOverBudget
    }

    static let noSuchOverload = EvaluationError("no such overload")
    static let overBudget = EvaluationError("operation cancelled: actual cost limit exceeded", isOverBudget: true)
}

/// The small steps that an evaluation may still take, whatever they cost by upstream's reckoning: comparing, copying, matching.
/// Values share their parts, so that few words can make what takes for ever to walk through.
struct Work: Sendable {
    private(set) var left: Int

    init(_ left: Int) { self.left = left }

    var isSpent: Bool { left < 0 }

    /// Takes steps; false when there are not as many left.
    mutating func take(_ steps: Int) -> Bool {
        left = Swift.max(-1, left - Swift.max(0, steps))
        return left >= 0
    }
}
