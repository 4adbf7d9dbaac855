public import Document
public import Schema

/// The unaggregated discovery documents: `/api`, `/apis`, `/apis/G`, `/api/v1`, `/apis/G/V`.
public enum APIGroups {
    /// `/api`: the versions of the core group.
    public static func legacyVersions(serverAddress: String) -> JSON {
        [
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": .string(serverAddress)]],
        ]
    }

    /// `/apis`: every group but the core one.
    public static func list(_ catalog: Catalog) -> JSON {
        var groups: [JSON] = []
        for name in groupNames(catalog) where !name.isEmpty {
            if var entry = group(name, catalog) {
                entry["apiVersion"] = nil
                entry["kind"] = nil
                groups.append(entry)
            }
        }
        return ["apiVersion": "v1", "kind": "APIGroupList", "groups": .array(groups)]
    }

    /// `/apis/G`; nil when the group is not served.
    public static func group(_ name: String, _ catalog: Catalog) -> JSON? {
        let versions: [JSON] = versions(of: name, catalog).map {
            ["groupVersion": .string(name + "/" + $0), "version": .string($0)]
        }
        guard let preferred = versions.first else { return nil }
        return [
            "apiVersion": "v1", "kind": "APIGroup", "name": .string(name), "preferredVersion": preferred,
            "versions": .array(versions),
        ]
    }

    /// `/api/v1` and `/apis/G/V`: an APIResourceList; nil when nothing is served there.
    public static func resources(apiVersion: String, _ catalog: Catalog) -> JSON? {
        let served = catalog.resources.filter { $0.apiVersion == apiVersion }
        guard let first = served.first else { return nil }
        var entries: [(name: String, entry: JSON)] = []
        for type in served {
            entries.append((type.resource, resource(type)))
            for sub in type.subresources {
                entries.append((type.resource + "/" + sub.name, subresource(sub, of: type)))
            }
        }
        if !first.isCustom { entries.sort { $0.name.bytesPrecede($1.name) } }
        var list: JSON = [
            "kind": "APIResourceList", "groupVersion": .string(apiVersion), "resources": .array(entries.map(\.entry)),
        ]
        if !first.group.isEmpty { list["apiVersion"] = "v1" }
        return list
    }

    private static func resource(_ type: ResourceType) -> JSON {
        var entry: JSON = [
            "name": .string(type.resource), "singularName": .string(type.singular),
            "namespaced": .bool(type.isNamespaced),
            "kind": .string(type.kind), "verbs": .array(verbs(type).map { .string($0) }),
        ]
        if !type.shortNames.isEmpty { entry["shortNames"] = .array(type.shortNames.map { .string($0) }) }
        if !type.categories.isEmpty { entry["categories"] = .array(type.categories.map { .string($0) }) }
        if type.verbs.contains("watch") { entry["storageVersionHash"] = .string(storageVersionHash(type)) }
        return entry
    }

    private static func subresource(_ sub: ResourceType.Subresource, of type: ResourceType) -> JSON {
        var entry: JSON = [
            "name": .string(type.resource + "/" + sub.name), "singularName": "", "namespaced": .bool(type.isNamespaced),
            "kind": .string(sub.kind.kind), "verbs": .array(sub.verbs.map { .string($0) }),
        ]
        if sub.kind.group != type.group || sub.kind.version != type.version {
            entry["group"] = .string(sub.kind.group)
            entry["version"] = .string(sub.kind.version)
        }
        return entry
    }

    /// Upstream lists the verbs of custom resources in an order of their own.
    static func verbs(_ type: ResourceType) -> [String] {
        guard type.isCustom else { return type.verbs }
        let order = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]
        return order.filter(type.verbs.contains) + type.verbs.filter { !order.contains($0) }
    }

    /// Group names in the catalog's order, each once.
    static func groupNames(_ catalog: Catalog) -> [String] {
        var seen: Set<String> = []
        return catalog.resources.compactMap { seen.insert($0.group).inserted ? $0.group : nil }
    }
    /// The versions of a group, the preferred one first.
    static func versions(of group: String, _ catalog: Catalog) -> [String] {
        var seen: Set<String> = []
        return catalog.resources.compactMap { $0.group == group && seen.insert($0.version).inserted ? $0.version : nil }
    }

    /// Changes when the version that objects are stored at does.
    private static func storageVersionHash(_ type: ResourceType) -> String {
        let value = StableHash.of(Array("\(type.store.group)/\(type.storageVersion)/\(type.kind)".utf8))
        var bytes: [UInt8] = []
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
        let text = Base64URL.encode(bytes).utf8.map { $0 == 45 ? 43 : $0 == 95 ? 47 : $0 }
        return String(decoding: text, as: UTF8.self) + "="
    }
}

/// A hash that is the same in every process (FNV-1a, 64 bits): for ETags and content addresses, never for security.
enum StableHash {
    static func of(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for b in bytes { hash = (hash ^ UInt64(b)) &* 0x0000_0100_0000_01B3 }
        return hash
    }
    /// 32 hexadecimal digits.
    static func digits(_ bytes: some Sequence<UInt8>) -> String {
        let first = of(bytes)
        let second = (first ^ 0x9E37_79B9_7F4A_7C15) &* 0xFF51_AFD7_ED55_8CCD
        return [first, second].map { word in
            let text = String(word, radix: 16, uppercase: true)
            return String(repeating: "0", count: 16 - text.utf8.count) + text
        }.joined()
    }
}
