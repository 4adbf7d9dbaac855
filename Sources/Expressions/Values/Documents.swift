public import Document

extension Value {
    /// The value as JSON, for objects that expressions make; nil when it, or a part of it, has no place in a document.
    public var document: JSON? {
        switch self {
        case .null: return .null
        case .bool(let b): return .bool(b)
        case .int(let i): return .int(i)
        case .uint(let u): return Int64(exactly: u).map { .int($0) }
        case .double(let d): return d.isFinite ? .double(d) : nil
        case .string(let s): return .string(s)
        case .bytes(let bytes): return .string(Base64.encode(bytes))
        case .array(let array, _): return .array(array)
        case .object(let object, _): return .object(object)
        case .timestamp(let moment): return .string(moment.text)
        case .duration(let nanoseconds): return .string(Durations.text(nanoseconds))
        case .quantity(let quantity, _): return .string(quantity.text)
        case .url(let url): return .string(url.text)
        case .semver(let version): return .string(version.text)
        case .address(let address): return .string(address.text)
        case .range(let range): return .string(range.text)
        case .optional(let inner): return inner?.document
        case .list(let list):
            var out: [JSON] = []
            for element in list {
                guard let document = element.document else { return nil }
                out.append(document)
            }
            return .array(out)
        case .map(let map):
            var out: [(String, JSON)] = []
            for (key, value) in zip(map.keys, map.values) {
                guard case .string(let name) = key, let document = value.document else { return nil }
                out.append((name, document))
            }
            return .object(JSONObject(out))
        case .structure(let value):
            var out: [(String, JSON)] = []
            for field in value.fields {
                guard let document = field.value.document else { return nil }
                out.append((FieldNames.unescape(field.name) ?? field.name, document))
            }
            return .object(JSONObject(out))
        case .type, .format, .question, .decision: return nil
        }
    }
}
