public import Document

/// What is wrong with one field of an object: Kubernetes' `field.Error`.
public struct FieldError: Equatable, Sendable {
    public enum Kind: String, Sendable {
        case notFound = "FieldValueNotFound"
        case required = "FieldValueRequired"
        case duplicate = "FieldValueDuplicate"
        case invalid = "FieldValueInvalid"
        case notSupported = "FieldValueNotSupported"
        case forbidden = "FieldValueForbidden"
        case tooLong = "FieldValueTooLong"
        case tooMany = "FieldValueTooMany"
        case internalError = "InternalError"
        case typeInvalid = "FieldValueTypeInvalid"
    }
    public var type: Kind
    /// `spec.containers[0].name`.
    public var path: String
    /// The message without the path: `Invalid value: "x": must be …`.
    public var body: String
    public init(_ type: Kind, _ path: String, _ body: String) {
        self.type = type
        self.path = path
        self.body = body
    }
    /// `path: body`; the body alone when there is no path.
    public var description: String { path.isEmpty ? body : path + ": " + body }
}

extension FieldError {
    public static func required(_ path: String, _ detail: String = "") -> FieldError {
        .init(.required, path, detail.isEmpty ? "Required value" : "Required value: " + detail)
    }
    public static func invalid(_ path: String, _ value: JSON, _ detail: String) -> FieldError {
        .init(.invalid, path, "Invalid value" + quoted(value) + (detail.isEmpty ? "" : ": " + detail))
    }
    public static func typeInvalid(_ path: String, _ value: JSON, _ detail: String) -> FieldError {
        .init(.typeInvalid, path, "Invalid value" + quoted(value) + (detail.isEmpty ? "" : ": " + detail))
    }
    public static func duplicate(_ path: String, _ value: JSON) -> FieldError {
        .init(.duplicate, path, "Duplicate value" + quoted(value))
    }
    public static func notFound(_ path: String, _ value: JSON) -> FieldError {
        .init(.notFound, path, "Not found" + quoted(value))
    }
    /// `supported` is sorted by the caller when upstream sorts it.
    public static func notSupported(_ path: String, _ value: JSON, _ supported: [String]) -> FieldError {
        let detail =
            supported.isEmpty ? "" : ": supported values: " + supported.map { "\"\($0)\"" }.joined(separator: ", ")
        return .init(.notSupported, path, "Unsupported value" + quoted(value) + detail)
    }
    public static func forbidden(_ path: String, _ detail: String) -> FieldError {
        .init(.forbidden, path, detail.isEmpty ? "Forbidden" : "Forbidden: " + detail)
    }
    public static func tooLong(_ path: String, _ max: Int) -> FieldError {
        .init(.tooLong, path, "Too long: may not be more than \(max) bytes")
    }
    public static func tooMany(_ path: String, _ actual: Int, _ max: Int) -> FieldError {
        .init(.tooMany, path, "Too many: \(actual): must have at most \(max) items")
    }

    /// `: value` as `field.Error` prints it: strings quoted as Go's %q, everything else as JSON; "" and null as `""` and `null`.
    /// A value that nobody would read to its end is cut: one mistake in each of many large values must not add up.
    static func quoted(_ value: JSON) -> String {
        var value = value
        if case .string(let text) = value, text.utf8.count > 2 * valueBytesMax {
            value = .string(String(decoding: text.utf8.prefix(2 * valueBytesMax), as: UTF8.self))
        }
        if case .array(let elements) = value {
            // Of a long list no more is written than is shown.
            var (bytes, count) = (0, 0)
            while count < elements.count, bytes <= valueBytesMax {
                bytes += elements[count].text.utf8.count + 1
                count += 1
            }
            value = .array(Array(elements[..<count]))
        }
        let text = shown(value)
        guard text.utf8.count > valueBytesMax else { return ": " + text.replacingHTMLEscapes }
        return ": " + String(decoding: text.utf8.prefix(valueBytesMax), as: UTF8.self).replacingHTMLEscapes + "…"
    }
    private static let valueBytesMax = 16 * 1024

    /// JSON as Go writes it: of a label selector's two parts the labels come first.
    public static func shown(_ value: JSON) -> String {
        guard case .object(let parts) = value, parts.count == 2, let labels = parts["matchLabels"],
            let expressions = parts["matchExpressions"]
        else { return value.text }
        return "{\"matchLabels\":\(labels.text),\"matchExpressions\":\(expressions.text)}"
    }
}

extension [FieldError] {
    /// Whether an answer would name one more: beyond that, what is left of a long list need not be looked at.
    package var hasRoom: Bool { count <= APIError.errorsShownMax }
}

extension String {
    /// The text with the three escapes undone that JSON for web pages has and `field.Error` does not.
    package var replacingHTMLEscapes: String {
        guard utf8.contains(UInt8(ascii: "\\")) else { return self }
        return replacing("\\u003c", with: "<").replacing("\\u003e", with: ">").replacing("\\u0026", with: "&")
    }
}
