public import ClusterState
public import Document
public import History
public import Schema

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
        if store?.group == RecordingKinds.group { return nil }
        for gap in each(newest) {
            let resource = gap.resources[0].description
            guard store == nil || store == gap.resources[0], gap.from <= moment, gap.to.map({ moment < $0 }) ?? true
            else { continue }
            let end = gap.to.map { "and \($0.rfc3339)" } ?? "and now"
            if gap.loss == .late {
                return
                    "when \(resource) changed between \(gap.from.rfc3339) \(end) is unknown (\(gap.reason)): the changes were seen later"
            }
            return
                "\(resource) between \(gap.from.rfc3339) \(end) are unknown (\(gap.reason)): shown as last observed"
        }
        if let through = own["status", "observedThrough"]?.string.flatMap({ Timestamp(rfc3339: $0) }),
            moment.since(through) > patience
        {
            return "the recording reaches to \(through.rfc3339): shown as last observed"
        }
        return nil
    }

    /// The gaps of a recording; what one break made of many kinds is one of them.
    public static func gaps(in newest: ClusterState) -> [ObservationGap] {
        let kinds = newest.count(RecordingKinds.recordings) - 1
        return ObservationGap.joined(each(newest)).map { gap in
            var gap = gap
            gap.isPartial = gap.resources.count * 2 < kinds
            return gap
        }
    }

    private static func each(_ newest: ClusterState) -> [ObservationGap] {
        newest.objects(RecordingKinds.gaps).compactMap { object in
            guard let spec = object.document["spec"], let resource = spec["resource"]?.string,
                let from = spec["from"]?.string.flatMap({ Timestamp(rfc3339: $0) }),
                let loss = spec["type"]?.string.flatMap({ ObservationGap.Loss(rawValue: $0) })
            else { return nil }
            let dot = resource.firstIndex(of: ".") ?? resource.endIndex
            let store = GroupResource(
                group: String(resource[dot...].dropFirst()), resource: String(resource[..<dot]))
            return ObservationGap(
                from: from, to: spec["to"]?.string.flatMap { Timestamp(rfc3339: $0) }, loss: loss,
                reason: spec["reason"]?.string ?? "", resources: [store])
        }
    }
}
