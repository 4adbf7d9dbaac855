import ClusterState
import Document
import Records
import Requests
import Schema

/// `blame`: each field of an object, and the request that gave it its value.
enum BlameQuestion {
    /// The object, `at`, `field` (a path; those below it too), `all` for bookkeeping.
    static func answer(_ query: Query, _ ground: Ground) throws(APIError) -> JSON {
        let revision = try ground.revision(query, "at")
        let key = try ground.object(query, at: revision)
        let blame = try ground.past.blame(of: key, at: revision)
        guard !blame.object.isNull else { throw try Absence.error(key, revision, ground) }
        let all = query.flag("all") ?? false
        var lines = blame.lines
        if let field = query["field"], !field.isEmpty {
            lines = blame.lines(at: field)
            if lines.isEmpty {
                throw .badRequest("field: \(key.description) has no \(field) at revision \(revision)")
            }
        } else if !all {
            lines = lines.filter { !Noise.isNoisy($0.path) && !["apiVersion", "kind"].contains($0.path) }
        }
        let type = ground.catalog.resources.first {
            $0.store.resource == key.resource && $0.store.group == key.group
        }
        return [
            "kind": "Blame", "apiVersion": "reckon.dev/v1", "object": ground.reference(key, uid: blame.uid),
            "revision": .int(Int64(revision)),
            "fields": .array(
                lines.map { line in
                    var json: JSON = ["path": .string(line.path), "value": line.value]
                    if let entry = line.entry {
                        json["revision"] = .int(Int64(entry.revision))
                        json["time"] = .string(entry.time.rfc3339Micro)
                        json["user"] = .string(entry.user)
                        json["manager"] = .string(entry.manager)
                        json["verb"] = .string(entry.verb)
                        json["request"] = .string(entry.path)
                        json["auditID"] = .string(entry.auditID)
                        json["change"] = .string(entry.kind.word)
                    }
                    if let origin = FieldOrigin.of(line, in: blame.object, type: type) {
                        json["origin"] = .string(origin)
                    }
                    return json
                }),
        ]
    }
}

/// What to say about an object that is not there.
enum Absence {
    /// 404 that tells when the object was there, or that it never was.
    static func error(_ key: ObjectKey, _ revision: UInt64, _ ground: Ground) throws(APIError) -> APIError {
        let marks = try ground.past.versions(of: key)
        var message = "\(key.description) does not exist at revision \(revision)"
        if let next = marks.first(where: { $0.revision > revision && $0.kind == .created }) {
            message += "; it was created at revision \(next.revision)"
        }
        if let gone = marks.last(where: { $0.revision <= revision && $0.kind == .deleted }) {
            message += "; it was deleted at revision \(gone.revision): ask with --at \(gone.revision - 1)"
        } else if marks.isEmpty {
            message += " and never did, as far as history is kept"
        }
        return APIError(
            code: 404, reason: "NotFound", message: message, group: key.group, kind: key.resource, name: key.name)
    }
}
