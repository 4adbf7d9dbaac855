public import Document

/// Reading an object at another served version of its store.
public enum Conversion {
    /// Rewrites a conformed object of a built-in kind for `apiVersion`, its zero values included. Kinds whose versions do
    /// not differ (and custom resources without a conversion) only change their `apiVersion`.
    public static func convert(_ document: inout JSON, to apiVersion: String) {
        guard let from = document["apiVersion"]?.string, from != apiVersion else { return }
        let kind = document["kind"]?.string ?? ""
        document["apiVersion"] = .string(apiVersion)
        switch (kind, from, apiVersion) {
        case ("Event", "v1", "events.k8s.io/v1"): EventConversion.rename(&document, EventConversion.coreToEvents)
        case ("Event", "events.k8s.io/v1", "v1"): EventConversion.rename(&document, EventConversion.eventsToCore)
        case ("HorizontalPodAutoscaler", "autoscaling/v1", "autoscaling/v2"): AutoscalerConversion.toV2(&document)
        case ("HorizontalPodAutoscaler", "autoscaling/v2", "autoscaling/v1"): AutoscalerConversion.toV1(&document)
        default: return
        }
        if let type = Catalog.builtin.type(for: GroupVersionKind(apiVersion: apiVersion, kind: kind)) {
            _ = try? Conforming.conform(&document, to: type)
        }
    }
}

/// Events of the core group and of `events.k8s.io` are one object under other names.
enum EventConversion {
    static let coreToEvents: [(String, String)] = [
        ("involvedObject", "regarding"), ("message", "note"), ("source", "deprecatedSource"),
        ("count", "deprecatedCount"),
        ("firstTimestamp", "deprecatedFirstTimestamp"), ("lastTimestamp", "deprecatedLastTimestamp"),
        ("reportingComponent", "reportingController"),
    ]
    static let eventsToCore = coreToEvents.map { ($1, $0) }

    static func rename(_ document: inout JSON, _ names: [(String, String)]) {
        for (old, new) in names {
            guard let value = document[old] else { continue }
            document[old] = nil
            document[new] = value
        }
    }
}
