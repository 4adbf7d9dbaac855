import Document
import Schema

/// Texts that many rules share, in Kubernetes' words.
enum Message {
    static let immutable = "field is immutable"
    static let notNegative = "must be greater than or equal to 0"
    static let positive = "must be greater than zero"
    static let handlerMissing = "must specify a handler type"
    static let oneHandler = "may not specify more than 1 handler type"
    static func range(_ low: Int64, _ high: Int64) -> String { "must be between \(low) and \(high), inclusive" }
}

/// Rules for numbers.
enum Numbers {
    static func notNegative(_ value: JSON?, path: String) -> [FieldError] {
        guard let number = value?.int, number < 0 else { return [] }
        return [.invalid(path, .int(number), Message.notNegative)]
    }

    static func port(_ value: Int64, path: String) -> [FieldError] {
        (1...65535).contains(value) ? [] : [.invalid(path, .int(value), Message.range(1, 65535))]
    }

    /// A port's number, or the name of one.
    static func portOrName(_ value: JSON, path: String) -> [FieldError] {
        if let name = value.string { return Names.portName(name).map { .invalid(path, value, $0) } }
        return port(value.int ?? 0, path: path)
    }
}

/// The value has not changed: upstream's `ValidateImmutableField`.
enum Immutability {
    static func check(_ new: JSON?, _ old: JSON?, path: String) -> [FieldError] {
        Semantics.equal(new, old) ? [] : [.invalid(path, new ?? .null, Message.immutable)]
    }
    /// The same for a value that messages show as upstream's internal type of that name.
    static func check(_ new: JSON?, _ old: JSON?, path: String, form: String) -> [FieldError] {
        Semantics.equal(new, old)
            ? [] : [.invalidDump(path, InternalForm.text(new ?? [:], form), Message.immutable)]
    }
}

/// Upstream's `Semantic.DeepEqual`: what is left out, null, [] and {} are the same thing.
enum Semantics {
    static func equal(_ a: JSON?, _ b: JSON?) -> Bool {
        let (a, b) = (a ?? .null, b ?? .null)
        if a == b { return true }
        switch (a, b) {
        case (.array(let x), .array(let y)): return x.count == y.count && zip(x, y).allSatisfy { equal($0, $1) }
        case (.object(let x), .object(let y)):
            for (key, value) in x where !equal(value, y[key]) { return false }
            for (key, value) in y where x[key] == nil && !isNothing(value) { return false }
            return true
        default: return isNothing(a) && isNothing(b)
        }
    }

    private static func isNothing(_ value: JSON) -> Bool {
        switch value {
        case .null: true
        case .array(let a): a.isEmpty
        case .object(let o): o.isEmpty
        default: false
        }
    }
}
