/// Semantic versions: `semver("1.2.3")`.
enum SemverFunctions {
    static let all: [FunctionDeclaration] = [
        FunctionDeclaration(
            "semver",
            [
                .plain("string_to_semver", [.string], .semver),
                .plain("string_bool_to_semver", [.string, .bool], .semver),
            ]
        ) { (_, a) throws(EvaluationError) in
            guard let version = try parse(a) else { throw EvaluationError(reason(a)) }
            return .semver(version)
        },
        FunctionDeclaration(
            "isSemver",
            [
                .plain("is_semver_string", [.string], .bool),
                .plain("is_semver_string_bool", [.string, .bool], .bool),
            ]
        ) { (_, a) throws(EvaluationError) in .bool(try parse(a) != nil) },
        number("major", "semver_major") { $0.major },
        number("minor", "semver_minor") { $0.minor },
        number("patch", "semver_patch") { $0.patch },
        two("isGreaterThan", "semver_is_greater_than", .bool) { .bool($0 > 0) },
        two("isLessThan", "semver_is_less_than", .bool) { .bool($0 < 0) },
        two("compareTo", "semver_compare_to", .int) { .int(Int64($0)) },
    ]

    private static func parse(_ a: [Value]) throws(EvaluationError) -> SemanticVersion? {
        guard case .string(let text) = a[0] else { throw .noSuchOverload }
        guard a.count > 1 else { return SemanticVersion(text) }
        guard case .bool(let isLenient) = a[1] else { throw .noSuchOverload }
        return isLenient ? SemanticVersion(lenient: text) : SemanticVersion(text)
    }

    /// Why upstream's reader refuses a text.
    private static func reason(_ a: [Value]) -> String {
        guard case .string(let text) = a[0] else { return "Version string empty" }
        if text.isEmpty { return "Version string empty" }
        let core = text.prefix { $0 != "-" && $0 != "+" }
        if core.split(separator: ".", omittingEmptySubsequences: false).count != 3 {
            return "No Major.Minor.Patch elements found"
        }
        return "Invalid character(s) found in version \"\(text)\""
    }

    private static func number(_ name: String, _ id: String, _ part: @escaping @Sendable (SemanticVersion) -> UInt64)
        -> FunctionDeclaration
    {
        FunctionDeclaration(name, [.member(id, [.semver], .int)]) { (_, a) throws(EvaluationError) in
            guard case .semver(let version) = a[0] else { throw .noSuchOverload }
            return .int(Int64(truncatingIfNeeded: part(version)))
        }
    }

    private static func two(
        _ name: String, _ id: String, _ type: ExpressionType, _ body: @escaping @Sendable (Int) -> Value
    ) -> FunctionDeclaration {
        FunctionDeclaration(name, [.member(id, [.semver, .semver], type)]) { (_, a) throws(EvaluationError) in
            guard case .semver(let x) = a[0], case .semver(let y) = a[1] else { throw .noSuchOverload }
            return body(x.compare(y))
        }
    }
}
