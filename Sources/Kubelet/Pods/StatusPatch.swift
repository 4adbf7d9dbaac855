package import Document

/// The difference between two pod statuses as the strategic merge patch that the kubelet sends.
package enum StatusPatch {
    /// nil when they say the same.
    package static func make(from old: JSON, to new: JSON, uid: String) -> JSON? {
        var status: JSONObject = [:]
        for (key, value) in new.entries where old[key] != value {
            switch key {
            case "conditions":
                let before = old["conditions"]?.elements ?? []
                status["conditions"] = .array(
                    value.elements.filter { !before.contains($0) }.map { condition in
                        // Merging keeps what is not named: what a condition no longer says is taken away by name.
                        var out = condition
                        for entry in before.first(where: { $0["type"] == condition["type"] })?.entries ?? [:]
                        where out[entry.key] == nil {
                            out[entry.key] = .null
                        }
                        return out
                    })
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
