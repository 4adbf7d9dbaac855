import ClusterState
import Document
import Schema

/// What an autoscaler scales, as its `scale` subresource shows it.
struct ScaleTarget {
    let apiVersion: String
    let resource: String
    let store: GroupResource
    let name: String
    let object: JSON
    /// nil when it has none that could be read.
    let selector: LabelSelector?

    var specified: Int { Int(object["spec"]?["replicas"]?.int ?? 1) }

    /// nil when there is no such object.
    init?(_ reference: JSON, namespace: String, view: ClusterView) {
        apiVersion = reference["apiVersion"]?.string ?? "v1"
        name = reference["name"]?.string ?? ""
        let kind = reference["kind"]?.string ?? ""
        guard let type = view.resource(apiVersion: apiVersion, kind: kind),
            let object = view.document(type.store, namespace, name)
        else { return nil }
        resource = type.resource
        store = type.store
        self.object = object
        let own = object["spec"]?["selector"]
        if view.catalog?.resource(for: GroupVersionKind(apiVersion: apiVersion, kind: kind)) != nil {
            selector = kind == "ReplicationController" ? LabelSelector(map: own) : own.map { LabelSelector($0) }
        } else {
            selector = Self.custom(object, type.store, apiVersion, view)
        }
    }

    /// Of a custom resource: the text at its definition's `labelSelectorPath`.
    private static func custom(_ object: JSON, _ store: GroupResource, _ apiVersion: String, _ view: ClusterView)
        -> LabelSelector?
    {
        let definition = view.document(.customResourceDefinitions, "", store.resource + "." + store.group)
        let version = definition?["spec", "versions"]?.elements.first {
            store.group + "/" + ($0["name"]?.string ?? "") == apiVersion
        }
        guard let path = version?["subresources", "scale"]?["labelSelectorPath"]?.string else { return nil }
        var found: JSON? = object
        for part in path.split(separator: ".") { found = found?[String(part)] }
        guard let text = found?.string, !text.isEmpty else { return nil }
        return LabelSelector(equalities: text)
    }
}
