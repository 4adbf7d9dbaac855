public import ClusterState
import Document
public import Schema

/// What every request to a deprecated resource is warned of.
public enum DeprecationWarning {
    /// The text of a `Warning` header; nil for a resource that is not deprecated.
    public static func text(_ type: ResourceType, state: ClusterState) -> String? {
        if type.isCustom { return custom(type, state) }
        guard type.group.isEmpty else { return nil }
        switch type.resource {
        case "endpoints": return "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
        case "componentstatuses": return "v1 ComponentStatus is deprecated in v1.19+"
        default: return nil
        }
    }

    /// A custom resource's version may be marked by its definition, with words of its own or without.
    private static func custom(_ type: ResourceType, _ state: ClusterState) -> String? {
        guard let definition = Selection.definition(of: type, in: state) else { return nil }
        let versions = definition["spec", "versions"]?.elements ?? []
        guard let own = versions.first(where: { $0["name"]?.string == type.version }), own["deprecated"]?.bool == true
        else { return nil }
        if let words = own["deprecationWarning"]?.string { return words }
        let text = "\(type.group)/\(type.version) \(type.kind) is deprecated"
        let better = versions.filter { version in
            version["served"]?.bool == true && version["deprecated"]?.bool != true
                && VersionPriority(version["name"]?.string ?? "") > VersionPriority(type.version)
        }.compactMap { $0["name"]?.string }.max { VersionPriority($0) < VersionPriority($1) }
        return better.map { "\(text); use \(type.group)/\($0) \(type.kind)" } ?? text
    }
}

/// The order of API versions: `v2` above `v1` above `v1beta2` above `v1alpha1`, and those above every other name.
public struct VersionPriority: Comparable, Sendable {
    private let stability: Int
    private let major: Int
    private let minor: Int
    private let name: String

    public init(_ name: String) {
        self.name = name
        var rest = Substring(name).utf8[...]
        func digits(_ rest: inout Substring.UTF8View.SubSequence) -> Int? {
            var value: Int?
            while let b = rest.first, b >= 48, b <= 57, (value ?? 0) < 1_000_000 {
                value = (value ?? 0) * 10 + Int(b - 48)
                rest.removeFirst()
            }
            return value
        }
        var parsed: (Int, Int, Int)?
        if rest.first == UInt8(ascii: "v") {
            rest.removeFirst()
            if let major = digits(&rest), major > 0 {
                if rest.isEmpty {
                    parsed = (3, major, 0)
                } else {
                    for (word, stability) in [("beta", 2), ("alpha", 1)] where rest.starts(with: word.utf8) {
                        rest = rest.dropFirst(word.utf8.count)
                        if let minor = digits(&rest), rest.isEmpty { parsed = (stability, major, minor) }
                        break
                    }
                }
            }
        }
        (stability, major, minor) = parsed ?? (0, 0, 0)
    }

    public static func < (a: VersionPriority, b: VersionPriority) -> Bool {
        if a.stability != b.stability { return a.stability < b.stability }
        if a.stability == 0 { return b.name.bytesPrecede(a.name) }
        return (a.major, a.minor) < (b.major, b.minor)
    }
}
