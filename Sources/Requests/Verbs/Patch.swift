import Admission
import ClusterState
import Document
import Patching
import Records
import Schema

extension Write {
    mutating func patch() throws(APIError) -> Decision {
        // What is merged by the elements of its lists is counted before that work is done.
        if !type.isCustom, command.patchType == .apply || command.patchType == .strategic,
            command.body.holdsObjects(moreThan: Conforming.structuresMax)
        {
            throw APIError.tooManyParts("limit is \(Conforming.structuresMax) structures")
        }
        if command.patchType == .apply { return try apply() }
        let existing = try existing(command.name)
        let old = try loaded(existing)
        var object = answer(old)
        try patch(&object, name: command.name, schema: type.schema)
        do throws(UnreadableBody) {
            object = try read(object, complaints: duplicates)
        } catch {
            throw refusal(error, of: object)
        }
        try checkNamespace(&object)
        let said = object["metadata", "name"]?.string ?? ""
        if said != command.name {
            throw APIError.badRequest(
                "the name of the object (\(said)) does not match the name on the URL (\(command.name))")
        }
        return try replace(existing, old: old, with: &object, tracksManager: true)
    }

    /// Applies the command's patch to a document of that schema.
    func patch(_ object: inout JSON, name: String, schema: TypeSchema?) throws(APIError) {
        switch command.patchType {
        case .json: object = try JSONPatch.apply(command.body, to: object, kind: type.groupVersionKind, name: name)
        case .merge:
            if command.body.isNull { throw .badRequest("Invalid JSON Patch") }
            try requireObject("error decoding patch: ")
            object = MergePatch.apply(command.body, to: object)
        case .strategic:
            guard let schema, !type.isCustom else {
                throw APIError(
                    code: 415, reason: "UnsupportedMediaType",
                    message:
                        "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
                )
            }
            if command.body.isNull { return }
            try requireObject("")
            let (apiVersion, kind) = (object["apiVersion"], object["kind"])
            object = try StrategicMergePatch.apply(command.body, to: object, schema: schema)
            // Upstream reads the result as the kind it started from, whatever the patch calls it.
            (object["apiVersion"], object["kind"]) = (apiVersion, kind)
        case .apply: break
        }
    }

    /// Members that the patch has twice, as its decoder names them.
    private var duplicates: [String] {
        command.duplicates.map { (command.patchType == .json ? "json patch " : "") + "duplicate field \"\($0)\"" }
    }

    /// A patched object that is no object of the kind: the patch is to blame.
    private func refusal(_ error: UnreadableBody, of patched: JSON) -> APIError {
        switch command.patchType {
        case .strategic where !type.isCustom: error.ofConverter.refusal(ofPatch: command.body.goText)
        default: error.refusal(ofPatch: String(decoding: patched.encoded(), as: UTF8.self))
        }
    }

    /// A merge patch must be an object; `stage` is what upstream's refusal begins with.
    private func requireObject(_ stage: String) throws(APIError) {
        guard command.body.object == nil else { return }
        throw .badRequest(
            "\(stage)json: cannot unmarshal \(command.body.goKind) into Go value of type map[string]interface {}")
    }

    /// Server-side apply: makes the object when it does not exist.
    private mutating func apply() throws(APIError) -> Decision {
        var configuration = command.body
        let (version, kind) = (configuration["apiVersion"]?.string ?? "", configuration["kind"]?.string ?? "")
        if version != type.apiVersion || kind != type.kind {
            throw .badRequest("invalid object type: \(version.contains("/") ? "" : "/")\(version), Kind=\(kind)")
        }
        let said = configuration["metadata", "name"]?.string ?? ""
        if !said.isEmpty, said != command.name {
            throw APIError.badRequest(
                "the name of the object (\(said)) does not match the name on the URL (\(command.name))")
        }
        configuration["metadata", "name"] = .string(command.name)
        let space = configuration["metadata", "namespace"]?.string ?? ""
        if type.isNamespaced, !space.isEmpty { try checkNamespace(&configuration) }
        guard let schema = type.schema else { throw APIError.badRequest("\(type.kind) has no schema to apply by") }
        let existing = ground.state.object(key(command.name))
        let live: JSON? = if let existing { try loaded(existing) } else { Optional.none }
        if existing == nil, !command.subresource.isEmpty { throw APIError.notFound(type.groupResource, command.name) }
        if let uid = configuration["metadata", "uid"]?.string, existing == nil, !uid.isEmpty {
            throw APIError.conflict(
                type.groupResource, command.name,
                "uid mismatch: the provided object specified uid \(uid), and no existing object was found")
        }
        var merged = try ServerSideApply.apply(
            live: live.map { answer($0) }, configuration: configuration, manager: command.manager,
            isForced: command.isForced,
            apiVersion: type.apiVersion, subresource: command.subresource, time: command.now, schema: schema)
        merged = try decode(merged)
        try checkNamespace(&merged)
        guard let existing, let live else { return try insert(&merged) }
        if configuration["metadata", "resourceVersion"] == nil {
            merged["metadata", "resourceVersion"] = .string(String(existing.revision))
        }
        return try replace(existing, old: live, with: &merged, tracksManager: false)
    }
}
