import Document

/// An OpenAPI 2 document as gnostic's protobuf messages. Only what our documents hold is written.
enum SwaggerMessage {
    static func encode(_ document: JSON) -> [UInt8] {
        var out = ProtoWriter()
        out.text(1, document["swagger"])
        out.message(2) { info in
            info.text(1, document["info", "title"])
            info.text(2, document["info", "version"])
        }
        out.message(8) { paths in
            for (path, item) in document["paths"]?.entries ?? JSONObject() {
                paths.message(2) { named in
                    named.string(1, path)
                    named.message(2) { pathItem(item, &$0) }
                }
            }
        }
        out.message(9) { definitions in
            for (name, schema) in document["definitions"]?.entries ?? JSONObject() {
                definitions.message(1) { named in
                    named.string(1, name)
                    named.message(2) { Self.schema(schema, &$0) }
                }
            }
        }
        return out.bytes
    }

    private static func pathItem(_ item: JSON, _ out: inout ProtoWriter) {
        for (name, number) in [
            ("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("options", 6), ("head", 7), ("patch", 8),
        ] {
            if let operation = item[name] { out.message(number) { Self.operation(operation, &$0) } }
        }
        for parameter in item["parameters"]?.elements ?? [] { out.message(9) { Self.parameter(parameter, &$0) } }
    }

    private static func operation(_ operation: JSON, _ out: inout ProtoWriter) {
        for tag in operation["tags"]?.strings ?? [] { out.string(1, tag) }
        out.text(5, operation["operationId"])
        for media in operation["produces"]?.strings ?? [] { out.string(6, media) }
        for media in operation["consumes"]?.strings ?? [] { out.string(7, media) }
        for parameter in operation["parameters"]?.elements ?? [] { out.message(8) { Self.parameter(parameter, &$0) } }
        out.message(9) { responses in
            for (code, response) in operation["responses"]?.entries ?? JSONObject() {
                responses.message(1) { named in
                    named.string(1, code)
                    named.message(2) { value in
                        value.message(1) { body in
                            body.text(1, response["description"])
                            if let schema = response["schema"] {
                                body.message(2) { $0.message(1) { Self.schema(schema, &$0) } }
                            }
                        }
                    }
                }
            }
        }
        for scheme in operation["schemes"]?.strings ?? [] { out.string(10, scheme) }
        extensions(operation, 13, &out)
    }

    /// `ParametersItem`: a body, a query or a path parameter.
    private static func parameter(_ parameter: JSON, _ out: inout ProtoWriter) {
        out.message(1) { wrapped in
            if parameter["in"]?.string == "body" {
                wrapped.message(1) { body in
                    body.text(2, parameter["name"])
                    body.text(3, parameter["in"])
                    body.flag(4, parameter["required"])
                    if let schema = parameter["schema"] { body.message(5) { Self.schema(schema, &$0) } }
                }
                return
            }
            let isPath = parameter["in"]?.string == "path"
            wrapped.message(2) { plain in
                plain.message(isPath ? 4 : 3) { sub in
                    sub.flag(1, parameter["required"])
                    sub.text(2, parameter["in"])
                    sub.text(4, parameter["name"])
                    sub.text(isPath ? 5 : 6, parameter["type"])
                }
            }
        }
    }

    private static func schema(_ schema: JSON, _ out: inout ProtoWriter) {
        out.text(1, schema["$ref"])
        out.text(2, schema["format"])
        out.text(3, schema["title"])
        out.text(4, schema["description"])
        if let value = schema["default"] { out.message(5) { $0.string(2, value.text + "\n") } }
        out.number(6, schema["multipleOf"])
        out.number(7, schema["maximum"])
        out.flag(8, schema["exclusiveMaximum"])
        out.number(9, schema["minimum"])
        out.flag(10, schema["exclusiveMinimum"])
        out.integer(11, schema["maxLength"])
        out.integer(12, schema["minLength"])
        out.text(13, schema["pattern"])
        out.integer(14, schema["maxItems"])
        out.integer(15, schema["minItems"])
        out.flag(16, schema["uniqueItems"])
        out.integer(17, schema["maxProperties"])
        out.integer(18, schema["minProperties"])
        for name in schema["required"]?.strings ?? [] { out.string(19, name) }
        for value in schema["enum"]?.elements ?? [] { out.message(20) { $0.string(2, value.text + "\n") } }
        switch schema["additionalProperties"] {
        case .bool(let allowed): out.message(21) { $0.flag(2, .bool(allowed)) }
        case .some(let inner): out.message(21) { $0.message(1) { Self.schema(inner, &$0) } }
        case nil: break
        }
        if let type = schema["type"]?.string { out.message(22) { $0.string(1, type) } }
        if let items = schema["items"] { out.message(23) { $0.message(1) { Self.schema(items, &$0) } } }
        if let properties = schema["properties"] {
            out.message(25) { all in
                for (name, property) in properties.entries {
                    all.message(1) { named in
                        named.string(1, name)
                        named.message(2) { Self.schema(property, &$0) }
                    }
                }
            }
        }
        extensions(schema, 31, &out)
    }

    /// Members named `x-…`; their values travel as YAML text, of which JSON is a part.
    private static func extensions(_ value: JSON, _ number: Int, _ out: inout ProtoWriter) {
        for (name, content) in value.entries where name.hasPrefix("x-") {
            out.message(number) { named in
                named.string(1, name)
                named.message(2) { $0.string(2, content.text + "\n") }
            }
        }
    }
}
