import Document
import LogArchive
import Records

/// What a watch or a list said of one object.
struct Observation: Sendable {
    enum Kind: Sendable { case present, deleted }
    let kind: Kind
    let object: JSON
    var uid: String { object["metadata", "uid"]?.string ?? "" }
    var version: String { object["metadata", "resourceVersion"]?.string ?? "" }

    /// Where a kept object has the resourceVersion that it had at its source.
    static let versionAnnotation = "reckon.dev/source-resource-version"

    static func sourceVersion(of kept: JSON) -> String {
        kept["metadata", "annotations", versionAnnotation]?.string ?? ""
    }

    /// The object as the log keeps it, under a revision of the log.
    func kept(as kind: SourceKind, revision: UInt64, _ redaction: Redaction) -> JSON {
        var object = object
        object["apiVersion"] = .string(kind.apiVersion)
        object["kind"] = .string(kind.kind)
        let version = version
        object.modify("metadata") { metadata in
            metadata["resourceVersion"] = .string(String(revision))
            var annotations = metadata["annotations"] ?? [:]
            annotations[Self.versionAnnotation] = .string(version)
            metadata["annotations"] = annotations
        }
        redaction.redact(&object, group: kind.store.group, resource: kind.store.resource)
        return object
    }

    /// Who made this version of the object: the manager whose entry of `managedFields` is new. An empty text when nobody can be told.
    func author(after before: JSON?) -> String {
        let old = before?["metadata", "managedFields"]?.elements ?? []
        let new = object["metadata", "managedFields"]?.elements ?? []
        let changed = new.filter { !old.contains($0) }
        // Times have whole seconds: of one manager's two writes in a second the second leaves no trace but the object itself. Then it
        // was the newest, of the status rather than of the rest when the generation is the same.
        let isStatus = before?["metadata", "generation"] == object["metadata", "generation"]
        func order(_ entry: JSON) -> (String, Int) {
            (entry["time"]?.string ?? "", (entry["subresource"] == "status") == isStatus ? 1 : 0)
        }
        let newest = (changed.isEmpty ? new : changed).max { order($0) < order($1) }
        return newest?["manager"]?.string ?? ""
    }
}
