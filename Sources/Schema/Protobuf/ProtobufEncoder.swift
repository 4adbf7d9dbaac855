import Document

/// Documents to messages, by the table of fields.
enum ProtobufEncoder {
    static func object(_ object: JSONObject, _ type: TypeSchema, into out: inout [UInt8]) {
        /// Members of messages that upstream inlines, by the numbers on the way.
        var inlined: [(path: [Int], bytes: [UInt8])] = []
        var place = 0
        for (name, value) in object {
            guard let field = type.field(name, after: &place), field.protoNumber > 0, !value.isNull else { continue }
            if field.protoPath.isEmpty {
                self.field(value, field, type, into: &out)
            } else {
                var bytes: [UInt8] = []
                self.field(value, field, type, into: &bytes)
                inlined.append((field.protoPath, bytes))
            }
        }
        nest(inlined, into: &out)
    }

    /// Writes inlined messages, those of one number together.
    private static func nest(_ parts: [(path: [Int], bytes: [UInt8])], into out: inout [UInt8]) {
        var rest = parts
        while let first = rest.first {
            let number = first.path[0]
            var inner: [UInt8] = []
            var deeper: [(path: [Int], bytes: [UInt8])] = []
            for part in rest where part.path[0] == number {
                if part.path.count == 1 {
                    inner.append(contentsOf: part.bytes)
                } else {
                    deeper.append((Array(part.path.dropFirst()), part.bytes))
                }
            }
            nest(deeper, into: &inner)
            out.appendProtobuf(number, bytes: inner)
            rest.removeAll { $0.path[0] == number }
        }
    }

    private static func field(_ value: JSON, _ field: Field, _ type: TypeSchema, into out: inout [UInt8]) {
        let number = field.protoNumber
        switch field.shape {
        case .array(let element):
            for item in value.elements { single(item, element, number, field, type, into: &out) }
        case .map(let element):
            for (key, item) in value.entries {
                var entry: [UInt8] = []
                entry.appendProtobuf(1, text: key)
                if case .array(let inner) = element {
                    var list: [UInt8] = []  // a list as a map's value is a message of its own
                    for text in item.elements { single(text, inner, 1, field, type, into: &list) }
                    entry.appendProtobuf(2, bytes: list)
                } else {
                    single(item, element, 2, field, type, into: &entry)
                }
                out.appendProtobuf(number, bytes: entry)
            }
        default: single(value, field.shape, number, field, type, into: &out)
        }
    }

    private static func single(
        _ value: JSON, _ shape: FieldShape, _ number: Int, _ field: Field, _ type: TypeSchema, into out: inout [UInt8]
    ) {
        switch shape {
        case .string: out.appendProtobuf(number, text: value.string ?? "")
        case .int32, .int64: out.appendProtobuf(number, varint: UInt64(bitPattern: value.int ?? 0))
        case .bool: out.appendProtobuf(number, varint: value.bool == true ? 1 : 0)
        case .double:
            out.appendVarint(UInt64(number) << 3 | 1)
            let bits = (value.number ?? 0).bitPattern
            for i in 0..<8 { out.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * i))) }
        case .bytes: out.appendProtobuf(number, bytes: (try? Base64.decode(value.string ?? "")) ?? [])
        case .time, .microTime:
            guard let moment = value.string.flatMap({ Timestamp(rfc3339: $0) }) else { return }
            var inner: [UInt8] = []
            inner.appendProtobuf(1, varint: UInt64(bitPattern: moment.seconds))
            let micros = moment.microseconds - moment.seconds * 1_000_000
            inner.appendProtobuf(2, varint: UInt64(micros * 1000))
            out.appendProtobuf(number, bytes: inner)
        case .quantity:
            var inner: [UInt8] = []
            inner.appendProtobuf(1, text: value.string ?? value.text)
            out.appendProtobuf(number, bytes: inner)
        case .intOrString:
            var inner: [UInt8] = []
            if case .string(let text) = value {
                inner.appendProtobuf(1, varint: 1)
                inner.appendProtobuf(2, varint: 0)
                inner.appendProtobuf(3, text: text)
            } else {
                inner.appendProtobuf(1, varint: 0)
                inner.appendProtobuf(2, varint: UInt64(bitPattern: value.int ?? 0))
                inner.appendProtobuf(3, text: "")
            }
            out.appendProtobuf(number, bytes: inner)
        case .object(let inner):
            var bytes: [UInt8] = []
            object(value.entries, inner, into: &bytes)
            out.appendProtobuf(number, bytes: bytes)
        case .any:
            var inner: [UInt8] = []
            switch SchemaUnion(type, field) {
            case nil: inner.appendProtobuf(1, bytes: value.encoded())
            case .boolean?:
                if case .bool(let allows) = value {
                    inner.appendProtobuf(1, varint: allows ? 1 : 0)
                } else {
                    inner.appendProtobuf(1, varint: 1)
                    inner.appendProtobuf(2, bytes: ProtobufCodec.encode(value, type))
                }
            case .list?:
                if case .array(let schemas) = value {
                    for schema in schemas { inner.appendProtobuf(2, bytes: ProtobufCodec.encode(schema, type)) }
                } else {
                    inner.appendProtobuf(1, bytes: ProtobufCodec.encode(value, type))
                }
            case .strings?:
                if case .array(let names) = value {
                    for name in names { inner.appendProtobuf(2, text: name.string ?? "") }
                } else {
                    inner.appendProtobuf(1, bytes: ProtobufCodec.encode(value, type))
                }
            }
            out.appendProtobuf(number, bytes: inner)
        case .array, .map: return  // no kind nests lists deeper
        }
    }
}

/// The members of a JSON schema that hold either a schema or something else, which are messages of their own on the wire.
enum SchemaUnion {
    case boolean, list, strings

    init?(_ type: TypeSchema, _ field: Field) {
        guard type.name.hasSuffix(".JSONSchemaProps") else { return nil }
        switch field.name {
        case "additionalProperties", "additionalItems": self = .boolean
        case "items": self = .list
        case "dependencies": self = .strings
        default: return nil
        }
    }
}
