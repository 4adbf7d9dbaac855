import CFacts
import Document

extension Catalog {
    /// Every kind that kube-apiserver 1.36 serves by default, in its order of discovery. Read once from the embedded table.
    public static let builtin: Catalog = SchemaTable.catalog(
        UnsafeBufferPointer(start: reckon_schema_table_start(), count: reckon_schema_table_length))
}

/// Reads the table that `tools/facts` writes; its format is described there. The table is part of the program, so a line
/// that cannot be read is a bug and traps.
struct SchemaTable {
    private typealias Bytes = UnsafeBufferPointer<UInt8>
    private static let space = UInt8(ascii: " ")

    static func catalog(_ table: UnsafeBufferPointer<UInt8>) -> Catalog {
        var lines: [Slice<Bytes>] = []
        lines.reserveCapacity(4096)
        var start = 0
        for i in table.indices where table[i] == UInt8(ascii: "\n") {
            lines.append(table[start..<i])
            start = i + 1
        }
        var reader = SchemaTable()
        reader.nameTypes(lines)
        reader.readAll(lines)
        var types: [String: TypeSchema] = [:]
        types.reserveCapacity(reader.types.count)
        for type in reader.types { types[type.name] = type }
        for type in reader.kinds.values { type.finish() }
        TypeSchema.findNullable(reader.types)
        return Catalog(resources: reader.resources, types: types, kindTypes: reader.kinds)
    }

    private var types: [TypeSchema] = []
    /// Whether the type of that place is owned whole by server-side apply.
    private var atomic: [Bool] = []
    private var kinds: [GroupVersionKind: TypeSchema] = [:]
    private var resources: [ResourceType] = []

    // MARK: Types

    /// First pass: every type by its place, so that fields can refer to types further down.
    private mutating func nameTypes(_ lines: [Slice<Bytes>]) {
        var package = ""
        for line in lines where line.count > 2 && line[line.startIndex + 1] == Self.space {
            let words = Self.words(line)
            switch line[line.startIndex] {
            case UInt8(ascii: "p"): package = Self.text(words[1]) + "."
            case UInt8(ascii: "t"):
                types.append(TypeSchema(name: package + Self.text(words[1])))
                atomic.append(words.count > 2 && words[2].contains(UInt8(ascii: "A")))
            default: return
            }
        }
    }

    private mutating func readAll(_ lines: [Slice<Bytes>]) {
        var place = -1
        var fields: [Field] = []
        var apiVersion = ""
        var resource: [Slice<Bytes>] = []
        var subresources: [ResourceType.Subresource] = []
        for line in lines {
            let words = Self.words(line)
            guard words[0].count == 1 else {
                fields.append(field(words))
                continue
            }
            switch line[line.startIndex] {
            case UInt8(ascii: "p"): apiVersion = words.count > 2 ? Self.text(words[2]) : ""
            case UInt8(ascii: "t"):
                if place >= 0 { types[place].fill(fields, isAtomic: atomic[place]) }
                fields.removeAll(keepingCapacity: true)
                place += 1
                if words.count > 2, words[2].contains(UInt8(ascii: "K")) {
                    kinds[GroupVersionKind(apiVersion: apiVersion, kind: Self.text(words[1]))] = types[place]
                }
            case UInt8(ascii: "r"):
                if !resource.isEmpty { add(resource, subresources) }
                resource = words
                subresources.removeAll()
            default:
                let kind = Self.text(words[2])
                let parent = Self.groupVersion(resource[1])
                let gvk =
                    if let slash = kind.lastIndex(of: "/") {
                        GroupVersionKind(
                            apiVersion: String(kind[..<slash]), kind: String(kind[kind.index(after: slash)...]))
                    } else {
                        GroupVersionKind(group: parent.group, version: parent.version, kind: kind)
                    }
                subresources.append(.init(name: Self.text(words[1]), kind: gvk, verbs: Self.list(words[3])))
            }
        }
        if place >= 0 { types[place].fill(fields, isAtomic: atomic[place]) }
        if !resource.isEmpty { add(resource, subresources) }
    }

    private func field(_ words: [Slice<Bytes>]) -> Field {
        let shape = shape(words[1])
        var presence = ZeroPresence.omitted
        var isRequired = false
        var defaultValue: JSON?
        var listKind: ListKind?
        var mapKeys: [String] = []
        var strategies: [String] = []
        var mergeKey: String?
        var isAtomic = false
        var enumeration: [String] = []
        var goType = ""
        var goEmbedding = ""
        switch shape {
        case .object: isAtomic = atomic[typePlace(words[1])]
        case .any: isAtomic = true  // what has no schema is owned whole
        default: break
        }
        for word in words[3...] {
            let rest = word.dropFirst()
            switch word[word.startIndex] {
            case UInt8(ascii: "e"): presence = .omitted
            case UInt8(ascii: "p"): presence = .kept
            case UInt8(ascii: "a"): presence = .always
            case UInt8(ascii: "n"): presence = .alwaysNull
            case UInt8(ascii: "z"): presence = .omittedStruct
            case UInt8(ascii: "r"): isRequired = true
            case UInt8(ascii: "d"): defaultValue = Self.value(rest)
            case UInt8(ascii: "L"):
                listKind = rest.first == UInt8(ascii: "m") ? .map : rest.first == UInt8(ascii: "s") ? .set : .atomic
            case UInt8(ascii: "k"): mapKeys = Self.list(rest)
            case UInt8(ascii: "s"): strategies = Self.list(rest)
            case UInt8(ascii: "g"): mergeKey = Self.text(rest)
            case UInt8(ascii: "A"): isAtomic = true
            case UInt8(ascii: "G"): isAtomic = false
            case UInt8(ascii: "T"): goType = Self.text(rest)
            case UInt8(ascii: "E"): goEmbedding = Self.text(rest)
            case UInt8(ascii: "o"): enumeration = Self.values(rest)
            default: preconditionFailure("schema table: unknown flag \(Self.text(word))")
            }
        }
        var numbers: [Int] = []
        for part in words[2].split(separator: UInt8(ascii: ">")) { numbers.append(Self.number(part)) }
        return Field(
            name: Self.text(words[0]), shape: shape, isRequired: isRequired, presence: presence,
            defaultValue: defaultValue, enumeration: enumeration,
            listKind: listKind, mapKeys: mapKeys, patchStrategies: strategies, patchMergeKey: mergeKey,
            isAtomic: isAtomic,
            protoNumber: numbers.last!, protoPath: Array(numbers.dropLast()), goType: goType,
            goEmbedding: goEmbedding)
    }

    private func typePlace(_ word: Slice<Bytes>) -> Int { Self.number(word.dropFirst()) }

    private func shape(_ word: Slice<Bytes>) -> FieldShape {
        switch word[word.startIndex] {
        case UInt8(ascii: "s"): .string
        case UInt8(ascii: "i"): .int32
        case UInt8(ascii: "l"): .int64
        case UInt8(ascii: "d"): .double
        case UInt8(ascii: "b"): .bool
        case UInt8(ascii: "y"): .bytes
        case UInt8(ascii: "t"): .time
        case UInt8(ascii: "m"): .microTime
        case UInt8(ascii: "q"): .quantity
        case UInt8(ascii: "x"): .intOrString
        case UInt8(ascii: "*"): .any
        case UInt8(ascii: "["): .array(shape(word.dropFirst()))
        case UInt8(ascii: "{"): .map(shape(word.dropFirst()))
        case UInt8(ascii: "#"): .object(types[typePlace(word)])
        default: preconditionFailure("schema table: unknown shape \(Self.text(word))")
        }
    }

    // MARK: Resources

    private mutating func add(_ words: [Slice<Bytes>], _ subresources: [ResourceType.Subresource]) {
        let (group, version) = Self.groupVersion(words[1])
        let resource = Self.text(words[2])
        let kind = Self.text(words[3])
        let gvk = GroupVersionKind(group: group, version: version, kind: kind)
        resources.append(
            ResourceType(
                group: group, version: version, resource: resource, kind: kind, singular: Self.text(words[5]),
                shortNames: Self.list(words[6]), categories: Self.list(words[7]),
                isNamespaced: words[4].first == UInt8(ascii: "N"), verbs: Self.list(words[8]),
                subresources: subresources,
                schema: kinds[gvk], store: Self.store(group, resource),
                storageVersion: Self.storageVersion(group, version)))
    }

    /// Where objects are kept: events of both groups are the core group's.
    private static func store(_ group: String, _ resource: String) -> GroupResource {
        GroupResource(group: group == "events.k8s.io" ? "" : group, resource: resource)
    }

    private static func storageVersion(_ group: String, _ version: String) -> String {
        switch group {
        case "", "events.k8s.io": "v1"
        case "autoscaling": "autoscaling/v2"
        default: group + "/" + version
        }
    }

    // MARK: Words

    /// `Always|IfNotPresent`: an empty value among them may be the first.
    private static func values(_ word: Slice<Bytes>) -> [String] {
        word.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false).map { value in
            String(decoding: value.map { $0 == UInt8(ascii: "_") ? space : $0 }, as: UTF8.self)
        }
    }

    private static func words(_ line: Slice<Bytes>) -> [Slice<Bytes>] {
        var out: [Slice<Bytes>] = []
        out.reserveCapacity(8)
        var start = line.startIndex
        for i in line.indices where line[i] == space {
            out.append(line[start..<i])
            start = i + 1
        }
        out.append(line[start...])
        return out
    }
    private static func text(_ bytes: Slice<Bytes>) -> String { String(decoding: bytes, as: UTF8.self) }
    private static func list(_ bytes: Slice<Bytes>) -> [String] {
        if bytes.count == 1, bytes.first == UInt8(ascii: "-") { return [] }
        return bytes.split(separator: UInt8(ascii: ",")).map(text)
    }
    private static func number(_ bytes: Slice<Bytes>) -> Int {
        var value = 0
        for b in bytes { value = value * 10 + Int(b - 48) }
        return value
    }
    private static func value(_ bytes: Slice<Bytes>) -> JSON {
        guard let value = try? JSON(parsing: bytes) else {
            preconditionFailure("schema table: bad default \(text(bytes))")
        }
        return value
    }
    private static func groupVersion(_ bytes: Slice<Bytes>) -> (group: String, version: String) {
        let text = text(bytes)
        guard let slash = text.firstIndex(of: "/") else { return ("", text) }
        return (String(text[..<slash]), String(text[text.index(after: slash)...]))
    }
}
