import Document
import Schema

/// Short forms for reading a conformed object: a member that is null counts as left out.
extension JSON {
    /// The text of a member; "" when it is left out.
    func text(_ key: String) -> String {
        if case .string(let text)? = self[key] { text } else { "" }
    }
    /// The integer of a member; nil when it is left out.
    func integer(_ key: String) -> Int64? { self[key]?.int }
    /// The elements of a member that is a list.
    func list(_ key: String) -> [JSON] {
        if case .array(let elements)? = self[key] { elements } else { [] }
    }
    /// Whether a member is given and true.
    func flag(_ key: String) -> Bool { self[key]?.bool ?? false }
    /// Whether a member is given and not null.
    func has(_ key: String) -> Bool {
        switch self[key] {
        case nil, .null: false
        default: true
        }
    }
    /// A member that is given and not null.
    func given(_ key: String) -> JSON? {
        guard let value = self[key], !value.isNull else { return nil }
        return value
    }
    /// Sets a member unless it is already given.
    mutating func fill(_ key: String, _ value: @autoclosure () -> JSON) {
        if !has(key) { self[key] = value() }
    }
    /// Sets a text member unless it already holds some text.
    mutating func fillText(_ key: String, _ value: String) {
        if text(key).isEmpty { self[key] = .string(value) }
    }
}

extension [FieldError] {
    /// Adds one error for every text that is wrong with `value`.
    mutating func addInvalid(_ path: @autoclosure () -> String, _ value: JSON, _ texts: [String]) {
        if texts.isEmpty { return }
        let path = path()
        for text in texts { append(.invalid(path, value, text)) }
    }
}

extension FieldError {
    /// `Not found: "x": detail`.
    static func notFound(_ path: String, _ value: JSON, _ detail: String) -> FieldError {
        .init(.notFound, path, "Not found: \(value.text): \(detail)")
    }
    /// `Duplicate value: "x": detail`.
    static func duplicate(_ path: String, _ value: JSON, _ detail: String) -> FieldError {
        .init(.duplicate, path, "Duplicate value: \(value.text): \(detail)")
    }
    /// `Invalid value: detail`, the value left out.
    static func invalidOmitted(_ path: String, _ detail: String) -> FieldError {
        .init(.invalid, path, "Invalid value: " + detail)
    }
}
