import Document
import Records

/// What changes all the time and tells nobody anything: left out of differences unless everything is wanted.
enum Noise {
    /// Objects that come and go, or are renewed, without anyone deciding anything.
    static func isNoisy(_ key: ObjectKey) -> Bool {
        switch (key.group, key.resource) {
        case ("", "events"), ("events.k8s.io", "events"), ("coordination.k8s.io", "leases"): true
        // The books that a recorder keeps of itself.
        case ("recorder.reckon.dev", _): true
        default: false
        }
    }

    /// Fields that follow from the change itself: who wrote, which version, when somebody last looked.
    static func isNoisy(_ path: String) -> Bool {
        path.hasSuffix(".lastHeartbeatTime") || path.hasSuffix(".lastProbeTime")
            || path.hasSuffix("bservedGeneration") || path == "spec.renewTime"
            || path == #"metadata.annotations["endpoints.kubernetes.io/last-change-trigger-time"]"#
            || path == #"metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]"#
    }

    /// What differs and matters, a field a line; everything with `all`.
    static func difference(_ before: JSON, _ after: JSON, all: Bool) -> [FieldChange] {
        if all { return Difference.between(before, after, ignoring: []) }
        return Difference.between(before, after).filter { !isNoisy($0.path) }
    }

    /// An object without what a patch must not carry from one moment to another.
    static func patchable(_ object: JSON) -> JSON {
        var object = object
        object.modify("metadata") { metadata in
            for name in ["resourceVersion", "managedFields", "generation", "uid", "creationTimestamp", "selfLink"] {
                metadata[name] = Optional.none
            }
        }
        object["status"] = Optional.none
        return object
    }
}
