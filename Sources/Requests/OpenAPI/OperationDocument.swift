import Document
import Schema

/// One operation of a path.
struct OperationDocument {
    /// What is said of an operation's answer or body.
    enum Content {
        /// A type by its name.
        case type(String)
        case text
    }

    var identifier: String
    var tag: String
    /// `x-kubernetes-action`; nil for discovery.
    var action: String?
    var kind: GroupVersionKind?
    var queries: [QueryParameter] = []
    var body: Content?
    var bodyMedia: [String] = []
    var needsBody = false
    /// What version 2 says is taken where there is no body.
    var bodylessMedia = ["*/*"]
    var answer: Content?
    var answerMedia: [String] = []
    /// Answers besides 200 that mean success.
    var further: [(code: String, words: String)] = []

    static let plainMedia = ["application/json", "application/yaml"]
    static let media = plainMedia + ["application/vnd.kubernetes.protobuf"]
    static let watchMedia = [
        "application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch",
    ]

    /// - Parameter hoisted: parameters that stand at the path, for all of its operations.
    func document(_ schemas: SchemaDocument, hoisted: [QueryParameter]) -> JSON {
        let isV3 = schemas.version == .v3
        var out: JSON = ["operationId": .string(identifier), "tags": [.string(tag)]]
        if let action { out["x-kubernetes-action"] = .string(action) }
        if let kind { out["x-kubernetes-group-version-kind"] = SchemaDocument.kind(kind) }
        var parameters = queries.filter { !hoisted.contains($0) }.map { $0.document(schemas.version) }
        if let body {
            if isV3 {
                var request: JSON = ["content": content(bodyMedia, body, schemas)]
                if needsBody { request["required"] = true }
                out["requestBody"] = request
            } else {
                var parameter: JSON = ["name": "body", "in": "body", "schema": schema(body, schemas)]
                if needsBody { parameter["required"] = true }
                parameters.append(parameter)
            }
        }
        if !parameters.isEmpty { out["parameters"] = .array(parameters) }
        if !isV3 {
            out["schemes"] = ["https"]
            out["produces"] = .array(answerMedia.map { .string($0) })
            out["consumes"] = .array((bodyMedia.isEmpty ? bodylessMedia : bodyMedia).map { .string($0) })
        }
        var responses: JSON = ["401": ["description": "Unauthorized"]]
        for (code, words) in [("200", "OK")] + further {
            var response: JSON = ["description": .string(words)]
            if let answer {
                if isV3 {
                    response["content"] = content(answerMedia, answer, schemas)
                } else {
                    response["schema"] = schema(answer, schemas)
                }
            }
            responses[code] = response
        }
        out["responses"] = responses
        return out
    }

    private func schema(_ content: Content, _ schemas: SchemaDocument) -> JSON {
        switch content {
        case .type(let name): schemas.reference(name)
        case .text: ["type": "string"]
        }
    }

    private func content(_ media: [String], _ content: Content, _ schemas: SchemaDocument) -> JSON {
        .object(JSONObject(media.map { ($0, ["schema": schema(content, schemas)]) }))
    }
}

/// The operations of one path, by method. What all of them may be asked with stands at the path.
struct PathItem {
    var path: String
    /// The parameters in the path itself.
    var places: [QueryParameter]
    var operations: [(method: String, operation: OperationDocument)] = []

    func document(_ schemas: SchemaDocument) -> JSON {
        let shared = (operations.first?.operation.queries ?? []).filter { query in
            operations.allSatisfy { $0.operation.queries.contains(query) }
        }
        var item: JSON = [:]
        for (method, operation) in operations { item[method] = operation.document(schemas, hoisted: shared) }
        let parameters = (shared + places).sorted { $0.name < $1.name }.map { $0.document(schemas.version) }
        if !parameters.isEmpty { item["parameters"] = .array(parameters) }
        return item
    }
}
