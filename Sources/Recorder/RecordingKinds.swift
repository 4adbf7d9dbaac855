public import ClusterState
public import Document
import Records
public import Schema

/// The recorder's own objects, kept beside those of the source so that kubectl shows them: `kubectl get recordings`, `kubectl get gaps`.
enum RecordingKinds {
    static let group = "recorder.reckon.dev"
    static let apiVersion = "recorder.reckon.dev/v1"
    static let recordings = GroupResource(group: group, resource: "recordings")
    static let gaps = GroupResource(group: group, resource: "recordinggaps")
    static let definitions = GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")
    /// The recording that stands for the recorder itself: its `status.observedThrough` says until when it ran.
    static let own = "recorder"

    /// What makes the two kinds known to every reader of the log.
    static func definitionDocuments(now: Timestamp) -> [JSON] {
        func column(_ name: String, _ type: String, _ path: String) -> JSON {
            ["name": .string(name), "type": .string(type), "jsonPath": .string(path)]
        }
        return [
            definition(
                "recordings", "Recording", [], now,
                [
                    column("Kind", "string", ".spec.kind"), column("Version", "string", ".spec.apiVersion"),
                    column("State", "string", ".status.state"),
                    column("Source version", "string", ".status.sourceResourceVersion"),
                    column("Observed through", "date", ".status.observedThrough"),
                ]),
            definition(
                "recordinggaps", "RecordingGap", ["gaps"], now,
                [
                    column("Resource", "string", ".spec.resource"), column("From", "string", ".spec.from"),
                    column("To", "string", ".spec.to"), column("Type", "string", ".spec.type"),
                    column("Reason", "string", ".spec.reason"),
                ]),
        ]
    }

    private static func definition(
        _ plural: String, _ kind: String, _ short: [String], _ now: Timestamp, _ columns: [JSON]
    ) -> JSON {
        let names: JSON = [
            "plural": .string(plural), "singular": .string(kind.lowercased()), "kind": .string(kind),
            "listKind": .string(kind + "List"), "shortNames": .array(short.map { .string($0) }),
        ]
        let version: JSON = [
            "name": "v1", "served": true, "storage": true, "additionalPrinterColumns": .array(columns),
            "schema": [
                "openAPIV3Schema": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
            ],
        ]
        let time = JSON.string(now.rfc3339)
        return [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": .string(plural + "." + group), "creationTimestamp": time],
            "spec": [
                "group": .string(group), "scope": "Cluster", "names": names, "versions": [version],
                "conversion": ["strategy": "None"],
            ],
            "status": [
                "acceptedNames": names, "storedVersions": ["v1"],
                "conditions": [
                    ["type": "NamesAccepted", "status": "True", "reason": "NoConflicts", "lastTransitionTime": time],
                    [
                        "type": "Established", "status": "True", "reason": "InitialNamesAccepted",
                        "lastTransitionTime": time,
                    ],
                ],
            ],
        ]
    }

    static func recording(_ name: String, kind: SourceKind?, now: Timestamp) -> JSON {
        var spec: JSON = [:]
        if let kind {
            spec["kind"] = .string(kind.kind)
            spec["apiVersion"] = .string(kind.apiVersion)
            spec["resource"] = .string(kind.name)
        }
        return [
            "apiVersion": .string(apiVersion), "kind": "Recording",
            "metadata": ["name": .string(name), "creationTimestamp": .string(now.rfc3339)], "spec": spec, "status": [:],
        ]
    }

    /// A gap; `to` is nil while it lasts.
    static func gap(_ name: String, resource: String, from: Timestamp, reason: String, now: Timestamp) -> JSON {
        [
            "apiVersion": .string(apiVersion), "kind": "RecordingGap",
            "metadata": ["name": .string(name), "creationTimestamp": .string(now.rfc3339)],
            "spec": [
                "resource": .string(resource), "from": .string(from.rfc3339Micro), "type": "Open",
                "reason": .string(reason),
            ],
        ]
    }
}

/// What a reader of a recording must be told of a moment.
public enum RecordingNotices {
    /// So long nobody need be told that the newest observation is not of this second, in microseconds.
    private static let patience: Int64 = 30_000_000

    /// Whether the log is a recording of another cluster.
    public static func isRecording(_ newest: ClusterState) -> Bool {
        newest.object(RecordingKinds.recordings, "", RecordingKinds.own) != nil
    }

    /// Why what is shown of a resource at `moment` may not be what was, in words; nil when it is what was. `resource` nil asks of all.
    /// `newest` is the end of the recording: gaps are known only afterwards.
    public static func notice(of store: GroupResource?, at moment: Timestamp, in newest: ClusterState) -> String? {
        guard let own = newest.object(RecordingKinds.recordings, "", RecordingKinds.own)?.document else { return nil }
        let name = store.map { $0.group.isEmpty ? $0.resource : $0.resource + "." + $0.group }
        if store?.group == RecordingKinds.group { return nil }
        for gap in newest.objects(RecordingKinds.gaps) {
            guard let spec = gap.document["spec"], let resource = spec["resource"]?.string,
                name == nil || resource == name,
                let from = spec["from"]?.string.flatMap({ Timestamp(rfc3339: $0) }), from <= moment
            else { continue }
            let to = spec["to"]?.string.flatMap { Timestamp(rfc3339: $0) }
            if let to, to <= moment { continue }
            let end = to.map { "and \($0.rfc3339)" } ?? "and now"
            let reason = spec["reason"]?.string ?? ""
            if spec["type"] == "Late" {
                return
                    "when \(resource) changed between \(from.rfc3339) \(end) is unknown (\(reason)): the changes were seen later"
            }
            return "\(resource) between \(from.rfc3339) \(end) are unknown (\(reason)): shown as last observed"
        }
        if let through = own["status", "observedThrough"]?.string.flatMap({ Timestamp(rfc3339: $0) }),
            moment.since(through) > patience
        {
            return "the recording reaches to \(through.rfc3339): shown as last observed"
        }
        return nil
    }
}
