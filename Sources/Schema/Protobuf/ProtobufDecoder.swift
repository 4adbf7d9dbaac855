import Document

/// Messages to documents, by the table of fields. Numbers that the table does not know are passed over.
struct ProtobufDecoder {
    private static let depthMax = 200
    private var budget = ProtobufBudget()

    static func object(_ bytes: ArraySlice<UInt8>, _ type: TypeSchema) throws(APIError) -> JSON {
        var decoder = ProtobufDecoder()
        return try decoder.object(bytes, type, depth: 0)
    }

    private mutating func object(_ bytes: ArraySlice<UInt8>, _ type: TypeSchema, depth: Int) throws(APIError) -> JSON {
        guard depth < Self.depthMax else { throw ProtobufReader.malformed }
        try budget.takeStructure(type)
        var object = JSONObject()
        try read(bytes, type, path: [], depth, into: &object)
        return .object(object)
    }

    /// Reads a message whose fields stand in `object`: the type's own, or one that upstream inlines, at `path`.
    private mutating func read(
        _ bytes: ArraySlice<UInt8>, _ type: TypeSchema, path: [Int], _ depth: Int, into object: inout JSONObject
    ) throws(APIError) {
        var reader = ProtobufReader(bytes)
        // Maps come entry by entry and in any order: each is made once, when all are there.
        var maps: [String: [JSONObject.Entry]] = [:]
        defer { for (name, entries) in maps { object[name] = .object(JSONObject(unsorted: entries)) } }
        // Elements of a list come one after the other: their field is looked up once.
        var last: (number: Int, field: Field?) = (0, nil)
        while let (number, value) = try reader.next() {
            try budget.takeField()
            if number != last.number {
                last = (number, type.fields.first { $0.protoNumber == number && $0.protoPath == path })
            }
            if let field = last.field {
                if case .map(let element) = field.shape {
                    maps[field.name, default: []].append(try entry(value, element, field, type, depth))
                    continue
                }
                try add(value, field, type, depth, to: &object)
            } else if case .bytes(let inner) = value {
                let deeper = path + [number]
                if type.fields.contains(where: { $0.protoPath.starts(with: deeper) }) {
                    try read(inner, type, path: deeper, depth, into: &object)
                }
            }
        }
    }

    private mutating func add(
        _ value: ProtobufReader.Value, _ field: Field, _ type: TypeSchema, _ depth: Int, to object: inout JSONObject
    ) throws(APIError) {
        switch field.shape {
        case .array(let element):
            var elements = object[field.name]?.elements ?? []
            object[field.name] = .null
            if case .bytes(let packed) = value, Self.isPackable(element) {
                var reader = ProtobufReader(packed)
                while !reader.isAtEnd {
                    try budget.takeField()
                    elements.append(try single(.varint(try reader.varint()), element, field, type, depth))
                }
            } else {
                elements.append(try single(value, element, field, type, depth))
            }
            object[field.name] = .array(elements)
        default: object[field.name] = try single(value, field.shape, field, type, depth)
        }
    }

    /// One entry of a map.
    private mutating func entry(
        _ value: ProtobufReader.Value, _ element: FieldShape, _ field: Field, _ type: TypeSchema, _ depth: Int
    ) throws(APIError) -> JSONObject.Entry {
        guard case .bytes(let entry) = value else { throw ProtobufReader.malformed }
        var key = ""
        var item = element.zero
        var reader = ProtobufReader(entry)
        while let (number, value) = try reader.next() {
            switch (number, value) {
            case (1, .bytes(let text)): key = String(decoding: text, as: UTF8.self)
            case (2, .bytes(let list)):
                if case .array(let inner) = element {
                    var elements: [JSON] = []
                    var items = ProtobufReader(list)
                    while let (_, value) = try items.next() {
                        try budget.takeField()
                        elements.append(try single(value, inner, field, type, depth))
                    }
                    item = .array(elements)
                } else {
                    item = try single(value, element, field, type, depth)
                }
            case (2, _): item = try single(value, element, field, type, depth)
            default: break
            }
        }
        return JSONObject.Entry(key: key, value: item)
    }

    private static func isPackable(_ shape: FieldShape) -> Bool {
        switch shape {
        case .int32, .int64, .bool: true
        default: false
        }
    }

    private mutating func single(
        _ value: ProtobufReader.Value, _ shape: FieldShape, _ field: Field, _ type: TypeSchema, _ depth: Int
    ) throws(APIError) -> JSON {
        switch (shape, value) {
        case (.string, .bytes(let text)): return .string(String(decoding: text, as: UTF8.self))
        case (.int32, .varint(let number)): return .int(Int64(Int32(truncatingIfNeeded: number)))
        case (.int64, .varint(let number)): return .int(Int64(bitPattern: number))
        case (.bool, .varint(let number)): return .bool(number != 0)
        case (.double, .fixed64(let bits)): return .double(Double(bitPattern: bits))
        case (.bytes, .bytes(let bytes)): return .string(Base64.encode(bytes))
        case (.time, .bytes(let bytes)), (.microTime, .bytes(let bytes)):
            guard let moment = try Self.time(bytes) else { return .null }
            if case .time = shape { return .string(moment.rfc3339) }
            return .string(moment.rfc3339Micro)
        case (.quantity, .bytes(let bytes)):
            var text = "0"
            var reader = ProtobufReader(bytes)
            while let (number, value) = try reader.next() {
                if number == 1, case .bytes(let bytes) = value { text = String(decoding: bytes, as: UTF8.self) }
            }
            return .string(text.isEmpty ? "0" : text)
        case (.intOrString, .bytes(let bytes)): return try Self.intOrString(bytes)
        case (.object(let inner), .bytes(let bytes)): return try object(bytes, inner, depth: depth + 1)
        case (.any, .bytes(let bytes)): return try any(bytes, field, type, depth)
        default: throw ProtobufReader.malformed
        }
    }

    private static func time(_ bytes: ArraySlice<UInt8>) throws(APIError) -> Timestamp? {
        guard !bytes.isEmpty else { return nil }
        var seconds: Int64 = 0
        var nanos: Int64 = 0
        var reader = ProtobufReader(bytes)
        while let (number, value) = try reader.next() {
            guard case .varint(let bits) = value else { continue }
            if number == 1 { seconds = Int64(bitPattern: bits) }
            if number == 2 { nanos = Int64(bitPattern: bits) }
        }
        // The years 0 to 9999: others cannot be written, and Go's zero time counts as unset.
        guard (-62_167_219_200...253_402_300_799).contains(seconds), seconds != -62_135_596_800 else { return nil }
        return Timestamp(microseconds: seconds * 1_000_000 + nanos % 1_000_000_000 / 1000)
    }

    private static func intOrString(_ bytes: ArraySlice<UInt8>) throws(APIError) -> JSON {
        var isText = false
        var number: Int64 = 0
        var text = ""
        var reader = ProtobufReader(bytes)
        while let (place, value) = try reader.next() {
            switch (place, value) {
            case (1, .varint(let kind)): isText = kind == 1
            case (2, .varint(let bits)): number = Int64(Int32(truncatingIfNeeded: bits))
            case (3, .bytes(let bytes)): text = String(decoding: bytes, as: UTF8.self)
            default: break
            }
        }
        return isText ? .string(text) : .int(number)
    }

    private mutating func any(_ bytes: ArraySlice<UInt8>, _ field: Field, _ type: TypeSchema, _ depth: Int)
        throws(APIError) -> JSON
    {
        let union = SchemaUnion(type, field)
        var allows = false
        var schema: JSON?
        var schemas: [JSON] = []
        var names: [JSON] = []
        var reader = ProtobufReader(bytes)
        while let (number, value) = try reader.next() {
            switch (union, number, value) {
            case (nil, 1, .bytes(let raw)):
                if raw.isEmpty { return .null }
                do throws(JSONError) { return try JSON(parsing: raw) } catch {
                    throw .badRequest("error decoding from json: \(error.message)")
                }
            case (.boolean?, 1, .varint(let bit)): allows = bit != 0
            case (.boolean?, 2, .bytes(let inner)), (.list?, 1, .bytes(let inner)), (.strings?, 1, .bytes(let inner)):
                schema = try object(inner, type, depth: depth + 1)
            case (.list?, 2, .bytes(let inner)): schemas.append(try object(inner, type, depth: depth + 1))
            case (.strings?, 2, .bytes(let text)): names.append(.string(String(decoding: text, as: UTF8.self)))
            default: break
            }
        }
        if let schema { return schema }
        switch union {
        case nil: return .null
        case .boolean?: return .bool(allows)
        case .list?: return .array(schemas)
        case .strings?: return .array(names)
        }
    }
}
