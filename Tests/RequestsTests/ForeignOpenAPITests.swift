import Document
import Requests
import Schema
import Testing

/// What aggregated servers say in OpenAPI beside this server's own words.
@Suite struct ForeignOpenAPITests {
    private static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
    private static let status = "io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause"

    private func swagger(_ others: [ForeignOpenAPI.Server]) throws -> JSON {
        let document = OpenAPIv2(.builtin, definitions: [], version: "v1.36.2", others: ForeignOpenAPI(others))
        return try JSON(parsing: document.json)
    }

    @Test func itsOwnPathsAndWhatTheyReferTo() throws {
        let plain = try swagger([])
        var cause = plain["definitions", Self.status] ?? .null
        cause["description"] = "why"
        cause["properties", "field", "description"] = "where"
        func reference(_ name: String) -> JSON { ["$ref": .string("#/definitions/" + name)] }
        let foreign: JSON = [
            "paths": [
                "/apis/fruit.io/v1/apples": ["get": ["responses": ["200": ["schema": reference("io.fruit.Apple")]]]],
                "/apis/fruit.io/v10/apples": [:], "/apis/apps/v1/deployments": [:], "/version/": [:],
            ],
            "definitions": [
                "io.fruit.Apple": [
                    "type": "object",
                    "properties": ["metadata": reference(Self.meta), "cause": reference(Self.status)],
                ],
                .init(Self.meta): ["type": "object", "properties": ["fancy": ["type": "string"]]],
                .init(Self.status): cause,
            ],
        ]
        let merged = try swagger([.init(path: "/apis/fruit.io/v1", swagger: foreign)])
        let news = Set(merged["paths"]?.entries.map(\.key) ?? []).subtracting(plain["paths"]?.entries.map(\.key) ?? [])
        #expect(news == ["/apis/fruit.io/v1/apples"])
        let apple = merged["definitions", "io.fruit.Apple", "properties"] ?? .null
        #expect(apple["metadata"] == reference(Self.meta + "_v2"), "what is otherwise here has another name")
        #expect(apple["cause"] == reference(Self.status), "what is the same but for words is shared")
        #expect(merged["definitions", Self.meta] == plain["definitions", Self.meta])
        #expect(merged["definitions", Self.meta + "_v2", "properties", "fancy", "type"] == "string")
    }

    @Test func theIndexListsTheirDocumentsAfterItsOwn() throws {
        let others = ForeignOpenAPI([
            .init(
                path: "/apis/fruit.io/v1",
                index: [("apis/fruit.io/v1", "/openapi/v3/apis/fruit.io/v1?hash=A"), ("api/v1", "/x")]
            ),
            .init(path: "/apis/wood.io/v1", index: [("apis/fruit.io/v1", "/y"), ("apis/wood.io/v1", "/z")]),
        ])
        let index = try JSON(
            parsing: OpenAPIv3(.builtin, definitions: [], version: "v1.36.2", others: others).index)
        func url(_ path: String) -> String { index["paths", path, "serverRelativeURL"]?.string ?? "" }
        #expect(url("apis/fruit.io/v1") == "/openapi/v3/apis/fruit.io/v1?hash=A")
        #expect(url("apis/wood.io/v1") == "/z")
        #expect(url("api/v1").hasPrefix("/openapi/v3/api/v1?hash="))
    }
}
