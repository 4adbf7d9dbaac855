import Admission
import ClusterState
import Document
import Patching
import Records
import Schema

extension Write {
    mutating func update() throws(APIError) -> Decision {
        var object = try decode(command.body)
        try checkNamespace(&object)
        let said = object["metadata", "name"]?.string ?? ""
        if said.isEmpty { throw unnamed }
        if said != command.name {
            throw APIError.badRequest(
                "the name of the object (\(said)) does not match the name on the URL (\(command.name))")
        }
        guard let existing = ground.state.object(key(command.name)) else {
            if command.subresource.isEmpty, rules.allowsCreateOnUpdate {
                object["metadata", "resourceVersion"] = nil
                recordManager(&object, old: .null)
                return try insert(&object)
            }
            throw APIError.notFound(type.groupResource, command.name)
        }
        return try replace(existing, old: loaded(existing), with: &object, tracksManager: true)
    }

    /// The refusal of a PUT whose object does not say its name.
    var unnamed: APIError {
        .badRequest("the name of the object (\(command.name) based on URL) was undeterminable: name must be provided")
    }

    /// Puts a decoded object in the place of an existing one.
    /// Without `isAdmitted` admission is not asked: it was asked about what this write was told as.
    mutating func replace(
        _ existing: StoredObject, old: JSON, with decoded: inout JSON, tracksManager: Bool, isAdmitted: Bool = true
    ) throws(APIError) -> Decision {
        var object = decoded
        let name = command.name
        let resource = type.groupResource
        let version = object["metadata", "resourceVersion"]?.string ?? ""
        let uid = object["metadata", "uid"]?.string ?? ""
        if !uid.isEmpty, uid != existing.uid, command.verb == .patch {
            throw APIError.invalid(
                type.groupVersionKind, name, [.invalid("metadata.uid", .string(uid), "field is immutable")])
        }
        if !uid.isEmpty, uid != existing.uid {
            throw APIError.conflict(
                resource, name,
                Precondition.storageError(
                    type, existing.key, "UID in precondition: \(uid), UID in object meta: \(existing.uid)"))
        }
        if version.isEmpty {
            if !rules.allowsUnconditionalUpdate {
                throw APIError.invalid(
                    GroupVersionKind(group: resource.group, version: type.version, kind: resource.resource), name,
                    [.invalid("metadata.resourceVersion", 0, "must be specified for an update")])
            }
        } else if UInt64(version) == nil {
            throw APIError(
                code: 500, reason: "",
                message: "strconv.ParseUint: parsing \(JSON.string(version).text): invalid syntax")
        } else if version != String(existing.revision) {
            throw APIError.conflict(
                resource, name,
                "the object has been modified; please apply your changes to the latest version and try again")
        }
        if version.isEmpty { object["metadata", "resourceVersion"] = .string(String(existing.revision)) }
        keepServerMetadata(&object, old)
        isolate(&object, old)
        if tracksManager { recordManager(&object, old: old) }
        var admission = isAdmitted ? try admit(.update, &object, old: old, name: name) : nil
        var context = self.context
        try rules.prepareForUpdate(&object, old: old, subresource: command.subresource, &context)
        random = context.random
        UnservedPodFields.drop(from: &object, of: type.store)
        keepServerMetadata(&object, old)
        if Generation.isCounted(type), command.subresource != "status" {
            object["metadata", "generation"] = Generation.next(type, object, old, isRaised: givesEmpty)
        }

        var errors = ObjectMetaRules.validateUpdate(
            object["metadata"] ?? .null, old: old["metadata"] ?? .null, path: "metadata")
        errors +=
            structureErrors(object)
            + rules.validateUpdate(object, old: old, subresource: command.subresource, self.context)
        if !errors.isEmpty { throw APIError.invalid(refusedKind, name, errors) }
        if command.subresource != "status" { warnings += rules.warnings(object, old: old) }
        if admission != nil { try validate(&admission!, object) }

        if isFinished(object) {
            let change = try change(.deleted, &object, name: name, previous: existing.revision)
            return decision(200, answer(object), [(change, object)])
        }
        object["metadata", "resourceVersion"] = .string(String(existing.revision))
        if isUnchanged(object, old), !isStale(existing) {
            var same = decision(200, answer(old), [])
            if type.storageVersion == type.apiVersion { same.stored = existing.body }
            return same
        }
        if command.isDryRun { return decision(200, answer(object), []) }
        let change = try change(.updated, &object, name: name, previous: existing.revision)
        var decision = decision(200, answer(object), [(change, object)])
        if type.storageVersion == type.apiVersion { decision.stored = change.body }
        return decision
    }

    /// A custom resource that is still stored at a version that is no longer the one to store is written again.
    private func isStale(_ existing: StoredObject) -> Bool {
        type.isCustom && existing.document["apiVersion"]?.string != type.storageVersion
    }

    /// What only the server sets stays as it is.
    private func keepServerMetadata(_ object: inout JSON, _ old: JSON) {
        let kept = [
            "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink",
            "name", "namespace",
        ]
        let was = old["metadata"]?.entries ?? JSONObject()
        object.modify("metadata") { metadata in
            for member in kept { metadata[member] = was[member] }
        }
    }

    /// Each endpoint writes its own half: the object's not the status, the status' nothing but it.
    private func isolate(_ object: inout JSON, _ old: JSON) {
        guard type.hasStatus else { return }
        switch command.subresource {
        case "": object["status"] = old["status"]
        case "status":
            var out = old
            out["status"] = object["status"]
            var metadata = object["metadata"] ?? .null
            if type.isCustom || Self.statusKeepsMetadata.contains(type.store) {
                let said = metadata["managedFields"]
                metadata = old["metadata"] ?? .null
                metadata["managedFields"] = said ?? metadata["managedFields"]
            } else {
                metadata["ownerReferences"] = old["metadata", "ownerReferences"]
                if type.store == GroupResource(group: "apps", resource: "deployments") {
                    metadata["labels"] = old["metadata", "labels"]
                }
            }
            out["metadata"] = metadata
            object = out
        default: break
        }
    }

    /// Kinds whose status endpoint leaves all metadata as it is; those of most others take labels and annotations.
    private static let statusKeepsMetadata: Set<GroupResource> = [
        .init(group: "networking.k8s.io", resource: "servicecidrs"),
        .init(group: "resource.k8s.io", resource: "resourceclaims"),
        .init(group: "resource.k8s.io", resource: "devicetaintrules"),
        .init(group: "resource.k8s.io", resource: "resourcepoolstatusrequests"),
        .init(group: "storage.k8s.io", resource: "volumeattachments"),
        .init(group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicies"),
        .init(group: "flowcontrol.apiserver.k8s.io", resource: "flowschemas"),
        .init(group: "flowcontrol.apiserver.k8s.io", resource: "prioritylevelconfigurations"),
        .init(group: "scheduling.k8s.io", resource: "podgroups"),
        .init(group: "storagemigration.k8s.io", resource: "storageversionmigrations"),
        .init(group: "internal.apiserver.k8s.io", resource: "storageversions"),
    ]

    /// An object that waits for its finalizers only is gone once the last is taken away.
    func isFinished(_ object: JSON) -> Bool {
        guard let metadata = object["metadata"], metadata["deletionTimestamp"] != nil,
            metadata["finalizers"]?.elements.isEmpty ?? true
        else { return false }
        if type.store == GroupResource(resource: "namespaces") {
            return object["spec", "finalizers"]?.elements.isEmpty ?? true
        }
        return (metadata["deletionGracePeriodSeconds"]?.int ?? 0) == 0
    }

    /// Whether a write leaves everything as it is, the times in managed fields aside.
    private func isUnchanged(_ object: JSON, _ old: JSON) -> Bool {
        func timeless(_ object: JSON) -> JSON {
            var out = object
            out.modify("metadata") { metadata in
                metadata.modify("managedFields") { $0.modifyElements { _, entry in entry["time"] = nil } }
            }
            return out
        }
        return object == old || timeless(object) == timeless(old)
    }
}

/// A precondition of a write that does not hold, in the words of upstream's storage.
enum Precondition {
    static func storageError(_ type: ResourceType, _ key: ObjectKey, _ what: String) -> String {
        let place = key.namespace.isEmpty ? key.name : key.namespace + "/" + key.name
        return "StorageError: invalid object, Code: 4, Key: /registry/\(prefix(type))/\(place), "
            + "ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: \(what)"
    }

    /// Where upstream keeps objects of that kind.
    private static func prefix(_ type: ResourceType) -> String {
        switch (type.store.group, type.store.resource) {
        case ("", "services"): "services/specs"
        case ("", "endpoints"): "services/endpoints"
        case ("", "nodes"): "minions"
        case ("", "replicationcontrollers"): "controllers"
        case ("networking.k8s.io", "ingresses"): "ingress"
        case ("apiregistration.k8s.io", _), ("apiextensions.k8s.io", _):
            type.store.group + "/" + type.store.resource
        default: type.isCustom ? type.store.group + "/" + type.store.resource : type.store.resource
        }
    }
}
