package import Document

/// The difference between two pod statuses as the strategic merge patch that the kubelet sends.
package enum StatusPatch {
    /// nil when they say the same.
    package static func make(from old: JSON, to new: JSON, uid: String) -> JSON? {
        var status: JSONObject = [:]
        for (key, value) in new.entries where old[key] != value {
            switch key {
            case "conditions":
                status["conditions"] = .array(value.elements.filter { condition in !old["conditions"].map { $0.elements.contains(condition) }.isTrue })
                status["$setElementOrder/conditions"] = .array(value.elements.map { ["type": $0["type"] ?? ""] })
            case "podIPs":
                let gone = (old[key]?.elements ?? []).filter { !value.elements.contains($0) }
                status[key] = .array(value.elements + gone.map { ["$patch": "delete", "ip": $0["ip"] ?? ""] })
                status["$setElementOrder/podIPs"] = value
            default: status[key] = value
            }
        }
        for (key, _) in old.entries where new[key] == nil { status[key] = .null }
        if status.isEmpty { return nil }
        return ["metadata": ["uid": .string(uid)], "status": .object(status)]
    }
}

extension Optional where Wrapped == Bool {
    fileprivate var isTrue: Bool { self ?? false }
}
