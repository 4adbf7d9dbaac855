public import Document
import Schema

/// What aggregated servers serve, as discovery tells it beside this server's own: by APIService, the resources of its version in
/// the aggregated form. One that is not there could not be asked: it is listed without resources.
public struct MergedDiscovery: Sendable {
    public var services: AggregatedServices
    public var resources: [String: [JSON]]

    public static let none = MergedDiscovery(services: .none, resources: [:])

    public init(services: AggregatedServices, resources: [String: [JSON]]) {
        self.services = services
        self.resources = resources
    }

    /// The group's versions, the preferred first.
    private func versions(of group: String) -> [AggregatedService] {
        services.services.filter { $0.group == group }.sorted { a, b in
            if a.versionPriority != b.versionPriority { return a.versionPriority > b.versionPriority }
            return VersionPriority(a.version) > VersionPriority(b.version)
        }
    }

    /// The groups that only others serve, by name.
    private func groups() -> [String] {
        Array(Set(services.services.map(\.group))).filter { !$0.isEmpty }.sorted { $0.bytesPrecede($1) }
    }

    private func priority(_ group: String) -> Int64 {
        let theirs = services.services.filter { $0.group == group }.map(\.groupPriority).max()
        return max(theirs ?? 0, services.priorities[group] ?? (theirs == nil ? AggregatedServices.customPriority : 0))
    }

    /// `/apis/G` of a group that only others serve; nil when nobody does.
    func group(_ name: String) -> JSON? {
        let versions: [JSON] = versions(of: name).map {
            ["groupVersion": .string($0.apiVersion), "version": .string($0.version)]
        }
        guard let preferred = versions.first else { return nil }
        return [
            "apiVersion": "v1", "kind": "APIGroup", "name": .string(name), "preferredVersion": preferred,
            "versions": .array(versions),
        ]
    }

    /// Puts the others' versions into a group that this server lists too, and their groups among its own.
    func merge(_ own: [JSON], name: (JSON) -> String, entry: (String) -> JSON?, add: (inout JSON, String) -> Void)
        -> [JSON]
    {
        var out = own
        for group in groups() {
            if let place = out.firstIndex(where: { name($0) == group }) {
                add(&out[place], group)
                continue
            }
            guard let made = entry(group) else { continue }
            let mine = priority(group)
            let place = out.firstIndex { other in
                let theirs = priority(name(other))
                return theirs < mine || (theirs == mine && group.bytesPrecede(name(other)))
            }
            out.insert(made, at: place ?? out.count)
        }
        return out
    }

    /// `groups` of an APIGroupList.
    func groupList(_ own: [JSON]) -> [JSON] {
        merge(
            own, name: { $0["name"]?.string ?? "" },
            entry: { group in
                var entry = self.group(group)
                entry?["apiVersion"] = Optional.none
                entry?["kind"] = Optional.none
                return entry
            },
            add: { entry, group in
                let more = self.group(group)?["versions"]?.elements ?? []
                entry["versions"] = .array(
                    (entry["versions"]?.elements ?? [])
                        + more.filter { !(entry["versions"]?.elements ?? []).contains($0) })
            })
    }

    /// `items` of an APIGroupDiscoveryList.
    func discoveryList(_ own: [JSON]) -> [JSON] {
        func versions(_ group: String) -> [JSON] {
            self.versions(of: group).map { service in
                var entry: JSON = ["version": .string(service.version)]
                if let resources = resources[service.name], service.isAvailable {
                    entry["freshness"] = "Current"
                    entry["resources"] = .array(resources)
                } else {
                    entry["freshness"] = "Stale"
                    if let resources = resources[service.name] { entry["resources"] = .array(resources) }
                }
                return entry
            }
        }
        return merge(
            own, name: { $0["metadata", "name"]?.string ?? "" },
            entry: { group in
                [
                    "metadata": ["name": .string(group), "creationTimestamp": .null],
                    "versions": .array(versions(group)),
                ]
            },
            add: { entry, group in
                entry["versions"] = .array((entry["versions"]?.elements ?? []) + versions(group))
            })
    }
}

/// What another server says it serves, in the form that aggregated discovery has it.
public enum ForeignDiscovery {
    /// The resources of a version out of an APIGroupDiscoveryList; nil when it is not in there.
    public static func resources(of version: String, group: String, aggregated list: JSON) -> [JSON]? {
        let found = (list["items"]?.elements ?? []).first { $0["metadata", "name"]?.string == group }
        return found?["versions"]?.elements.first { $0["version"]?.string == version }?["resources"]?.elements
    }

    /// The resources of an APIResourceList, subresources folded into theirs.
    public static func resources(of version: String, group: String, plain list: JSON) -> [JSON] {
        var out: [JSON] = []
        for resource in list["resources"]?.elements ?? [] {
            let parts = (resource["name"]?.string ?? "").split(separator: "/", maxSplits: 1).map(String.init)
            guard let name = parts.first else { continue }
            let kind: JSON = [
                "group": .string(nonEmpty(resource["group"]) ?? group),
                "version": .string(nonEmpty(resource["version"]) ?? version),
                "kind": .string(resource["kind"]?.string ?? ""),
            ]
            if parts.count == 2 {
                let entry: JSON = [
                    "subresource": .string(parts[1]), "responseKind": kind, "verbs": resource["verbs"] ?? [],
                ]
                if let place = out.firstIndex(where: { $0["resource"]?.string == name }) {
                    out[place]["subresources"] = .array((out[place]["subresources"]?.elements ?? []) + [entry])
                }
                continue
            }
            var entry: JSON = [
                "resource": .string(name), "responseKind": kind,
                "scope": resource["namespaced"]?.bool ?? false ? "Namespaced" : "Cluster",
                "singularResource": .string(resource["singularName"]?.string ?? ""), "verbs": resource["verbs"] ?? [],
            ]
            for list in ["shortNames", "categories"] where !(resource[list]?.elements.isEmpty ?? true) {
                entry[list] = resource[list]
            }
            out.append(entry)
        }
        return out
    }

    private static func nonEmpty(_ value: JSON?) -> String? { value?.string.flatMap { $0.isEmpty ? nil : $0 } }
}
