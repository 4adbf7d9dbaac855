package import Document

/// The metadata that every controller reads, off an object tree.
extension JSON {
    package var objectName: String { self["metadata"]?["name"]?.string ?? "" }
    package var objectNamespace: String { self["metadata"]?["namespace"]?.string ?? "" }
    package var objectUID: String { self["metadata"]?["uid"]?.string ?? "" }
    package var objectRevision: String { self["metadata"]?["resourceVersion"]?.string ?? "" }
    package var objectGeneration: Int64 { self["metadata"]?["generation"]?.int ?? 0 }
    package var objectLabels: JSONObject { self["metadata"]?["labels"]?.entries ?? JSONObject() }
    package var objectAnnotations: JSONObject { self["metadata"]?["annotations"]?.entries ?? JSONObject() }
    package var isBeingDeleted: Bool { self["metadata"]?["deletionTimestamp"]?.string != nil }
    package var objectFinalizers: [String] { self["metadata"]?["finalizers"]?.strings ?? [] }
    package var objectCreation: Timestamp { time("metadata", "creationTimestamp") ?? Timestamp(microseconds: 0) }
    package func label(_ key: String) -> String? { self["metadata"]?["labels"]?[key]?.string }
    package func annotation(_ key: String) -> String? { self["metadata"]?["annotations"]?[key]?.string }
    package mutating func setAnnotation(_ key: String, _ value: String) {
        self["metadata", "annotations", key] = .string(value)
    }
    package func time(_ path: String...) -> Timestamp? { self[path]?.string.flatMap(Timestamp.init(rfc3339:)) }

    /// Writes a number the way Go's `omitempty` does: zero is no member at all.
    package mutating func setUnlessZero(_ key: String, _ value: Int) {
        self[key] = value == 0 ? Optional.none : .int(Int64(value))
    }
    /// An int-or-percent against a total, rounded up or down; nil when it is neither.
    package func scaled(of total: Int, up: Bool) -> Int? {
        if let int { return Int(int) }
        guard let text = string, text.hasSuffix("%"), let percent = Int(text.dropLast()) else { return nil }
        let product = percent * total
        return up ? (product + 99) / 100 : product / 100
    }
}

/// The condition list of a status.
package enum Conditions {
    package static func find(_ status: JSON?, _ type: String) -> JSON? {
        status?["conditions"]?.elements.first { $0["type"]?.string == type }
    }
    package static func isTrue(_ status: JSON?, _ type: String) -> Bool {
        find(status, type)?["status"]?.string == "True"
    }
    /// Replaces or appends the condition of that type. The transition time is kept while the status stays the same.
    /// Does nothing when status, reason and message are as they were.
    package static func set(
        _ status: inout JSON, _ type: String, _ value: String, reason: String, message: String, now: Timestamp,
        updateTime: Bool = false,
        probeTime: Bool = false, comparingMessage: Bool = true, toEnd: Bool = false
    ) {
        var list = status["conditions"]?.elements ?? []
        let place = list.firstIndex { $0["type"]?.string == type }
        var entry = JSONObject()
        entry["type"] = .string(type)
        entry["status"] = .string(value)
        if !reason.isEmpty { entry["reason"] = .string(reason) }
        if !message.isEmpty { entry["message"] = .string(message) }
        entry["lastTransitionTime"] = .string(now.rfc3339)
        if updateTime { entry["lastUpdateTime"] = .string(now.rfc3339) }
        if probeTime { entry["lastProbeTime"] = .null }
        if let place {
            let old = list[place]
            if old["status"]?.string == value {
                if (old["reason"]?.string ?? "") == reason
                    && (!comparingMessage || (old["message"]?.string ?? "") == message)
                {
                    return
                }
                entry["lastTransitionTime"] = old["lastTransitionTime"] ?? .string(now.rfc3339)
            }
            if toEnd {
                list.remove(at: place)
                list.append(.object(entry))
            } else {
                list[place] = .object(entry)
            }
        } else {
            list.append(.object(entry))
        }
        status["conditions"] = .array(list)
    }
    package static func remove(_ status: inout JSON, _ type: String) {
        guard let list = status["conditions"]?.elements, list.contains(where: { $0["type"]?.string == type }) else {
            return
        }
        let rest = list.filter { $0["type"]?.string != type }
        status["conditions"] = rest.isEmpty ? Optional.none : .array(rest)
    }
}
