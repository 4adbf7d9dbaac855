public import TimeZones

/// What an expression's variables stand for, while expressions about one request are evaluated.
public struct Activation: Sendable {
    /// Variables by name. `authorizer.requestResource` is a name of its own.
    public var values: [String: Value]
    /// A policy's variables, evaluated when an expression first asks for one.
    public var composed: [String: Program] = [:]
    /// Answers questions put to `authorizer`; without it they fail.
    public var authorize: (@Sendable (AccessQuestion) -> AccessDecision)?
    /// The rules of a zone of the tz database; nil for a name that is none.
    public var timeZone: @Sendable (String) -> TimeZoneRules? = { _ in nil }
    /// What composed variables were worth, once asked for.
    var known: [String: Result<Value, EvaluationError>] = [:]

    public init(_ values: [String: Value] = [:]) { self.values = values }
}

/// What came of evaluating an expression.
public struct Evaluation: Sendable {
    public let result: Result<Value, EvaluationError>
    /// What it cost, in upstream's units (about 100 ns each), with the variables that it was the first to ask for.
    public let cost: UInt64

    /// Whether it is `true`.
    public var isTrue: Bool { if case .success(.bool(true)) = result { true } else { false } }
}

/// Upstream's limits on what evaluating may cost.
public enum CostLimit {
    /// One expression.
    public static let perExpression: UInt64 = 1_000_000
    /// All expressions of a binding, or of a custom resource's schema, for one request.
    public static let perRequest: UInt64 = 10_000_000
    /// All match conditions of one webhook or binding, for one request.
    public static let matchConditions: UInt64 = 2_500_000
    /// The most bytes that a message expression may give.
    public static let messageBytesMax = 5 * 1024
}
