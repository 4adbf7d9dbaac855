import Document
import Engine
import Foundation

/// The files of configMap, secret, downwardAPI and projected volumes.
struct VolumeFiles: Sendable {
    let pod: PodFacts
    let reader: ClusterReader
    let tokens: TokenManager
    let addresses: [String]
    let nodeAddresses: [String]
    let nodeName: String

    /// The files of a volume of the spec; nil for a volume of another type.
    func files(_ volume: JSON) async throws(ConfigurationError) -> [String: AtomicWriter.File]? {
        if let source = volume["configMap"] {
            let mode = Int(source["defaultMode"]?.int ?? 0o644)
            return try configMap(source, name: source["name"]?.string ?? "", mode: mode)
        }
        if let source = volume["secret"] {
            let mode = Int(source["defaultMode"]?.int ?? 0o644)
            return try secret(source, name: source["secretName"]?.string ?? "", mode: mode)
        }
        if let source = volume["downwardAPI"] {
            return try downward(source, mode: Int(source["defaultMode"]?.int ?? 0o644))
        }
        guard let projected = volume["projected"] else { return nil }
        let mode = Int(projected["defaultMode"]?.int ?? 0o644)
        var all: [String: AtomicWriter.File] = [:]
        for source in projected["sources"]?.elements ?? [] {
            var part: [String: AtomicWriter.File] = [:]
            if let entry = source["configMap"] {
                part = try configMap(entry, name: entry["name"]?.string ?? "", mode: mode)
            } else if let entry = source["secret"] {
                part = try secret(entry, name: entry["name"]?.string ?? "", mode: mode)
            } else if let entry = source["downwardAPI"] {
                part = try downward(entry, mode: mode)
            } else if let entry = source["serviceAccountToken"] {
                part = try await token(entry, mode: mode)
            } else {
                throw ConfigurationError("a source of this projected volume is not supported by this node")
            }
            all.merge(part) { $1 }
        }
        return all
    }

    private func configMap(_ source: JSON, name: String, mode: Int) throws(ConfigurationError) -> [String: AtomicWriter
        .File]
    {
        guard let object = reader.configMap(pod.namespace, name) else {
            if source["optional"]?.bool == true { return [:] }
            throw ConfigurationError("configmap \"\(name)\" not found")
        }
        var data: [String: [UInt8]] = [:]
        for (key, value) in object["data"]?.entries.stringPairs ?? [] { data[key] = Array(value.utf8) }
        for (key, value) in object["binaryData"]?.entries.stringPairs ?? [] { data[key] = VolumeFiles.decoded(value) }
        return try pick(data, source, mode: mode, what: "configmap")
    }

    private func secret(_ source: JSON, name: String, mode: Int) throws(ConfigurationError) -> [String: AtomicWriter
        .File]
    {
        guard let object = reader.secret(pod.namespace, name) else {
            if source["optional"]?.bool == true { return [:] }
            throw ConfigurationError("secret \"\(name)\" not found")
        }
        var data: [String: [UInt8]] = [:]
        for (key, value) in object["data"]?.entries.stringPairs ?? [] { data[key] = VolumeFiles.decoded(value) }
        return try pick(data, source, mode: mode, what: "secret")
    }

    /// All keys, or those of `items` under their paths.
    private func pick(_ data: [String: [UInt8]], _ source: JSON, mode: Int, what: String) throws(ConfigurationError)
        -> [String: AtomicWriter.File]
    {
        let items = source["items"]?.elements ?? []
        if items.isEmpty { return data.mapValues { file($0, mode: mode) } }
        var out: [String: AtomicWriter.File] = [:]
        for item in items {
            let key = item["key"]?.string ?? ""
            guard let bytes = data[key] else {
                if source["optional"]?.bool == true { continue }
                throw ConfigurationError(
                    "\(what) references non-existent \(what == "secret" ? "secret" : "config") key: \(key)")
            }
            out[try path(item)] = file(bytes, mode: item["mode"]?.int.map { Int($0) } ?? mode)
        }
        return out
    }

    private func downward(_ source: JSON, mode: Int) throws(ConfigurationError) -> [String: AtomicWriter.File] {
        let downward = DownwardAPI(
            pod: pod, reader: reader, addresses: addresses, nodeAddresses: nodeAddresses, nodeName: nodeName)
        var out: [String: AtomicWriter.File] = [:]
        for item in source["items"]?.elements ?? [] {
            let itemMode = item["mode"]?.int.map { Int($0) } ?? mode
            if let reference = item["fieldRef"] {
                let fieldPath = reference["fieldPath"]?.string ?? ""
                guard let value = downward.field(fieldPath) else {
                    throw ConfigurationError("field label not supported: \(fieldPath)")
                }
                out[try path(item)] = file(Array(value.utf8), mode: itemMode)
            } else if let reference = item["resourceFieldRef"] {
                out[try path(item)] = file(Array(downward.resource(reference, ownContainer: "").utf8), mode: itemMode)
            }
        }
        return out
    }

    private func token(_ source: JSON, mode: Int) async throws(ConfigurationError) -> [String: AtomicWriter.File] {
        let token = try await tokens.token(
            namespace: pod.namespace, serviceAccount: pod.spec["serviceAccountName"]?.string ?? "default",
            pod: pod.name, podUID: pod.uid,
            audience: source["audience"]?.string, seconds: source["expirationSeconds"]?.int ?? 3600)
        var out = file(Array(token.utf8), mode: mode)
        // A token is its owner's only, unless the group of the volume is shared.
        if out.group == nil {
            let users = Set(
                pod.containers.map {
                    $0["securityContext", "runAsUser"]?.int ?? pod.spec["securityContext", "runAsUser"]?.int
                })
            if users.count == 1, let user = users.first, let user, user > 0 {
                out.user = UInt32(user)
                out.mode = 0o600
            }
        } else {
            out.mode = 0o640
        }
        return [try path(source): out]
    }

    private func file(_ bytes: [UInt8], mode: Int) -> AtomicWriter.File {
        if let group = pod.spec["securityContext", "fsGroup"]?.int {
            return AtomicWriter.File(bytes: bytes, mode: mode | 0o440 & (mode | 0o040), user: nil, group: UInt32(group))
        }
        return AtomicWriter.File(bytes: bytes, mode: mode, user: nil, group: nil)
    }

    private func path(_ item: JSON) throws(ConfigurationError) -> String {
        let path = item["path"]?.string ?? ""
        guard !path.isEmpty, !path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
            throw ConfigurationError("invalid path \"\(path)\": it must be relative and must not contain '..'")
        }
        return path
    }

    private static func decoded(_ base64: String) -> [UInt8] { Data(base64Encoded: base64).map { [UInt8]($0) } ?? [] }
}
