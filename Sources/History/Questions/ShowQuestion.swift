import ClusterState
import Document
import Records
import Requests
import Schema

/// `show`: one object as it was.
enum ShowQuestion {
    /// The object and `at`. Who may get a Secret now sees its values then, as under /at/.
    static func answer(_ query: Query, _ ground: Ground) throws(APIError) -> JSON {
        let revision = try ground.revision(query, "at")
        let key = try ground.object(query, at: revision)
        guard let object = try ground.past.object(key, at: revision) else {
            throw try Absence.error(key, revision, ground)
        }
        return [
            "kind": "ObjectVersion", "apiVersion": "reckon.dev/v1", "revision": .int(Int64(revision)),
            "object": ground.reference(key, uid: object.uid), "body": object.document,
        ]
    }
}
