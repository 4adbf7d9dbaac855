import Admission
import ClusterState
import Document
import Records
import Schema

extension Write {
    mutating func delete() throws(APIError) -> Decision {
        warnOfKeptPods()
        let existing = try existing(command.name)
        let outcome = try remove(existing)
        let changes = outcome.change.map { [($0, outcome.object)] } ?? []
        if outcome.isGone && !Self.answersWithObject.contains(type.store) {
            var details: JSON = [
                "name": .string(command.name), "kind": .string(type.resource), "uid": .string(existing.uid),
            ]
            if !type.group.isEmpty { details["group"] = .string(type.group) }
            return decision(
                200, ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details],
                changes)
        }
        return decision(200, answer(outcome.object), changes)
    }

    private mutating func warnOfKeptPods() {
        if type.store == GroupResource(group: "batch", resource: "jobs"), command.deletion.propagation == nil {
            warnings.append(
                "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning"
            )
        }
    }

    mutating func deleteCollection() throws(APIError) -> Decision {
        warnOfKeptPods()
        var changes: [(Change, JSON)] = []
        var items: [JSON] = []
        for existing in ground.state.objects(type.store, namespace: type.isNamespaced ? command.namespace : nil) {
            if let matches = command.matches, !matches(existing) { continue }
            let outcome: Removal
            do throws(APIError) {
                outcome = try remove(existing)
            } catch {
                // What must be asked about the others can be asked at the same time.
                if error.isWaiting { continue }
                throw error
            }
            if let change = outcome.change { changes.append((change, outcome.object)) }
            var item = try answer(loaded(existing))
            item["apiVersion"] = nil
            item["kind"] = nil
            items.append(item)
        }
        if !wanted.isEmpty { throw .waiting }
        let list: JSON = [
            "apiVersion": .string(type.apiVersion), "kind": .string(type.kind + "List"),
            "metadata": ["resourceVersion": .string(String(changes.isEmpty ? ground.state.revision : revision))],
            "items": .array(items),
        ]
        return decision(200, list, changes)
    }

    /// What a deletion does to one object: takes it away, or marks it when finalizers or a grace period hold it.
    struct Removal {
        var object: JSON
        /// nil when the object stays as it is.
        var change: Change?
        var isGone: Bool
    }

    /// `mark` changes an object that stays for its grace period or finalizers.
    /// Without `isAdmitted` nobody is asked whether it may go: the request was admitted as something else.
    mutating func remove(
        _ existing: StoredObject, isAdmitted: Bool = true, mark: (inout JSON) -> Void = { _ in }
    ) throws(APIError) -> Removal {
        var object = try loaded(existing)
        let old = object
        let name = existing.key.name
        try checkPreconditions(existing)
        if isAdmitted {
            var nothing = JSON.null
            // One request for many names none.
            var admission = try admit(.delete, &nothing, old: old, name: command.verb == .deletecollection ? "" : name)
            try validate(&admission, .null)
        }

        if type.store == GroupResource(group: "scheduling.k8s.io", resource: "priorityclasses"),
            name.hasPrefix("system-")
        {
            throw APIError.forbidden(type.groupResource, name, "this is a system priority class and cannot be deleted")
        }
        if type.store == GroupResource(resource: "namespaces") { return try removeNamespace(existing, &object) }
        if type.store == GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions") {
            return try removeDefinition(existing, &object)
        }
        let isDeleting = old["metadata", "deletionTimestamp"] != nil
        let grace = gracePeriod(old)
        let previousGrace = old["metadata", "deletionGracePeriodSeconds"]?.int ?? 0
        if type.store.resource != "events" { changeFinalizers(&object, isDeleting: isDeleting) }
        let waits = !(object["metadata", "finalizers"]?.elements.isEmpty ?? true)

        if !waits, grace == 0 {
            let gone = try finish(&object, existing, isDeleting: isDeleting)
            return Removal(object: object, change: gone, isGone: true)
        }
        mark(&object)
        if isDeleting {
            // A grace period may be made shorter, never longer.
            if grace < previousGrace { setDeletion(&object, grace: grace, since: old) }
        } else {
            setDeletion(&object, grace: grace, since: .null)
            if Generation.isCounted(type) {
                object["metadata", "generation"] = .int((old["metadata", "generation"]?.int ?? 0) + 1)
            }
        }
        if object == old { return Removal(object: old, change: nil, isGone: false) }
        if command.isDryRun { return Removal(object: object, change: nil, isGone: false) }
        let change = try change(.updated, &object, name: name, previous: existing.revision)
        return Removal(object: object, change: change, isGone: false)
    }

    private mutating func finish(
        _ object: inout JSON, _ existing: StoredObject, isDeleting: Bool
    ) throws(APIError) -> Change? {
        if type.store == GroupResource(resource: "pods") {
            setDeletion(&object, grace: 0, since: .null)
            if !isDeleting { object["metadata", "generation"] = .int((object["metadata", "generation"]?.int ?? 0) + 1) }
        }
        if command.isDryRun { return nil }
        return try change(.deleted, &object, name: existing.key.name, previous: existing.revision)
    }

    private func setDeletion(_ object: inout JSON, grace: Int64, since old: JSON) {
        var moment = command.now.adding(seconds: grace)
        // A shortened period counts from when the deletion was first asked for.
        if let text = old["metadata", "deletionTimestamp"]?.string, let ends = Timestamp(rfc3339: text) {
            let asked = ends.adding(seconds: -(old["metadata", "deletionGracePeriodSeconds"]?.int ?? 0))
            moment = max(asked.adding(seconds: grace), command.now)
        }
        object["metadata", "deletionTimestamp"] = .string(moment.rfc3339)
        object["metadata", "deletionGracePeriodSeconds"] = .int(grace)
    }

    /// Seconds a pod has to end; everything else has none.
    private func gracePeriod(_ object: JSON) -> Int64 {
        guard type.store == GroupResource(resource: "pods") else { return 0 }
        let phase = object["status", "phase"]?.string ?? ""
        if (object["spec", "nodeName"]?.string ?? "").isEmpty || phase == "Succeeded" || phase == "Failed" { return 0 }
        let said = command.deletion.gracePeriodSeconds
        return max(0, said ?? object["spec", "terminationGracePeriodSeconds"]?.int ?? 30)
    }

    private func changeFinalizers(_ object: inout JSON, isDeleting: Bool) {
        var finalizers = object["metadata", "finalizers"]?.strings ?? []
        let before = finalizers
        let byDefault: DeleteOptions.Propagation =
            type.store == GroupResource(resource: "replicationcontrollers")
                || type.store == GroupResource(group: "batch", resource: "jobs")
            ? .orphan : .background
        func set(_ name: String, _ wanted: Bool) {
            if wanted {
                if !finalizers.contains(name) { finalizers.append(name) }
            } else {
                finalizers.removeAll { $0 == name }
            }
        }
        if let chosen = command.deletion.propagation {
            set("orphan", chosen == .orphan)
            set("foregroundDeletion", chosen == .foreground)
        } else if byDefault == .orphan, !finalizers.contains("foregroundDeletion") {
            set("orphan", true)
        }
        if finalizers == before { return }
        object["metadata", "finalizers"] = finalizers.isEmpty ? Optional.none : .array(finalizers.map { .string($0) })
    }

    private func checkPreconditions(_ existing: StoredObject) throws(APIError) {
        if let uid = command.deletion.uid, uid != existing.uid {
            throw preconditionFailed(
                existing,
                "the UID in the precondition (\(uid)) does not match the UID in record (\(existing.uid)). The object might have been deleted and then recreated"
            )
        }
        if let version = command.deletion.resourceVersion, version != String(existing.revision) {
            throw preconditionFailed(
                existing,
                "the ResourceVersion in the precondition (\(version)) does not match the ResourceVersion in record (\(existing.revision)). The object might have been modified"
            )
        }
    }

    private func preconditionFailed(_ existing: StoredObject, _ because: String) -> APIError {
        let kind = type.group.isEmpty ? type.kind : type.kind + "." + type.group
        return APIError(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(kind) \"\(existing.key.name)\": \(because)",
            group: type.group, kind: type.kind, name: existing.key.name)
    }

    /// A definition goes after its instances: it is marked, and whoever cleans up takes the finalizer away.
    private mutating func removeDefinition(
        _ existing: StoredObject, _ object: inout JSON
    ) throws(APIError) -> Removal {
        if object["metadata", "deletionTimestamp"] != nil {
            guard object["metadata", "finalizers"]?.elements.isEmpty ?? true, !command.isDryRun else {
                return Removal(object: object, change: nil, isGone: false)
            }
            let gone = try change(.deleted, &object, name: existing.key.name, previous: existing.revision)
            return Removal(object: object, change: gone, isGone: true)
        }
        object["metadata", "deletionTimestamp"] = .string(command.now.rfc3339)
        let finalizer = JSON.string(CustomResourceNaming.finalizer)
        var finalizers = object["metadata", "finalizers"]?.elements ?? []
        if !finalizers.contains(finalizer) { finalizers.append(finalizer) }
        object["metadata", "finalizers"] = .array(finalizers)
        var conditions = (object["status", "conditions"]?.elements ?? []).filter { $0["type"] != "Terminating" }
        conditions.append([
            "type": "Terminating", "status": "True", "lastTransitionTime": .string(command.now.rfc3339),
            "reason": "InstanceDeletionPending",
            "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
        ])
        object["status", "conditions"] = .array(conditions)
        if command.isDryRun { return Removal(object: object, change: nil, isGone: false) }
        let marked = try change(.updated, &object, name: existing.key.name, previous: existing.revision)
        return Removal(object: object, change: marked, isGone: false)
    }

    private mutating func removeNamespace(_ existing: StoredObject, _ object: inout JSON) throws(APIError) -> Removal {
        let name = existing.key.name
        if object["metadata", "deletionTimestamp"] == nil { changeFinalizers(&object, isDeleting: false) }
        let waits =
            !(object["spec", "finalizers"]?.elements.isEmpty ?? true)
            || !(object["metadata", "finalizers"]?.elements.isEmpty ?? true)
        if object["metadata", "deletionTimestamp"] != nil, waits {
            return Removal(object: object, change: nil, isGone: false)
        }
        if object["metadata", "deletionTimestamp"] == nil {
            object["metadata", "deletionTimestamp"] = .string(command.now.rfc3339)
            object["status", "phase"] = "Terminating"
        }
        if command.isDryRun { return Removal(object: object, change: nil, isGone: false) }
        let change = try change(waits ? .updated : .deleted, &object, name: name, previous: existing.revision)
        return Removal(object: object, change: change, isGone: false)
    }

    /// Stores whose DELETE answers with the object that went, not with a Status.
    static let answersWithObject: Set<GroupResource> = [
        .init(resource: "namespaces"), .init(resource: "persistentvolumes"), .init(resource: "persistentvolumeclaims"),
        .init(resource: "pods"), .init(resource: "podtemplates"), .init(resource: "resourcequotas"),
        .init(resource: "serviceaccounts"),
        .init(resource: "services"), .init(group: "storage.k8s.io", resource: "csidrivers"),
        .init(group: "storage.k8s.io", resource: "csinodes"),
        .init(group: "storage.k8s.io", resource: "storageclasses"),
        .init(group: "storage.k8s.io", resource: "volumeattachments"),
        .init(group: "storage.k8s.io", resource: "volumeattributesclasses"),
        .init(group: "resource.k8s.io", resource: "deviceclasses"),
        .init(group: "resource.k8s.io", resource: "resourceclaims"),
        .init(group: "resource.k8s.io", resource: "resourceclaimtemplates"),
        .init(group: "resource.k8s.io", resource: "resourceslices"),
    ]
}
