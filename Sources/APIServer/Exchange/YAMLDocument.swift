import Document
import Yams

/// YAML as the JSON that it stands for.
struct YAMLDocument {
    /// As deep as a JSON body may nest.
    private static let depthMax = 200
    /// Parts and bytes that aliases may add to what was written out.
    private static let aliasesMax = 10_000

    /// Why a text is refused.
    struct Refusal: Error {
        let message: String
    }

    private var partsLeft: Int
    private var bytesLeft: Int

    /// The document; null for an empty text.
    /// - Throws: a `Refusal`, or what the parser says.
    static func parse(_ text: String) throws -> JSON {
        let size = text.utf8.count
        // Every part of a text takes a byte of it: more come from aliases alone, which can say much with little.
        var reader = YAMLDocument(partsLeft: size + aliasesMax, bytesLeft: 2 * size + aliasesMax)
        guard let node = try Yams.compose(yaml: text) else { return .null }
        return try reader.document(node, depth: 0)
    }

    private mutating func take(_ text: String) throws {
        partsLeft -= 1
        bytesLeft -= text.utf8.count
        if partsLeft < 0 || bytesLeft < 0 {
            throw Refusal(message: "yaml: document contains excessive aliasing")
        }
    }

    private mutating func document(_ node: Node, depth: Int) throws -> JSON {
        guard depth < YAMLDocument.depthMax else {
            throw Refusal(message: "yaml: exceeded max depth of \(YAMLDocument.depthMax)")
        }
        switch node {
        case .mapping(let mapping):
            try take("")
            var members: [(String, JSON)] = []
            for (key, value) in mapping {
                guard let name = key.scalar?.string else {
                    throw Refusal(message: "yaml: a key must be a text or a number")
                }
                try take(name)
                members.append((name, try document(value, depth: depth + 1)))
            }
            return .object(JSONObject(members))
        case .sequence(let sequence):
            try take("")
            var elements: [JSON] = []
            for element in sequence { elements.append(try document(element, depth: depth + 1)) }
            return .array(elements)
        case .scalar(let scalar):
            try take(scalar.string)
            return value(scalar, node)
        case .alias: throw Refusal(message: "yaml: an alias that stands for nothing")
        }
    }

    private func value(_ scalar: Node.Scalar, _ node: Node) -> JSON {
        // Finding out what a text without a tag stands for is slow: most that stand for themselves show it by how they start.
        if scalar.tag.description.isEmpty {
            guard scalar.style == .plain else { return .string(scalar.string) }
            guard let first = scalar.string.utf8.first else { return .null }
            let isDigit = (48...57).contains(first)
            if !isDigit, !"+-.~yYnNtTfFoO".utf8.contains(first) { return .string(scalar.string) }
        }
        switch node.tag.description {
        case "tag:yaml.org,2002:null": return .null
        case "tag:yaml.org,2002:bool": return node.bool.map { .bool($0) } ?? .string(scalar.string)
        case "tag:yaml.org,2002:int": return node.int.map { .int(Int64($0)) } ?? .string(scalar.string)
        case "tag:yaml.org,2002:float":
            // Infinities and what is no number have no place in JSON.
            guard let double = node.float, double.isFinite else { return .string(scalar.string) }
            return .double(double)
        default: return .string(scalar.string)
        }
    }
}
