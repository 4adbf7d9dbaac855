import Document
import Engine
import Requests
import Schema
import Synchronization

/// The OpenAPI documents of the catalogs that were asked for last: made once, since they take a while and some megabytes.
final class OpenAPIDocuments: Sendable {
    struct Documents: Sendable {
        let v2: OpenAPIv2
        let v3: OpenAPIv3
    }
    private let kept = Mutex<[(catalog: Catalog, documents: Documents)]>([])

    /// The documents of a snapshot's catalog.
    func documents(for snapshot: Snapshot, version: String) -> Documents {
        if let found = kept.withLock({ $0.first { $0.catalog === snapshot.catalog }?.documents }) { return found }
        let definitions = snapshot.state.objects(
            GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")
        )
        .map(\.document)
        let made = Documents(
            v2: OpenAPIv2(snapshot.catalog, definitions: definitions, version: version),
            v3: OpenAPIv3(snapshot.catalog, definitions: definitions, version: version))
        kept.withLock { kept in
            kept.append((snapshot.catalog, made))
            if kept.count > 2 { kept.removeFirst() }
        }
        return made
    }
}
