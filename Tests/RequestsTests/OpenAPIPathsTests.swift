import Document
import Requests
import Schema
import Testing

/// Paths and operations as upstream's documents have them.
@Suite struct OpenAPIPathsTests {
    private static let core: JSON = {
        let documents = OpenAPIv3(.builtin, definitions: [], version: "v1.36.2").documents
        return documents.first { $0.path == "api/v1" }.flatMap { try? JSON(parsing: $0.bytes) } ?? .null
    }()
    private static let pods = "/api/v1/namespaces/{namespace}/pods"

    private func names(_ parameters: JSON?) -> [String] {
        (parameters?.elements ?? []).compactMap { $0["name"]?.string }
    }
    private func operation(_ path: String, _ method: String) -> JSON {
        Self.core["paths", path, method] ?? .null
    }

    @Test func whatAllOperationsTakeStandsAtThePath() {
        #expect(names(Self.core["paths", Self.pods, "parameters"]) == ["namespace", "pretty"])
        #expect(
            names(operation(Self.pods, "post")["parameters"]) == [
                "dryRun", "fieldManager", "fieldValidation",
            ])
        #expect(operation(Self.pods + "/{name}", "get")["parameters"] == nil)
        let all = names(Self.core["paths", "/api/v1/pods", "parameters"])
        #expect(all.first == "allowWatchBookmarks" && all.contains("pretty") && all.last == "watch")
        #expect(operation("/api/v1/pods", "get")["parameters"] == nil)
    }

    @Test func answersAndBodies() {
        let create = operation(Self.pods, "post")
        #expect(create["requestBody", "content"]?.entries.map(\.key) == ["*/*"])
        #expect(create["responses"]?.entries.map(\.key) == ["200", "201", "202", "401"])
        let list = operation(Self.pods, "get")["responses", "200", "content"]
        #expect(
            list?.entries.map(\.key) == [
                "application/json", "application/json;stream=watch", "application/vnd.kubernetes.protobuf",
                "application/vnd.kubernetes.protobuf;stream=watch", "application/yaml",
            ])
        func deleted(_ path: String) -> String? {
            let answer = operation(path + "/{name}", "delete")[
                "responses", "202", "content", "application/json"]
            return answer?["schema", "$ref"]?.string?.split(separator: ".").last.map(String.init)
        }
        #expect(deleted(Self.pods) == "Pod")
        #expect(deleted("/api/v1/namespaces/{namespace}/configmaps") == "Status")
    }

    @Test(arguments: [
        (
            "/api/v1/namespaces/{namespace}/pods/{name}/exec", "post",
            "connectCoreV1PostNamespacedPodExec", "connect"
        ),
        (
            "/api/v1/nodes/{name}/proxy/{path}", "options", "connectCoreV1OptionsNodeProxyWithPath",
            "connect"
        ),
        ("/api/v1/watch/pods", "get", "watchCoreV1PodListForAllNamespaces", "watchlist"),
        ("/api/v1/watch/nodes/{name}", "get", "watchCoreV1Node", "watch"),
        (
            "/api/v1/namespaces/{namespace}/pods", "delete", "deleteCoreV1CollectionNamespacedPod",
            "deletecollection"
        ),
        (
            "/api/v1/namespaces/{namespace}/pods/{name}/status", "put",
            "replaceCoreV1NamespacedPodStatus", "put"
        ),
        ("/api/v1/namespaces/{name}/finalize", "put", "replaceCoreV1NamespaceFinalize", "put"),
        (
            "/api/v1/namespaces/{namespace}/pods/{name}/eviction", "post",
            "createCoreV1NamespacedPodEviction", "post"
        ),
    ])
    func identifiers(_ path: String, _ method: String, _ identifier: String, _ action: String) {
        #expect(operation(path, method)["operationId"]?.string == identifier)
        #expect(operation(path, method)["x-kubernetes-action"]?.string == action)
    }

    @Test func logsAreText() {
        let log = operation(Self.pods + "/{name}/log", "get")
        #expect(log["responses", "200", "content", "text/plain", "schema", "type"] == "string")
        #expect(
            names(Self.core["paths", Self.pods + "/{name}/log", "parameters"]).contains("sinceSeconds"))
    }

    @Test func referencesAreWrappedInVersionThreeAndDefaultsLeftOutInVersionTwo() throws {
        let spec =
            Self.core["components", "schemas", "io.k8s.api.core.v1.Container", "properties"] ?? .null
        #expect(
            spec["livenessProbe"] == [
                "allOf": [["$ref": "#/components/schemas/io.k8s.api.core.v1.Probe"]]
            ])
        #expect(spec["imagePullPolicy", "enum"] == ["Always", "IfNotPresent", "Never"])
        #expect(spec["name", "default"] == "")
        let swagger = try JSON(parsing: OpenAPIv2(.builtin, definitions: [], version: "v1.36.2").json)
        let plain = swagger["definitions", "io.k8s.api.core.v1.Container", "properties"] ?? .null
        #expect(plain["livenessProbe"] == ["$ref": "#/definitions/io.k8s.api.core.v1.Probe"])
        #expect(plain["name", "default"] == nil)
        let get = swagger["paths", Self.pods + "/{name}", "get"] ?? .null
        #expect(get["schemes"] == ["https"] && get["consumes"] == ["*/*"])
        #expect(swagger["paths", "/apis/apps/v1/", "get", "operationId"] == "getAppsV1APIResources")
    }
}
