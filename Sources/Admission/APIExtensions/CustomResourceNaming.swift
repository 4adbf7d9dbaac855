public import Document

/// What the API server itself does to a definition once it is stored: it accepts its names unless others have them, and then the
/// resource is served. Upstream's naming and establishing controllers.
public enum CustomResourceNaming {
    public static let finalizer = "customresourcecleanup.apiextensions.k8s.io"

    /// The definition with its `status` brought up to date, or nil when it is. The change belongs to the manager `kube-apiserver`
    /// and the subresource `status`. `others` are the other definitions of the cluster.
    public static func reconciled(_ definition: JSON, others: [JSON], now: Timestamp) -> JSON? {
        let names = definition["spec", "names"] ?? .null
        let group = definition["spec"]?.text("group") ?? ""
        var takenNames: Set<String> = []
        var takenKinds: Set<String> = []
        for other in others
        where other["spec"]?.text("group") == group && other["metadata", "name"] != definition["metadata", "name"] {
            let accepted = other["status", "acceptedNames"] ?? .null
            takenNames.formUnion(
                [accepted.text("plural"), accepted.text("singular")] + (accepted["shortNames"]?.strings ?? []))
            takenKinds.formUnion([accepted.text("kind"), accepted.text("listKind")])
        }
        takenNames.remove("")
        takenKinds.remove("")
        var accepted = definition["status", "acceptedNames"] ?? .null
        if accepted.isNull { accepted = ["kind": "", "plural": ""] }
        var conflict: (reason: String, message: String)?
        for (field, reason) in [("plural", "PluralConflict"), ("singular", "SingularConflict")] {
            let name = names.text(field)
            if takenNames.contains(name) {
                if conflict == nil { conflict = (reason, "\"\(name)\" is already in use") }
            } else {
                accepted[field] = name.isEmpty ? Optional.none : .string(name)
            }
        }
        if let clash = (names["shortNames"]?.strings ?? []).first(where: takenNames.contains) {
            if conflict == nil { conflict = ("ShortNamesConflict", "\"\(clash)\" is already in use") }
        } else {
            accepted["shortNames"] = names["shortNames"]
        }
        for (field, reason) in [("kind", "KindConflict"), ("listKind", "ListKindConflict")] {
            let name = names.text(field)
            if takenKinds.contains(name) {
                if conflict == nil { conflict = (reason, "\"\(name)\" is already in use") }
            } else {
                accepted[field] = .string(name)
            }
        }
        accepted["categories"] = names["categories"]
        var out = definition
        out["status", "acceptedNames"] = accepted
        if let conflict {
            setCondition(&out, "NamesAccepted", "False", conflict.reason, conflict.message, now)
            if condition(out, "Established") == nil {
                setCondition(&out, "Established", "False", "NotAccepted", "not all names are accepted", now)
            }
        } else {
            setCondition(&out, "NamesAccepted", "True", "NoConflicts", "no conflicts found", now)
            if condition(out, "Established")?.text("status") != "True" {
                setCondition(
                    &out, "Established", "True", "InitialNamesAccepted", "the initial names have been accepted", now)
            }
        }
        if out == definition { return Optional.none }
        return out
    }

    /// What the first DELETE does: the finalizer that waits for the resource's objects, and the condition that says so.
    public static func markForDeletion(_ definition: inout JSON, now: Timestamp) {
        var finalizers = definition["metadata", "finalizers"]?.strings ?? []
        if !finalizers.contains(finalizer) { finalizers.append(finalizer) }
        definition["metadata", "finalizers"] = .array(finalizers.map { .string($0) })
        setCondition(
            &definition, "Terminating", "True", "InstanceDeletionPending",
            "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon", now)
    }

    private static func condition(_ definition: JSON, _ type: String) -> JSON? {
        definition["status"]?.list("conditions").first { $0.text("type") == type }
    }

    private static func setCondition(
        _ definition: inout JSON, _ type: String, _ status: String, _ reason: String, _ message: String,
        _ now: Timestamp
    ) {
        var conditions = definition["status"]?.list("conditions") ?? []
        var new: JSON = [
            "message": .string(message), "reason": .string(reason), "status": .string(status), "type": .string(type),
        ]
        if let place = conditions.firstIndex(where: { $0.text("type") == type }) {
            let old = conditions[place]
            new["lastTransitionTime"] = old.text("status") == status ? old["lastTransitionTime"] : .string(now.rfc3339)
            conditions[place] = new
        } else {
            new["lastTransitionTime"] = .string(now.rfc3339)
            conditions.append(new)
        }
        definition["status", "conditions"] = .array(conditions)
    }
}
