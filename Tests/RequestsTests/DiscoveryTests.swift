import Document
import Requests
import Schema
import Testing

@Suite struct DiscoveryTests {
    func get(_ path: String, accept: String = "", tag: String = "") throws -> DiscoveryAnswer? {
        try Discovery.answer(
            path: path, accept: accept, ifNoneMatch: tag, userAgent: "", query: Query(), catalog: .builtin,
            serverAddress: "10.0.0.1:6443")
    }

    @Test func groupsAndResources() throws {
        let core = try JSON(parsing: get("/api/v1")!.body)
        let names = core["resources"]!.elements.map { $0["name"]!.string! }
        #expect(names.starts(with: ["bindings", "componentstatuses", "configmaps"]))
        #expect(names.contains("pods/eviction"))
        #expect(core["resources"]!.elements.first { $0["name"] == "pods/eviction" }?["group"] == "policy")
        #expect(try JSON(parsing: get("/apis/autoscaling")!.body)["preferredVersion", "version"] == "v2")
        #expect(try get("/apis/nothing") == nil)
        #expect(try get("/api/v2") == nil)
    }

    @Test func aggregatedWithETag() throws {
        let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
        let first = try get("/apis", accept: accept)!
        #expect(first.contentType == "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
        let apps = try JSON(parsing: first.body)["items"]!.elements.first { $0["metadata", "name"] == "apps" }!
        let deployments = apps["versions"]![0]!["resources"]!.elements.first { $0["resource"] == "deployments" }!
        #expect(deployments["subresources"]!.elements.map { $0["subresource"]!.string! } == ["scale", "status"])
        #expect(try get("/apis", accept: accept, tag: first.etag)?.code == 304)
        #expect(try get("/apis", accept: "application/json," + accept)?.etag == "")
    }

    @Test func openAPITellsPatchStrategies() throws {
        let documents = OpenAPIv3(.builtin, definitions: [], version: "v1.36.2")
        let core = try JSON(parsing: documents.documents.first { $0.path == "api/v1" }!.bytes)
        let schemas = core["components", "schemas"]!
        let containers = schemas["io.k8s.api.core.v1.PodSpec", "properties", "containers"]!
        #expect(containers["x-kubernetes-patch-merge-key"] == "name")
        #expect(containers["x-kubernetes-list-map-keys"] == ["name"])
        #expect(
            schemas["io.k8s.api.core.v1.Pod", "x-kubernetes-group-version-kind"] == [
                ["group": "", "kind": "Pod", "version": "v1"]
            ])
        let patch = core["paths", "/api/v1/namespaces/{namespace}/pods/{name}", "patch"]!
        #expect(patch["parameters"]!.elements.contains { $0["name"] == "fieldValidation" })
        #expect(
            patch["requestBody", "content"]?.entries.keys.contains("application/strategic-merge-patch+json") == true)
        // Every reference has its target.
        var open: [JSON] = [core]
        while let value = open.popLast() {
            if let target = value["$ref"]?.string {
                let name = String(target.split(separator: "/").last!)
                #expect(schemas[name] != nil, "\(name)")
            }
            open += value.array ?? value.entries.values
        }
    }

    @Test func healthPaths() {
        #expect(HealthPaths.answer(path: "/readyz/ping", query: Query(), failing: ["etcd": "x"])?.text == "ok")
        #expect(HealthPaths.answer(path: "/readyz", query: Query(), failing: ["shutdown": "x"])?.code == 500)
        #expect(HealthPaths.answer(path: "/livez", query: Query(), failing: ["shutdown": "x"])?.text == "ok")
        #expect(HealthPaths.answer(path: "/healthz/nope", query: Query(), failing: [:]) == nil)
    }
}

@Suite struct VersionPriorityTests {
    @Test func order() {
        let sorted = ["v1", "v10", "v1alpha1", "v1beta2", "v2", "v2beta1", "foo", "v1beta10"].sorted {
            VersionPriority($0) > VersionPriority($1)
        }
        #expect(sorted == ["v10", "v2", "v1", "v2beta1", "v1beta10", "v1beta2", "v1alpha1", "foo"])
    }
}
