package import Document

/// An OpenAPI 3 document as gnostic's protobuf messages, `openapi.v3.Document`. A message is a table of its members: the same
/// name always means the same, so one walk writes all of them.
package enum OpenAPIv3Message {
    package static func encode(_ document: JSON) -> [UInt8] {
        var out = ProtoWriter()
        write(document, .document, &out)
        return out.bytes
    }

    /// How one member is written.
    private indirect enum Form: Sendable {
        case text, flag, integer, number, default_
        case message(Message)
        /// A message of each element.
        case list(Form)
        /// A message whose first field is an entry of name and value for each member.
        case named(Form)
        /// A message that holds the value's own in its first field, or in its second one a reference.
        case orReference(Message)
        /// A value that nobody looks into: its YAML.
        case any
        case items, additional, responses
    }

    private enum Message: Sendable {
        case document, info, pathItem, operation, parameter, requestBody, response, mediaType, components, schema,
            scheme

        /// Its members by their numbers.
        var fields: [(name: String, number: Int, form: Form)] {
            switch self {
            case .document:
                [
                    ("openapi", 1, .text), ("info", 2, .message(.info)), ("paths", 4, .named(.message(.pathItem))),
                    ("components", 5, .message(.components)),
                ]
            case .info: [("title", 1, .text), ("description", 2, .text), ("version", 6, .text)]
            case .pathItem:
                [
                    ("summary", 2, .text), ("description", 3, .text), ("get", 4, .message(.operation)),
                    ("put", 5, .message(.operation)), ("post", 6, .message(.operation)),
                    ("delete", 7, .message(.operation)), ("options", 8, .message(.operation)),
                    ("head", 9, .message(.operation)), ("patch", 10, .message(.operation)),
                    ("trace", 11, .message(.operation)), ("parameters", 13, .list(.orReference(.parameter))),
                ]
            case .operation:
                [
                    ("tags", 1, .list(.text)), ("summary", 2, .text), ("description", 3, .text),
                    ("operationId", 5, .text), ("parameters", 6, .list(.orReference(.parameter))),
                    ("requestBody", 7, .orReference(.requestBody)), ("responses", 8, .responses),
                    ("deprecated", 10, .flag),
                ]
            case .parameter:
                [
                    ("name", 1, .text), ("in", 2, .text), ("description", 3, .text), ("required", 4, .flag),
                    ("deprecated", 5, .flag), ("allowEmptyValue", 6, .flag), ("style", 7, .text),
                    ("explode", 8, .flag), ("allowReserved", 9, .flag), ("schema", 10, .orReference(.schema)),
                ]
            case .requestBody:
                [("description", 1, .text), ("content", 2, .named(.message(.mediaType))), ("required", 3, .flag)]
            case .response: [("description", 1, .text), ("content", 3, .named(.message(.mediaType)))]
            case .mediaType: [("schema", 1, .orReference(.schema))]
            case .components:
                [
                    ("schemas", 1, .named(.orReference(.schema))),
                    ("securitySchemes", 7, .named(.orReference(.scheme))),
                ]
            case .scheme:
                [
                    ("type", 1, .text), ("description", 2, .text), ("name", 3, .text), ("in", 4, .text),
                    ("scheme", 5, .text), ("bearerFormat", 6, .text),
                ]
            case .schema:
                [
                    ("nullable", 1, .flag), ("readOnly", 3, .flag), ("writeOnly", 4, .flag), ("example", 7, .any),
                    ("deprecated", 8, .flag), ("title", 9, .text), ("multipleOf", 10, .number),
                    ("maximum", 11, .number), ("exclusiveMaximum", 12, .flag), ("minimum", 13, .number),
                    ("exclusiveMinimum", 14, .flag), ("maxLength", 15, .integer), ("minLength", 16, .integer),
                    ("pattern", 17, .text), ("maxItems", 18, .integer), ("minItems", 19, .integer),
                    ("uniqueItems", 20, .flag), ("maxProperties", 21, .integer), ("minProperties", 22, .integer),
                    ("required", 23, .list(.text)), ("enum", 24, .list(.any)), ("type", 25, .text),
                    ("allOf", 26, .list(.orReference(.schema))), ("oneOf", 27, .list(.orReference(.schema))),
                    ("anyOf", 28, .list(.orReference(.schema))), ("not", 29, .message(.schema)),
                    ("items", 30, .items), ("properties", 31, .named(.orReference(.schema))),
                    ("additionalProperties", 32, .additional), ("default", 33, .default_),
                    ("description", 34, .text), ("format", 35, .text),
                ]
            }
        }

        /// The number of the members named `x-…`; nil where there are none.
        var extensions: Int? {
            switch self {
            case .schema: 36
            case .operation: 13
            case .pathItem, .parameter: 14
            case .document, .scheme: 9
            case .info: 7
            case .requestBody: 4
            case .response, .mediaType: 5
            case .components: 10
            }
        }
    }

    private static let tables: [Message: [(name: String, number: Int, form: Form)]] = Dictionary(
        uniqueKeysWithValues: [
            Message.document, .info, .pathItem, .operation, .parameter, .requestBody, .response, .mediaType,
            .components, .schema, .scheme,
        ].map { ($0, $0.fields) })

    private static func write(_ value: JSON, _ message: Message, _ out: inout ProtoWriter) {
        let members = value.entries
        for (name, number, form) in tables[message] ?? [] {
            if let member = members[name] { write(member, number, form, &out) }
        }
        guard let number = message.extensions else { return }
        for (name, content) in members where name.hasPrefix("x-") {
            out.message(number) { named in
                named.string(1, name)
                named.message(2) { yaml(content, &$0) }
            }
        }
    }

    private static func write(_ value: JSON, _ number: Int, _ form: Form, _ out: inout ProtoWriter) {
        switch form {
        case .text: out.text(number, value)
        case .flag: out.flag(number, value)
        case .integer: out.integer(number, value)
        case .number: out.number(number, value)
        case .message(let message): out.message(number) { write(value, message, &$0) }
        case .list(let form): for element in value.elements { write(element, number, form, &out) }
        case .named(let form):
            out.message(number) { all in
                for (name, value) in value.entries {
                    all.message(1) { entry in
                        entry.string(1, name)
                        write(value, 2, form, &entry)
                    }
                }
            }
        case .orReference(let message): out.message(number) { either(value, message, &$0) }
        case .any: out.message(number) { yaml(value, &$0) }
        case .items: out.message(number) { items in items.message(1) { either(value, .schema, &$0) } }
        case .additional:
            out.message(number) { item in
                if let allowed = value.bool {
                    item.present(2, flag: allowed)
                } else {
                    item.message(1) { either(value, .schema, &$0) }
                }
            }
        case .default_:
            // One of three: what is zero is written, too. Of any other value only that there is one.
            out.message(number) { item in
                switch value {
                case .int, .double: item.present(1, number: value.number ?? 0)
                case .bool(let flag): item.present(2, flag: flag)
                case .string(let text): item.string(3, text)
                default: break
                }
            }
        case .responses:
            out.message(number) { all in
                for (code, response) in value.entries {
                    if code == "default" {
                        all.message(1) { either(response, .response, &$0) }
                        continue
                    }
                    all.message(2) { entry in
                        entry.string(1, code)
                        entry.message(2) { either(response, .response, &$0) }
                    }
                }
            }
        }
    }

    private static func either(_ value: JSON, _ message: Message, _ out: inout ProtoWriter) {
        if let reference = value["$ref"] {
            out.message(2) { $0.text(1, reference) }
        } else {
            out.message(1) { write(value, message, &$0) }
        }
    }

    private static func yaml(_ value: JSON, _ out: inout ProtoWriter) {
        out.string(2, String(decoding: value.yaml(), as: UTF8.self))
    }
}
