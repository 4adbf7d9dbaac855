import Document
import Schema

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
                own("recordings", "Recording", []), now,
                [
                    column("Kind", "string", ".spec.kind"), column("Version", "string", ".spec.apiVersion"),
                    column("State", "string", ".status.state"),
                    column("Source version", "string", ".status.sourceResourceVersion"),
                    column("Observed through", "date", ".status.observedThrough"),
                ]),
            definition(
                own("recordinggaps", "RecordingGap", ["gaps"]), now,
                [
                    column("Resource", "string", ".spec.resource"), column("From", "string", ".spec.from"),
                    column("To", "string", ".spec.to"), column("Type", "string", ".spec.type"),
                    column("Reason", "string", ".spec.reason"),
                ]),
        ]
    }

    /// On a definition that the recorder made for a kind of the source that neither Reckon nor a definition there knows.
    static let madeAnnotation = group + "/made-by-recorder"

    /// What makes such a kind known: its names are the source's, any field is kept, and Tables show name and age.
    static func definition(of kind: SourceKind, singular: String, shortNames: [String], now: Timestamp) -> JSON {
        let version = String(kind.apiVersion.drop { $0 != "/" }.dropFirst())
        var made = definition(
            Names(
                group: kind.store.group, version: version, plural: kind.store.resource, kind: kind.kind,
                singular: singular.isEmpty ? kind.kind.lowercased() : singular, short: shortNames,
                isNamespaced: kind.isNamespaced), now, [])
        made["metadata", "annotations"] = [madeAnnotation: "the source serves this kind and does not define it"]
        return made
    }

    private struct Names {
        var group: String
        var version: String
        var plural: String
        var kind: String
        var singular: String
        var short: [String]
        var isNamespaced: Bool
    }

    private static func own(_ plural: String, _ kind: String, _ short: [String]) -> Names {
        Names(
            group: group, version: "v1", plural: plural, kind: kind, singular: kind.lowercased(), short: short,
            isNamespaced: false)
    }

    private static func definition(_ of: Names, _ now: Timestamp, _ columns: [JSON]) -> JSON {
        let names: JSON = [
            "plural": .string(of.plural), "singular": .string(of.singular), "kind": .string(of.kind),
            "listKind": .string(of.kind + "List"), "shortNames": .array(of.short.map { .string($0) }),
        ]
        var version: JSON = [
            "name": .string(of.version), "served": true, "storage": true,
            "schema": [
                "openAPIV3Schema": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
            ],
        ]
        if !columns.isEmpty { version["additionalPrinterColumns"] = .array(columns) }
        let time = JSON.string(now.rfc3339)
        return [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": .string(of.plural + "." + of.group), "creationTimestamp": time],
            "spec": [
                "group": .string(of.group), "scope": of.isNamespaced ? "Namespaced" : "Cluster", "names": names,
                "versions": [version], "conversion": ["strategy": "None"],
            ],
            "status": [
                "acceptedNames": names, "storedVersions": [.string(of.version)],
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
