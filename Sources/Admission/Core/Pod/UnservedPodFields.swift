public import Document
public import Schema

/// Fields of pods that upstream knows and, by its default feature gates, takes away when an object is written: clients that
/// set them get the object without them, not an error.
public enum UnservedPodFields {
    /// Takes them out of a pod, or of the pod template that an object of that kind holds.
    public static func drop(from object: inout JSON, of store: GroupResource) {
        guard let path = path(store) else { return }
        guard object[path] != nil else { return }
        object.modify(at: path[...]) { drop(from: &$0) }
    }

    private static func path(_ store: GroupResource) -> [String]? {
        switch (store.group, store.resource) {
        case ("", "pods"): ["spec"]
        case ("", "podtemplates"): ["template", "spec"]
        case ("", "replicationcontrollers"), ("batch", "jobs"), ("apps", "deployments"), ("apps", "replicasets"),
            ("apps", "statefulsets"), ("apps", "daemonsets"):
            ["spec", "template", "spec"]
        case ("batch", "cronjobs"): ["spec", "jobTemplate", "spec", "template", "spec"]
        default: nil
        }
    }

    private static func drop(from spec: inout JSON) {
        if spec["schedulingGroup"] != nil { spec["schedulingGroup"] = Optional.none }
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            spec.modify(list) { $0.modifyElements { _, container in dropStopSignal(&container) } }
        }
        spec.modify("volumes") { volumes in
            volumes.modifyElements { _, volume in
                volume.modify("projected") { projected in
                    projected.modify("sources") { sources in
                        sources.modifyElements { _, source in
                            source["clusterTrustBundle"] = Optional.none
                            source["podCertificate"] = Optional.none
                        }
                    }
                }
            }
        }
    }

    private static func dropStopSignal(_ container: inout JSON) {
        guard container["lifecycle", "stopSignal"] != nil else { return }
        container["lifecycle", "stopSignal"] = Optional.none
        if container["lifecycle"]?.entries.isEmpty ?? false { container["lifecycle"] = Optional.none }
    }
}

extension JSON {
    fileprivate mutating func modify(at path: ArraySlice<String>, _ body: (inout JSON) -> Void) {
        guard let first = path.first else { return body(&self) }
        modify(first) { $0.modify(at: path.dropFirst(), body) }
    }
}
