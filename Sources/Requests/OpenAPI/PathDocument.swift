import Document
import Schema

/// Writes the paths of a resource and their operations.
struct PathDocument {
    let schemas: SchemaDocument

    init(_ schemas: SchemaDocument) { self.schemas = schemas }

    /// The name of the schema of a served kind; nil when there is none.
    static func schemaName(_ kind: GroupVersionKind, of type: ResourceType, _ catalog: Catalog) -> String? {
        if type.isCustom, kind == type.groupVersionKind { return CustomSchema.name(type) }
        return catalog.type(for: kind)?.name
    }

    /// Every path of a resource with its item.
    func paths(_ type: ResourceType, _ catalog: Catalog, _ referred: inout Set<String>) -> [(path: String, item: JSON)]
    {
        let items = ResourcePaths(type, catalog).items()
        for (_, operation) in items.flatMap(\.operations) {
            for case .type(let name)? in [operation.body, operation.answer] { referred.insert(name) }
        }
        return items.map { ($0.path, $0.document(schemas)) }
    }

    /// The path of a discovery document: `getAppsV1APIResources`.
    func discovery(_ answer: String, _ identifier: String, tag: String) -> JSON {
        let operation = OperationDocument(
            identifier: identifier, tag: tag, bodylessMedia: OperationDocument.media, answer: .type(answer),
            answerMedia: OperationDocument.media)
        return PathItem(path: "", places: [], operations: [("get", operation)]).document(schemas)
    }
}

/// How upstream names groups, versions and kinds in operations.
struct OperationNames {
    let group: String
    let version: String

    /// `Core`, `RbacAuthorization`.
    var groupWord: String {
        if group.isEmpty { return "Core" }
        let parts = group.split(separator: ".")
        let kept = parts.count > 2 && group.hasSuffix(".k8s.io") ? parts.dropLast(2) : parts[...]
        return kept.map { Self.capitalized(String($0)) }.joined()
    }
    /// `core`, `rbacAuthorization`.
    var groupTag: String { groupWord.prefix(1).lowercased() + groupWord.dropFirst() }
    /// `core_v1`.
    var tag: String { groupTag + "_" + version }
    /// `CoreV1`.
    var word: String { groupWord + Self.capitalized(version) }

    static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}
