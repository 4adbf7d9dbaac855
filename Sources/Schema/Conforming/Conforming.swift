public import Document

/// What decoding a request body into upstream's structs and writing it again does to it: members of the wrong type are
/// refused, unknown ones and nulls dropped, values put in their one form, and zero values written or left out.
public enum Conforming {
    /// Conforms a document in place. Returns the paths of the unknown members that were dropped, `spec.containers[0].foo`.
    /// Throws 400 with the message that upstream's decoder gives, which its caller puts behind
    /// `Pod in version "v1" cannot be handled as a Pod: `.
    @discardableResult
    public static func conform(_ document: inout JSON, to type: TypeSchema) throws(APIError) -> [String] {
        if let structural = type.structural { return try conform(&document, to: structural) }
        var conformer = Conformer()
        do throws(ConformFailure) {
            guard case .object = document else {
                if document.isNull {
                    document = type.zero
                    return []
                }
                throw ConformFailure(.mismatch(JSONKind(document), type.shortName))
            }
            try conformer.object(&document, type)
        } catch {
            throw error.refusal(root: type)
        }
        return conformer.unknown
    }

    /// A custom resource: metadata as that of every kind, the rest pruned and defaulted by its schema. What is wrong with
    /// the values is left to validation.
    private static func conform(_ document: inout JSON, to structural: StructuralSchema) throws(APIError) -> [String] {
        guard case .object = document else {
            throw .badRequest("json: cannot unmarshal \(JSONKind(document).name) into an object")
        }
        var unknown: [String] = []
        if let type = Catalog.builtin.types[StructuralSchema.objectMeta] {
            var conformer = Conformer()
            var metadata = document["metadata"] ?? .null
            if metadata.isNull { metadata = .object(JSONObject()) }
            do throws(ConformFailure) { try conformer.object(&metadata, type) } catch {
                var failure = error
                failure.path.append("metadata")
                throw failure.refusal(root: type)
            }
            document["metadata"] = metadata
            unknown = conformer.unknown.map { "metadata." + $0 }
        }
        structural.prune(&document, isRoot: true, unknown: &unknown)
        var bytesLeft = StructuralSchema.defaultBytesMax
        structural.setDefaults(&document, &bytesLeft)
        if bytesLeft < 0 { throw .tooManyParts("limit is \(StructuralSchema.defaultBytesMax) bytes of defaults") }
        return unknown
    }

    /// The most structs of an object of a built-in kind.
    public static let structuresMax = Conformer.structuresMax

    /// Whether a list or map of the document is given empty, which storage does not tell from unset.
    public static func givesEmpty(_ document: JSON, of type: TypeSchema) -> Bool {
        guard case .object(let object) = document else { return false }
        return object.contains { name, value in type[name].map { givesEmpty(value, as: $0.shape) } ?? false }
    }

    private static func givesEmpty(_ value: JSON, as shape: FieldShape) -> Bool {
        switch (shape, value) {
        case (.object(let type), _): givesEmpty(value, of: type)
        case (.array(let element), .array(let elements)):
            elements.isEmpty || elements.contains { givesEmpty($0, as: element) }
        case (.map(let element), .object(let members)):
            members.isEmpty || members.contains { givesEmpty($1, as: element) }
        default: false
        }
    }

    /// Lists and maps that were given empty where upstream cannot leave them out: its storage does not tell them from unset
    /// ones, so they read `null` afterwards. Everything else stays.
    public static func settle(_ document: inout JSON, to type: TypeSchema) {
        guard type.holdsNullable, case .object(var object) = document else { return }
        document = .null
        var place = 0
        for i in object.storage.indices {
            guard let field = type.field(object.storage[i].key, after: &place) else { continue }
            switch field.shape {
            case .array where field.presence == .always && object.storage[i].value.elements.isEmpty,
                .map where field.presence == .always && object.storage[i].value.entries.isEmpty:
                object.storage[i].value = .null
            case .object(let inner): settle(&object.storage[i].value, to: inner)
            case .array(.object(let inner)) where inner.holdsNullable:
                object.storage[i].value.modifyElements { _, element in settle(&element, to: inner) }
            default: break
            }
        }
        document = .object(object)
    }
}

extension TypeSchema {
    /// The field of that name, for members met in the order of their names: `place` goes along.
    package func field(_ name: String, after place: inout Int) -> Field? {
        let prefix = name.bytePrefix
        while place < prefixes.count, prefixes[place] < prefix { place += 1 }
        while place < prefixes.count, prefixes[place] == prefix {
            if fields[place].name == name { return fields[place] }
            if !fields[place].name.bytesPrecede(name) { return nil }
            place += 1
        }
        return nil
    }
}

/// The kind of a JSON value as Go's decoder names it.
struct JSONKind {
    let name: String
    init(_ value: JSON) {
        name =
            switch value {
            case .int, .double: "number \(value.text)"
            default: value.goKind
            }
    }
}

/// Why a document is none of its type.
struct ConformFailure: Error {
    enum Reason {
        /// A value of that kind where a Go value of that type belongs.
        case mismatch(JSONKind, String)
        /// What a type's own reader says.
        case text(String)
        /// More structures than any object has.
        case tooMany
    }
    private(set) var reason: Reason
    /// Member names from the document's root, the innermost first.
    var path: [String] = []
    /// The struct that has the innermost member.
    var holder = ""
    init(_ reason: Reason) { self.reason = reason }

    /// Says what the wanted type is called, unless it is called by its form.
    mutating func name(_ goType: String) {
        guard !goType.isEmpty, case .mismatch(let found, let wanted) = reason else { return }
        let isMap = wanted.hasPrefix("map[")
        guard isMap || wanted.hasSuffix("string") || wanted.hasSuffix("int32") else { return }
        let lists = isMap ? "" : String(repeating: "[]", count: wanted.utf8.count(where: { $0 == UInt8(ascii: "[") }))
        reason = .mismatch(found, lists + goType)
    }

    /// 413 with the place of the list that went too far.
    private var tooMany: APIError {
        .tooManyParts("\(path.reversed().joined(separator: ".")): limit is \(Conformer.structuresMax) structures")
    }

    func refusal(root: TypeSchema) -> APIError {
        if case .tooMany = reason { return tooMany }
        return .badRequest(message(root: root))
    }

    func message(root: TypeSchema) -> String {
        switch reason {
        case .text(let text): return text
        case .tooMany: return tooMany.message
        case .mismatch(let found, let wanted):
            let kind =
                found.name.hasPrefix("number") && wanted.hasPrefix("int")
                ? found.name : String(found.name.prefix { $0 != " " })
            if path.isEmpty { return "json: cannot unmarshal \(kind) into Go value of type \(wanted)" }
            let place = path.reversed().joined(separator: ".")
            return "json: cannot unmarshal \(kind) into Go struct field \(holder).\(place) of type \(wanted)"
        }
    }
}

/// The walk itself. Paths are put together only when there is something to report.
struct Conformer {
    /// The most unknown members that are named, as upstream's decoder has it; more are dropped in silence.
    static let unknownMax = 100
    /// The most structs of an object that is read. An object of the 1.5 MiB that can be stored has no more than some 20,000 that
    /// say something; each takes far more here than in a body that is made of empty ones.
    static let structuresMax = 50_000
    private var structuresLeft = structuresMax
    var unknown: [String] = []

    mutating func object(_ value: inout JSON, _ type: TypeSchema) throws(ConformFailure) {
        guard case .object(var object) = value else {
            throw ConformFailure(.mismatch(JSONKind(value), type.goName))
        }
        structuresLeft -= 1
        if structuresLeft < 0 { throw ConformFailure(.tooMany) }
        value = .null  // the storage is now held once, and changes in place
        let fieldCount = type.prefixes.count
        var place = 0
        // Members are read at `i` and kept at `kept`: what is dropped costs no move of all that follow.
        var i = 0
        var kept = 0
        while i < object.storage.count {
            let prefix = object.storage[i].key.bytePrefix
            while place < fieldCount, type.prefixes[place] < prefix {
                if type.isAlwaysWritten[place] { Self.write(place, of: type, into: &object, &kept, &i) }
                place += 1
            }
            var found = false
            while place < fieldCount, type.prefixes[place] == prefix {
                if type.fields[place].name == object.storage[i].key {
                    found = true
                    break
                }
                if !type.fields[place].name.bytesPrecede(object.storage[i].key) { break }
                if type.isAlwaysWritten[place] { Self.write(place, of: type, into: &object, &kept, &i) }
                place += 1
            }
            var stays = type.keepsUnknown
            if found {
                stays = try field(&object.storage[i].value, place, type)
                place += 1
            } else if !stays, unknown.count < Self.unknownMax {
                unknown.append(object.storage[i].key)
            }
            if stays {
                if kept != i { object.storage.swapAt(kept, i) }
                kept += 1
            }
            i += 1
        }
        while place < fieldCount {
            if type.isAlwaysWritten[place] { Self.write(place, of: type, into: &object, &kept, &i) }
            place += 1
        }
        if kept < object.storage.count { object.storage.removeLast(object.storage.count - kept) }
        value = .object(object)
    }

    /// Puts a field's zero value at `kept`.
    private static func write(
        _ place: Int, of type: TypeSchema, into object: inout JSONObject, _ kept: inout Int, _ i: inout Int
    ) {
        let entry = JSONObject.Entry(key: type.fields[place].name, value: type.fields[place].zero)
        if kept < i {
            object.storage[kept] = entry
        } else {
            object.storage.insert(entry, at: kept)
            i += 1
        }
        kept += 1
    }

    /// Conforms one member; false when it is left out.
    @inline(__always)
    private mutating func field(_ value: inout JSON, _ place: Int, _ type: TypeSchema) throws(ConformFailure) -> Bool {
        if case .null = value {
            if !type.isAlwaysWritten[place] { return false }
            value = type.fields[place].zero
            return true
        }
        let before = unknown.count
        do throws(ConformFailure) {
            try shaped(&value, type.fields[place].shape)
        } catch {
            var failure = error
            let field = type.fields[place]
            if failure.path.isEmpty {
                failure.holder = type.shortName
                failure.name(field.goType)
            }
            failure.path.append(field.name)
            if !field.goEmbedding.isEmpty { failure.path.append(field.goEmbedding) }
            throw failure
        }
        if unknown.count > before { prefix(from: before, with: type.fields[place].name, separator: ".") }
        return !(type.fields[place].presence == .omitted && isLeftOut(value, type.fields[place].shape))
    }

    @inline(__always)
    private func isLeftOut(_ value: JSON, _ shape: FieldShape) -> Bool {
        switch shape {
        case .string, .int32, .int64, .double, .bool, .bytes, .array, .map: value.isEmptyValue
        default: false
        }
    }

    private mutating func prefix(from start: Int, with name: String, separator: String) {
        for i in start..<unknown.count {
            unknown[i] = unknown[i].utf8.first == UInt8(ascii: "[") ? name + unknown[i] : name + separator + unknown[i]
        }
    }

    mutating func shaped(_ value: inout JSON, _ shape: FieldShape) throws(ConformFailure) {
        switch shape {
        case .string:
            guard case .string = value else { throw ConformFailure(.mismatch(JSONKind(value), "string")) }
        case .bool:
            guard case .bool = value else { throw ConformFailure(.mismatch(JSONKind(value), "bool")) }
        case .int32:
            guard case .int(let number) = value, Int64(Int32(truncatingIfNeeded: number)) == number else {
                throw ConformFailure(.mismatch(JSONKind(value), "int32"))
            }
        case .int64:
            guard case .int = value else { throw ConformFailure(.mismatch(JSONKind(value), "int64")) }
        case .double:
            guard value.number != nil else { throw ConformFailure(.mismatch(JSONKind(value), "float64")) }
        case .object(let type):
            try object(&value, type)
        case .array(let element): try array(&value, element)
        case .map(let element): try map(&value, element)
        case .any: break
        case .quantity:
            if case .string(let text) = value {
                guard let canonical = Quantity.canonical(text) else {
                    throw ConformFailure(.text(Quantity.formatMessage))
                }
                value = .string(canonical)
            } else {
                guard let amount = Quantity(value) else { throw ConformFailure(.text(Quantity.formatMessage)) }
                value = .string(amount.text)
            }
        case .intOrString:
            switch value {
            case .string: break
            case .int(let number) where Int64(Int32(truncatingIfNeeded: number)) == number: break
            default: throw ConformFailure(.mismatch(JSONKind(value), "int32"))
            }
        case .bytes:
            guard case .string(let text) = value else { throw ConformFailure(.mismatch(JSONKind(value), "[]uint8")) }
            do throws(Base64.Corrupt) { value = .string(try Base64.canonical(text)) } catch {
                throw ConformFailure(.text(error.message))
            }
        case .time: try time(&value, micro: false)
        case .microTime: try time(&value, micro: true)
        }
    }

    private func time(_ value: inout JSON, micro: Bool) throws(ConformFailure) {
        guard case .string(let text) = value else { throw ConformFailure(.mismatch(JSONKind(value), "string")) }
        guard let moment = Timestamp(rfc3339: text) else {
            let layout = micro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00"
            let shown = goQuotedBytes(text)
            throw ConformFailure(.text("parsing time \(shown) as \"\(layout)\": cannot parse \(shown) as \"2006\""))
        }
        if micro, let rest = Self.partAfterMicroseconds(text) {
            let layout = "2006-01-02T15:04:05.000000Z07:00"
            throw ConformFailure(
                .text(
                    "parsing time \(goQuotedBytes(text)) as \"\(layout)\": cannot parse \(goQuotedBytes(rest)) as \".000000\""
                ))
        }
        value = .string(micro ? moment.rfc3339Micro : moment.rfc3339)
    }

    /// What stands in a moment where a dot and six digits belong; nil when they are there.
    private static func partAfterMicroseconds(_ text: String) -> String? {
        let rest = text.utf8.dropFirst("2006-01-02T15:04:05".utf8.count)
        let fraction = rest.prefix(7)
        let isThere =
            fraction.count == 7 && fraction.first == UInt8(ascii: ".")
            && fraction.dropFirst().allSatisfy { $0 &- 48 < 10 }
        return isThere ? nil : String(decoding: rest, as: UTF8.self)
    }

    private mutating func array(_ value: inout JSON, _ element: FieldShape) throws(ConformFailure) {
        guard case .array(var elements) = value else {
            throw ConformFailure(.mismatch(JSONKind(value), Self.goName(.array(element))))
        }
        value = .null
        for i in elements.indices {
            if case .null = elements[i] {
                elements[i] = element.zero
                continue
            }
            let before = unknown.count
            try shaped(&elements[i], element)
            if unknown.count > before { prefix(from: before, with: "[\(i)]", separator: ".") }
        }
        value = .array(elements)
    }

    private mutating func map(_ value: inout JSON, _ element: FieldShape) throws(ConformFailure) {
        guard case .object(var object) = value else {
            throw ConformFailure(.mismatch(JSONKind(value), Self.goName(.map(element))))
        }
        value = .null
        for i in object.storage.indices {
            if case .null = object.storage[i].value {
                // Storage gives no bytes back as an empty text.
                if case .bytes = element {
                    object.storage[i].value = ""
                } else {
                    object.storage[i].value = element.zero
                }
                continue
            }
            let before = unknown.count
            try shaped(&object.storage[i].value, element)
            if unknown.count > before { prefix(from: before, with: object.storage[i].key, separator: ".") }
        }
        value = .object(object)
    }

    private static func goName(_ shape: FieldShape) -> String {
        switch shape {
        case .string, .time, .microTime: "string"
        case .int32, .intOrString: "int32"
        case .int64: "int64"
        case .double: "float64"
        case .bool: "bool"
        case .bytes: "[]uint8"
        case .quantity: "resource.Quantity"
        case .object(let type): type.goName
        case .array(let element): "[]" + goName(element)
        case .map(let element): "map[string]" + goName(element)
        case .any: "interface {}"
        }
    }
}
