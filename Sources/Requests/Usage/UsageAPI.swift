public import Document
public import Schema
public import Usage

/// `metrics.k8s.io/v1beta1`, as metrics-server serves it: what is served, and its objects. They live in no store.
public enum UsageAPI {
    public static let group = "metrics.k8s.io"
    public static let apiVersion = "metrics.k8s.io/v1beta1"
    /// What an APIService of this version is called and answers for: another's takes the place of this one.
    public static let path = "/apis/" + apiVersion

    public static let nodes = resource("nodes", "NodeMetrics", isNamespaced: false)
    public static let pods = resource("pods", "PodMetrics", isNamespaced: true)

    private static func resource(_ name: String, _ kind: String, isNamespaced: Bool) -> ResourceType {
        ResourceType(
            group: group, version: "v1beta1", resource: name, kind: kind, singular: "", isNamespaced: isNamespaced,
            verbs: ["get", "list"], schema: nil)
    }

    /// A catalog with these two behind everything else: where a group of so low a priority stands in discovery.
    public static func adding(to catalog: Catalog) -> Catalog {
        Catalog(resources: catalog.resources + [nodes, pods], types: catalog.types, kindTypes: catalog.namedKinds)
    }

    /// The refusal of a get of what there is no measurement of.
    public static func notFound(_ type: ResourceType, namespace: String, name: String) -> APIError {
        .notFound(
            GroupResource(group: group, resource: type.kind.lowercased()),
            namespace.isEmpty ? name : namespace + "/" + name)
    }

    // MARK: objects

    /// A NodeMetrics. `labels` are those of the Node.
    public static func document(_ usage: NodeUsage, labels: [(key: String, value: String)], now: Timestamp) -> JSON {
        var document = head(nodes, "", usage.name, labels, usage.time, usage.window, now)
        document["usage"] = amounts(usage.usage)
        return document
    }

    /// A PodMetrics. `labels` are those of the Pod.
    public static func document(_ usage: PodUsage, labels: [(key: String, value: String)], now: Timestamp) -> JSON {
        var document = head(pods, usage.namespace, usage.name, labels, usage.time, usage.window, now)
        document["containers"] = .array(
            usage.containers.map { ["name": .string($0.name), "usage": amounts($0.usage)] })
        return document
    }

    public static func list(_ type: ResourceType, _ items: [JSON]) -> JSON {
        [
            "kind": .string(type.kind + "List"), "apiVersion": .string(apiVersion), "metadata": [:],
            "items": .array(
                items.map { item in
                    var item = item
                    item["kind"] = nil
                    item["apiVersion"] = nil
                    return item
                }),
        ]
    }

    private static func amounts(_ usage: Usage) -> JSON {
        ["cpu": .string(usage.cpu.text), "memory": .string(usage.memory.text)]
    }

    private static func head(
        _ type: ResourceType, _ namespace: String, _ name: String, _ labels: [(key: String, value: String)],
        _ time: Timestamp, _ window: Int64, _ now: Timestamp
    ) -> JSON {
        var metadata: JSON = ["name": .string(name), "creationTimestamp": .string(now.rfc3339)]
        if !namespace.isEmpty { metadata["namespace"] = .string(namespace) }
        for (key, value) in labels { metadata["labels", key] = .string(value) }
        return [
            "kind": .string(type.kind), "apiVersion": .string(apiVersion), "metadata": metadata,
            "timestamp": .string(time.rfc3339), "window": .string(GoDuration.text(window)),
        ]
    }
}
