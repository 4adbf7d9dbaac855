public import Document

/// What aggregated servers say of their APIs in OpenAPI, beside this server's own: upstream's OpenAPI aggregators.
public struct ForeignOpenAPI: Sendable {
    public static let none = ForeignOpenAPI([])

    /// The documents of one server.
    public struct Server: Sendable {
        /// Where its paths begin: `/apis/metrics.k8s.io/v1beta1`.
        public var path: String
        /// Its index of version 3: the address of the document of each group and version.
        public var index: [(path: String, url: String)]
        /// Its document of version 2; nil when it has none.
        public var swagger: JSON?

        public init(path: String, index: [(path: String, url: String)] = [], swagger: JSON? = nil) {
            self.path = path
            self.index = index
            self.swagger = swagger
        }
    }
    let servers: [Server]

    /// `servers` in the order in which they are asked.
    public init(_ servers: [Server]) { self.servers = servers }

    /// The addresses that an index of version 3 has besides its own. What this server, or one before, describes is left to it.
    func addresses(besides own: Set<String>) -> [(path: String, url: String)] {
        var taken = own
        return servers.flatMap(\.index).filter { taken.insert($0.path).inserted }
    }

    /// Whose document of version 3 is at a path: the place among the servers.
    public func owner(of path: String) -> Int? {
        servers.firstIndex { $0.index.contains { $0.path == path } }
    }

    /// Puts the paths of each server's own group and version into a document of version 2, and the definitions that it came with.
    func merge(into paths: inout JSONObject, _ definitions: inout JSONObject) {
        for server in servers {
            guard let swagger = server.swagger else { continue }
            let own = (swagger["paths"]?.entries ?? JSONObject()).filter { entry in
                entry.key.hasPrefix(server.path + "/") && paths[entry.key] == nil
            }
            if own.isEmpty { continue }
            var names: [String: String] = [:]
            var added: [String] = []
            for entry in swagger["definitions"]?.entries ?? JSONObject() {
                let name = Self.place(entry.value, named: entry.key, in: &definitions)
                names[Self.reference + entry.key] = Self.reference + name
                if definitions[name] == nil {
                    definitions[name] = entry.value
                    added.append(name)
                }
            }
            for name in added { definitions[name] = definitions[name].map { Self.renamed($0, names) } }
            for entry in own { paths[entry.key] = Self.renamed(entry.value, names) }
        }
    }

    private static let reference = "#/definitions/"
    private static let kinds = "x-kubernetes-group-version-kind"

    /// The name under which a definition is found here: its own where none has it or the same one does, else a further one. The
    /// kinds it stands for are added to one that is here already.
    private static func place(_ definition: JSON, named name: String, in known: inout JSONObject) -> String {
        let bare = bare(definition)
        var candidate = name
        var number = 1
        while let other = known[candidate] {
            if Self.bare(other) == bare {
                var all = other[kinds]?.elements ?? []
                for kind in definition[kinds]?.elements ?? [] where !all.contains(kind) { all.append(kind) }
                if !all.isEmpty { known[candidate] = other.setting(kinds, .array(all)) }
                return candidate
            }
            number += 1
            candidate = "\(name)_v\(number)"
        }
        return candidate
    }

    /// A definition without words for people (this server's have none) and without its kinds.
    private static func bare(_ schema: JSON) -> JSON {
        var schema = schema
        if schema.object != nil { schema[kinds] = nil }
        return wordless(schema)
    }

    private static func wordless(_ value: JSON) -> JSON {
        switch value {
        case .object(let object):
            .object(
                JSONObject(
                    object.filter { $0.key != "description" || $0.value.string == nil }.map {
                        ($0.key, wordless($0.value))
                    }))
        case .array(let elements): .array(elements.map(wordless))
        default: value
        }
    }

    private static func renamed(_ value: JSON, _ names: [String: String]) -> JSON {
        switch value {
        case .object(let object):
            .object(
                JSONObject(
                    object.map { entry in
                        if entry.key == "$ref", let target = entry.value.string, let name = names[target] {
                            return (entry.key, .string(name))
                        }
                        return (entry.key, renamed(entry.value, names))
                    }))
        case .array(let elements): .array(elements.map { renamed($0, names) })
        default: value
        }
    }
}

extension JSON {
    fileprivate func setting(_ name: String, _ value: JSON) -> JSON {
        var changed = self
        changed[name] = value
        return changed
    }
}
