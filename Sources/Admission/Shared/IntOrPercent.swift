import Document
import Schema

/// Numbers that may be given as a share: `3` or `25%`.
enum IntOrPercent {
    static func validate(_ value: JSON, path: String) -> [FieldError] {
        if let text = value.string { return Names.percent(text).map { .invalid(path, value, $0) } }
        return Numbers.notNegative(value, path: path)
    }

    /// The percentage's number; nil when it is none.
    static func percent(_ value: JSON) -> Int64? {
        guard let text = value.string, Names.percent(text).isEmpty else { return nil }
        return Int64(text.dropLast()) ?? 0
    }

    static func number(_ value: JSON?) -> Int64 { value.flatMap { percent($0) ?? $0.int } ?? 0 }

    static func validateAtMostAll(_ value: JSON, path: String) -> [FieldError] {
        guard let percent = percent(value), percent > 100 else { return [] }
        return [.invalid(path, value, "must not be greater than 100%")]
    }
}
