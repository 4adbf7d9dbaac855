import Document
import Records

/// What an object says itself of what is wrong with it.
enum ObjectTrouble {
    /// One line; nil when nothing is.
    static func of(_ key: ObjectKey, _ object: JSON) -> String? {
        switch (key.group, key.resource) {
        case ("", "pods"): pod(object)
        case ("apps", "deployments"): deployment(object)
        case ("", "persistentvolumeclaims"):
            object["status", "phase"] == "Bound" ? nil : "phase \(object["status", "phase"]?.string ?? "unknown")"
        default: nil
        }
    }

    static func pod(_ pod: JSON) -> String? {
        let phase = pod["status", "phase"]?.string ?? "Pending"
        if let waiting = containers(pod).first(where: { ($0["state", "waiting", "reason"]?.string ?? "") != "" }) {
            let name = waiting["name"]?.string ?? ""
            let reason = waiting["state", "waiting", "reason"]?.string ?? ""
            var text = "container \(name) waits: \(reason)"
            if let message = waiting["state", "waiting", "message"]?.string, !message.isEmpty { text += ", \(message)" }
            if let restarts = waiting["restartCount"]?.int, restarts > 0 { text += " (\(restarts) restarts)" }
            return text
        }
        if phase == "Failed" || phase == "Pending" || phase == "Unknown" {
            let message =
                pod["status", "message"]?.string
                ?? condition(pod, "PodScheduled").flatMap {
                    $0["status"] == "False" ? $0["message"]?.string : nil
                }
            return "phase \(phase)" + (message.map { ", \($0)" } ?? "")
        }
        return nil
    }

    static func containers(_ pod: JSON) -> [JSON] {
        ["initContainerStatuses", "containerStatuses"].flatMap { pod["status", $0]?.elements ?? [] }
    }

    static func condition(_ object: JSON, _ type: String) -> JSON? {
        object["status", "conditions"]?.elements.first { $0["type"]?.string == type }
    }

    static func deployment(_ object: JSON) -> String? {
        let wanted = object["spec", "replicas"]?.int ?? 1
        let ready = object["status", "availableReplicas"]?.int ?? 0
        if let progressing = condition(object, "Progressing"), progressing["status"] == "False" {
            return "\(progressing["reason"]?.string ?? "not progressing"): \(progressing["message"]?.string ?? "")"
        }
        return ready < wanted ? "\(ready) of \(wanted) replicas available" : nil
    }
}
