import Document
import Engine
import Requests
import Schema
import Synchronization

/// The OpenAPI documents of the catalogs that were asked for last: made once, since they take a while and some megabytes. What
/// aggregated servers say is part of the newest ones.
final class OpenAPIDocuments: Sendable {
    struct Documents: Sendable {
        let v2: OpenAPIv2
        let v3: OpenAPIv3
    }
    private struct Kept {
        let catalog: Catalog
        /// Of what aggregated servers say; 0 for nothing.
        let generation: Int
        let documents: Documents
    }
    private let kept = Mutex<[Kept]>([])

    /// The documents of a snapshot's catalog, with those of aggregated servers.
    func documents(
        for snapshot: Snapshot, version: String, others: (documents: ForeignOpenAPI, generation: Int) = (.none, 0)
    ) -> Documents {
        let found = kept.withLock {
            $0.first { $0.catalog === snapshot.catalog && $0.generation == others.generation }?.documents
        }
        if let found { return found }
        let definitions = snapshot.state.objects(
            GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")
        )
        .map(\.document)
        let made = Documents(
            v2: OpenAPIv2(snapshot.catalog, definitions: definitions, version: version, others: others.documents),
            v3: OpenAPIv3(snapshot.catalog, definitions: definitions, version: version, others: others.documents))
        kept.withLock { kept in
            kept.append(Kept(catalog: snapshot.catalog, generation: others.generation, documents: made))
            if kept.count > 2 { kept.removeFirst() }
        }
        return made
    }
}
