import Document
import Schema
import Testing

@Suite struct CatalogTests {
    let catalog = Catalog.builtin

    @Test func groupsComeInDiscoveryOrder() {
        var groups: [String] = []
        for resource in catalog.resources where groups.last != resource.group { groups.append(resource.group) }
        #expect(groups.prefix(4) == ["", "apiregistration.k8s.io", "apps", "events.k8s.io"])
        #expect(groups.count == 21)
        #expect(catalog.resources.filter { $0.group == "autoscaling" }.map(\.version) == ["v2", "v1"])
    }

    @Test func podIsComplete() throws {
        let pods = try #require(catalog.resource(apiVersion: "v1", "pods"))
        #expect(pods.isNamespaced && pods.shortNames == ["po"] && pods.categories == ["all"])
        #expect(
            pods.subresource("eviction")?.kind == GroupVersionKind(group: "policy", version: "v1", kind: "Eviction"))
        #expect(pods.subresource("exec")?.kind == GroupVersionKind(version: "v1", kind: "PodExecOptions"))
        guard case .object(let spec)? = pods.schema?["spec"]?.shape else {
            Issue.record("a pod has a spec")
            return
        }
        let containers = try #require(spec["containers"])
        #expect(containers.mapKeys == ["name"] && containers.listKind == .map && containers.patchMergeKey == "name")
        #expect(spec["volumes"]?.patchStrategies == ["merge", "retainKeys"])
        #expect(spec["nodeSelector"]?.isAtomic == true)
        #expect(spec["terminationGracePeriodSeconds"]?.presence == .kept)
        #expect(spec["hostNetwork"]?.presence == .omitted)
    }

    @Test func storesAreShared() {
        let core = catalog.resource(apiVersion: "v1", "events")
        let new = catalog.resource(apiVersion: "events.k8s.io/v1", "events")
        #expect(core?.store == new?.store && new?.storageVersion == "v1")
        #expect(
            catalog.resource(apiVersion: "autoscaling/v1", "horizontalpodautoscalers")?.storageVersion
                == "autoscaling/v2")
    }

    @Test func everyResourceHasAType() {
        for resource in catalog.resources {
            #expect(resource.schema != nil, "\(resource.apiVersion) \(resource.resource)")
        }
        for kind in [
            "Scale:autoscaling/v1", "Eviction:policy/v1", "TokenRequest:authentication.k8s.io/v1", "DeleteOptions:v1",
        ] {
            let parts = kind.split(separator: ":")
            #expect(catalog.type(for: GroupVersionKind(apiVersion: String(parts[1]), kind: String(parts[0]))) != nil)
        }
        #expect(catalog.types["io.k8s.api.core.v1.ObjectReference"]?.isAtomic == true)
    }
}
