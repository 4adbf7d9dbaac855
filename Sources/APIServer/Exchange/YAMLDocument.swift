import CYaml
package import Document

/// YAML as the JSON that it stands for, made from the parser's events as they come.
package struct YAMLDocument {
    /// As deep as a JSON body may nest.
    private static let depthMax = 200
    /// Parts and bytes that aliases may add to what was written out.
    private static let aliasesMax = 10_000
    /// Anchors that a text may set: each keeps what it names.
    private static let anchorsMax = 10_000

    /// Why a text is refused.
    package struct Refusal: Error {
        package let message: String
        /// It is no mistake, but more than is read.
        package var isTooMuch = false
    }

    /// What an anchor names, and what an alias of it adds.
    private struct Anchored {
        let value: JSON
        /// A scalar as it was written, for an alias that is a key.
        let text: String?
        let parts: Int
        let bytes: Int
        let height: Int
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private var partsLeft: Int
    private var bytesLeft: Int
    private var anchors: [String: Anchored] = [:]
    /// The deepest place that was read since the anchor being read began.
    private var deepest = 0

    /// The document; null for an empty text.
    package static func parse(_ text: String) throws(Refusal) -> JSON {
        var text = text
        let result = text.withUTF8 { bytes -> Result<JSON, Refusal> in
            let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
            defer { parser.deallocate() }
            guard yaml_parser_initialize(parser) == 1 else { return .failure(Refusal(message: "yaml: no memory")) }
            defer { yaml_parser_delete(parser) }
            yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
            yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
            var reader = YAMLDocument(parser, size: bytes.count)
            do throws(Refusal) { return .success(try reader.document()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private init(_ parser: UnsafeMutablePointer<yaml_parser_t>, size: Int) {
        self.parser = parser
        // Every part of a text takes a byte of it: more come from aliases alone, which can say much with little.
        partsLeft = min(size + YAMLDocument.aliasesMax, JSON.bodyPartsMax)
        bytesLeft = 2 * size + YAMLDocument.aliasesMax
    }

    // MARK: Events

    /// Hands the next event to `body` and lets go of it afterwards.
    private mutating func next<Answer>(_ body: (inout YAMLDocument, yaml_event_t) throws(Refusal) -> Answer)
        throws(Refusal) -> Answer
    {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw fault }
        defer { yaml_event_delete(&event) }
        return try body(&self, event)
    }

    /// What the parser has against the text, in the words and with the line that Go's has.
    private var fault: Refusal {
        let it = parser.pointee
        let problem = it.problem.map { String(cString: $0) } ?? "unknown problem parsing YAML content"
        var line = it.context_mark.line != 0 ? it.context_mark.line : it.problem_mark.line
        if line != 0, it.error == YAML_SCANNER_ERROR { line += 1 }
        return Refusal(message: line == 0 ? "yaml: \(problem)" : "yaml: line \(line): \(problem)")
    }

    private mutating func document() throws(Refusal) -> JSON {
        try next { _, _ throws(Refusal) in }  // the stream begins
        let isEmpty = try next { _, event throws(Refusal) in event.type == YAML_STREAM_END_EVENT }
        if isEmpty { return .null }
        let value = try next { reader, event throws(Refusal) in try reader.value(event, depth: 0) }
        try next { _, _ throws(Refusal) in }  // the document ends
        let isLast = try next { _, event throws(Refusal) in event.type == YAML_STREAM_END_EVENT }
        guard isLast else { throw Refusal(message: "yaml: expected a single document in the stream") }
        return value
    }

    /// Aliases are what makes more of a text than it is long.
    private var tooMuch: Refusal {
        anchors.isEmpty
            ? Refusal(message: "limit is \(JSON.bodyPartsMax) values", isTooMuch: true)
            : Refusal(message: "yaml: document contains excessive aliasing")
    }

    // MARK: Values

    private mutating func take(parts: Int, bytes: Int) throws(Refusal) {
        partsLeft -= parts
        bytesLeft -= bytes
        if partsLeft < 0 || bytesLeft < 0 { throw tooMuch }
    }

    private mutating func value(_ event: yaml_event_t, depth: Int) throws(Refusal) -> JSON {
        guard depth < YAMLDocument.depthMax else {
            throw Refusal(message: "yaml: exceeded max depth of \(YAMLDocument.depthMax)")
        }
        deepest = max(deepest, depth)
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = YAMLScalar(event)
            return try named(event.data.scalar.anchor, scalar.text, depth) { reader throws(Refusal) in
                try reader.take(parts: 1, bytes: scalar.text.utf8.count)
                return scalar.value
            }
        case YAML_SEQUENCE_START_EVENT:
            return try named(event.data.sequence_start.anchor, nil, depth) { reader throws(Refusal) in
                try reader.sequence(depth)
            }
        case YAML_MAPPING_START_EVENT:
            return try named(event.data.mapping_start.anchor, nil, depth) { reader throws(Refusal) in
                try reader.mapping(depth)
            }
        default:
            let known = try alias(event)
            guard depth + known.height < YAMLDocument.depthMax else {
                throw Refusal(message: "yaml: exceeded max depth of \(YAMLDocument.depthMax)")
            }
            deepest = max(deepest, depth + known.height)
            try take(parts: known.parts, bytes: known.bytes)
            return known.value
        }
    }

    private func alias(_ event: yaml_event_t) throws(Refusal) -> Anchored {
        let name = event.type == YAML_ALIAS_EVENT ? event.data.alias.anchor.map { String(cString: $0) } ?? "" : ""
        guard let known = anchors[name] else { throw Refusal(message: "yaml: unknown anchor '\(name)' referenced") }
        return known
    }

    /// Reads a value and keeps it under its anchor, when it has one.
    private mutating func named(
        _ anchor: UnsafeMutablePointer<UInt8>?, _ text: String?, _ depth: Int,
        _ read: (inout YAMLDocument) throws(Refusal) -> JSON
    ) throws(Refusal) -> JSON {
        guard let anchor else { return try read(&self) }
        guard anchors.count < YAMLDocument.anchorsMax else {
            throw Refusal(message: "limit is \(YAMLDocument.anchorsMax) anchors", isTooMuch: true)
        }
        let before = (parts: partsLeft, bytes: bytesLeft, deepest: deepest)
        deepest = depth
        let value = try read(&self)
        anchors[String(cString: anchor)] = Anchored(
            value: value, text: text, parts: before.parts - partsLeft, bytes: before.bytes - bytesLeft,
            height: deepest - depth)
        deepest = max(before.deepest, deepest)
        return value
    }

    private mutating func sequence(_ depth: Int) throws(Refusal) -> JSON {
        try take(parts: 1, bytes: 0)
        var elements: [JSON] = []
        while let element = try next({ reader, event throws(Refusal) -> JSON? in
            if event.type == YAML_SEQUENCE_END_EVENT { return Optional.none }
            return try reader.value(event, depth: depth + 1)
        }) {
            elements.append(element)
        }
        return .array(elements)
    }

    private mutating func mapping(_ depth: Int) throws(Refusal) -> JSON {
        try take(parts: 1, bytes: 0)
        var entries: [JSONObject.Entry] = []
        while let key = try next({ reader, event throws(Refusal) -> String? in
            if event.type == YAML_MAPPING_END_EVENT { return Optional.none }
            return try reader.key(event)
        }) {
            let value = try next { reader, event throws(Refusal) in try reader.value(event, depth: depth + 1) }
            entries.append(JSONObject.Entry(key: key, value: value))
        }
        var repeated: String?
        let object = JSONObject(unsorted: entries) { repeated = repeated ?? $0 }
        if let repeated { throw Refusal(message: "yaml: key \"\(repeated)\" already set in map") }
        return .object(object)
    }

    private mutating func key(_ event: yaml_event_t) throws(Refusal) -> String {
        var text: String?
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = YAMLScalar(event)
            _ = try named(event.data.scalar.anchor, scalar.text, 0) { _ throws(Refusal) in scalar.value }
            text = scalar.text
        case YAML_ALIAS_EVENT: text = try alias(event).text
        default: break
        }
        guard let text else { throw Refusal(message: "yaml: a key must be a text or a number") }
        try take(parts: 1, bytes: text.utf8.count)
        return text
    }
}
