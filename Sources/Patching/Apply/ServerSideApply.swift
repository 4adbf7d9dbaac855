public import Document
public import Schema

/// `application/apply-patch+yaml`: a manager states the fields it wants and owns exactly these.
public enum ServerSideApply {
    private static let lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration"

    /// Merges `configuration` into `live` (nil: the object is made) and returns the object with its new managed fields. What
    /// the manager applied before and no longer does goes, unless somebody else owns it.
    ///
    /// Throws 409 with a cause for each field that another manager owns with another value, unless `isForced`; 400 and 500,
    /// as upstream, for configurations that are not of the type.
    public static func apply(
        live: JSON?, configuration: JSON, manager: String, isForced: Bool, apiVersion: String, subresource: String,
        time: Timestamp,
        schema: TypeSchema
    ) throws(APIError) -> JSON {
        let kind = configuration["kind"]?.string ?? ""
        let said = configuration["apiVersion"]?.string ?? ""
        let shown = shownKind(said, kind)
        guard said == apiVersion, !kind.isEmpty else { throw .badRequest("invalid object type: \(shown)") }
        if let given = configuration["metadata", "managedFields"], !given.isNull {
            throw .badRequest("metadata.managedFields must be nil")
        }
        var walker = TypedSet()
        let configured = walker.fieldSet(of: configuration, schema)
        if !walker.problems.isEmpty {
            let text =
                walker.problems.count == 1
                ? walker.problems[0] : "errors:\n  " + walker.problems.joined(separator: "\n  ")
            let namespace = configuration["metadata", "namespace"]?.string ?? ""
            let name = configuration["metadata", "name"]?.string ?? ""
            throw APIError(
                code: 500, reason: "",
                message: "failed to create typed patch object (\(namespace)/\(name); \(shown)): \(text)")
        }
        var current = live ?? newObject(schema, kind: kind, apiVersion: apiVersion)
        guard var entries = ManagedEntry.read(current["metadata", "managedFields"]) else {
            throw APIError(
                code: 500, reason: "", message: "failed to decode managed fields: the entries are not well-formed")
        }
        current.modify("metadata") { $0["managedFields"] = nil }
        if entries.isEmpty, live != nil {
            entries = ManagedFields.update(
                [], old: .null, new: current, manager: "before-first-apply", apiVersion: apiVersion, time: time,
                subresource: subresource, schema: schema)
        }
        let operation = Operation(
            live: current, configuration: configuration, configured: configured, entries: entries,
            apiVersion: apiVersion,
            subresource: subresource, schema: schema,
            entry: ManagedEntry(
                manager: manager.isEmpty ? "unknown" : manager, isApply: true, apiVersion: apiVersion,
                subresource: subresource,
                time: time.rfc3339, fields: FieldSet()))
        var outcome = operation.run(isForced: isForced)
        if case .conflicts(let conflicts) = outcome, manager == "kubectl" {
            // An object of client-side apply moves over without conflicts where it still is what was applied last.
            guard let allowed = lastApplied(of: current, apiVersion, schema) else { throw conflictError(conflicts) }
            let left = conflicts.filter { !allowed.contains($0.path) }
            if !left.isEmpty { throw conflictError(left) }
            outcome = operation.run(isForced: true)
        }
        switch outcome {
        case .conflicts(let conflicts): throw conflictError(conflicts)
        case .applied(var object, let entries):
            if let list = ManagedEntry.list(entries) { object["metadata", "managedFields"] = list }
            if manager == "kubectl" { renewLastApplied(&object, configuration) }
            Conforming.settle(&object, to: schema)
            return object
        }
    }

    private static func newObject(_ schema: TypeSchema, kind: String, apiVersion: String) -> JSON {
        var object = schema.zeroDocument ?? .object(JSONObject())
        object["kind"] = .string(kind)
        object["apiVersion"] = .string(apiVersion)
        return object
    }

    /// Go's text of a group, version and kind: `apps/v1, Kind=Deployment`.
    private static func shownKind(_ apiVersion: String, _ kind: String) -> String {
        (apiVersion.contains("/") ? apiVersion : "/" + apiVersion) + ", Kind=" + kind
    }

    // MARK: Conflicts

    struct Conflict {
        let entry: ManagedEntry
        let path: [String]
    }

    private static func conflictError(_ conflicts: [Conflict]) -> APIError {
        let causes = conflicts.map {
            APIError.Cause(
                reason: "FieldManagerConflict", message: "conflict with \($0.entry.description)",
                field: FieldSet.text($0.path))
        }
        let message: String
        if conflicts.count == 1 {
            message = "Apply failed with 1 conflict: \(causes[0].message): \(causes[0].field)"
        } else {
            var lines: [String] = []
            var last = ""
            for (conflict, cause) in zip(conflicts, causes) {
                let title = "conflicts with \(conflict.entry.description):"
                if title != last { lines.append(title) }
                last = title
                lines.append("- " + cause.field)
            }
            message = "Apply failed with \(conflicts.count) conflicts: " + lines.joined(separator: "\n")
        }
        return APIError(code: 409, reason: "Conflict", message: message, causes: causes)
    }

    // MARK: Client-side apply

    private static func lastApplied(of live: JSON, _ apiVersion: String, _ schema: TypeSchema) -> FieldSet? {
        guard let text = live["metadata", "annotations", lastAppliedAnnotation]?.string, !text.isEmpty,
            let applied = try? JSON(parsing: text), applied["apiVersion"]?.string == apiVersion
        else { return nil }
        let difference = Comparison(applied, live, schema)
        return TypedSet.of(applied, schema).subtracting(difference.changed).subtracting(difference.removed)
    }

    private static func renewLastApplied(_ object: inout JSON, _ configuration: JSON) {
        guard let text = object["metadata", "annotations", lastAppliedAnnotation]?.string, !text.isEmpty else { return }
        var applied = configuration
        applied.modify("metadata") { metadata in
            metadata.modify("annotations") { $0[lastAppliedAnnotation] = nil }
        }
        object["metadata", "annotations", lastAppliedAnnotation] = .string(applied.text + "\n")
    }
}
