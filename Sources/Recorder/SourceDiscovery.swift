import Document
import Schema

/// One kind of the source that can be recorded.
struct SourceKind: Hashable, Sendable {
    /// Where the log keeps it.
    let store: GroupResource
    let kind: String
    let isNamespaced: Bool
    /// The version in which it is asked for and kept: `apps/v1`.
    let apiVersion: String
    let resource: String

    /// `deployments.apps`, `pods`.
    var name: String { store.group.isEmpty ? store.resource : store.resource + "." + store.group }

    /// `/apis/apps/v1/namespaces/shop/deployments`.
    func path(namespace: String?) -> String {
        let root = apiVersion.contains("/") ? "/apis/" + apiVersion : "/api/" + apiVersion
        guard let namespace, isNamespaced else { return root + "/" + resource }
        return root + "/namespaces/\(namespace)/" + resource
    }
}

/// A kind that neither Reckon nor a CustomResourceDefinition of the source knows, by the names that the source gives it.
struct UndefinedKind: Sendable {
    let kind: SourceKind
    let singular: String
    let shortNames: [String]
}

extension SourceCluster {
    /// Every kind that can be listed and watched, CustomResourceDefinitions first: what they define is served by them.
    func kinds() async throws -> (all: [SourceKind], undefined: [UndefinedKind]) {
        var offered: [(apiVersion: String, group: String, isPreferred: Bool, resources: [JSON])] = []
        for version in try await get("/api")["versions"]?.strings ?? [] {
            offered.append((version, "", true, try await get("/api/" + version)["resources"]?.elements ?? []))
        }
        for group in try await get("/apis")["groups"]?.elements ?? [] {
            let preferred = group["preferredVersion", "groupVersion"]?.string
            for version in group["versions"]?.elements.compactMap({ $0["groupVersion"]?.string }) ?? [] {
                // A group whose server is away does not keep the others from being recorded.
                guard let list = try? await get("/apis/" + version) else { continue }
                offered.append(
                    (version, group["name"]?.string ?? "", version == preferred, list["resources"]?.elements ?? []))
            }
        }
        let stored = try await storageVersions()
        var chosen: [GroupResource: (kind: SourceKind, rank: Int, isKnown: Bool, offer: JSON)] = [:]
        for (apiVersion, group, isPreferred, resources) in offered {
            for resource in resources {
                guard let name = resource["name"]?.string, !name.contains("/"), let kind = resource["kind"]?.string,
                    let verbs = resource["verbs"]?.strings, verbs.contains("list"), verbs.contains("watch")
                else { continue }
                let known = Catalog.builtin.resource(apiVersion: apiVersion, name)
                let store = known?.store ?? GroupResource(group: group, resource: name)
                let wanted = known?.storageVersion ?? stored[store]
                let rank = apiVersion == wanted ? 2 : (isPreferred ? 1 : 0)
                if let other = chosen[store], other.rank >= rank { continue }
                let found = SourceKind(
                    store: store, kind: kind, isNamespaced: resource["namespaced"]?.bool ?? false,
                    apiVersion: apiVersion, resource: name)
                chosen[store] = (found, rank, known != nil || stored[store] != nil, resource)
            }
        }
        let undefined = chosen.values.filter { !$0.isKnown && !$0.kind.store.group.isEmpty }.map {
            UndefinedKind(
                kind: $0.kind, singular: $0.offer["singularName"]?.string ?? "",
                shortNames: $0.offer["shortNames"]?.strings ?? [])
        }
        let all = chosen.values.map(\.kind).sorted {
            let (a, b) = ($0.resource == "customresourcedefinitions", $1.resource == "customresourcedefinitions")
            return a != b ? a : $0.name < $1.name
        }
        return (all, undefined.sorted { $0.kind.name < $1.kind.name })
    }

    /// The versions in which the source keeps its custom resources.
    private func storageVersions() async throws -> [GroupResource: String] {
        guard let list = try? await get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions") else { return [:] }
        var versions: [GroupResource: String] = [:]
        for definition in list["items"]?.elements ?? [] {
            let spec = definition["spec"] ?? .null
            let group = spec["group"]?.string ?? ""
            let storage = spec["versions"]?.elements.first { $0["storage"] == true && $0["served"] == true }
            guard let version = storage?["name"]?.string else { continue }
            versions[GroupResource(group: group, resource: spec["names", "plural"]?.string ?? "")] =
                group + "/" + version
        }
        return versions
    }
}
