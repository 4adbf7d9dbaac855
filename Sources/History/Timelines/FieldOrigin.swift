import Admission
import Document
import Schema

/// What, besides the client, may have given a field its value: an admission plugin, the kind's defaults, the server itself.
enum FieldOrigin {
    /// `admission ServiceAccount`, `default`, `server`; nil when the request itself did, as far as the record knows.
    static func of(_ line: Blame.Line, in object: JSON, type: ResourceType?) -> String? {
        guard let entry = line.entry else { return nil }
        for fact in entry.admission where fact.effect == .changed || fact.effect == .answered {
            if Self.plugin(fact.plugin, fact.detail, set: line.path) { return "admission \(fact.plugin)" }
        }
        guard entry.kind == .created else { return nil }
        if isServers(line.path) { return "server" }
        guard let type, !type.isCustom, let path = FieldPath(line.path) else { return nil }
        var without = object
        path.remove(from: &without)
        if without == object { return nil }
        RuleBook.rules(for: type).setDefaults(&without)
        return path.value(in: without) == line.value ? "default" : nil
    }

    private static func isServers(_ path: String) -> Bool {
        ["metadata.uid", "metadata.creationTimestamp", "status.phase", "status.qosClass"].contains(path)
    }

    /// Whether a plugin's note speaks of the field: a webhook's JSON patch names it, or the note begins with its name.
    private static func plugin(_ plugin: String, _ detail: String, set path: String) -> Bool {
        let leaf = path.split(separator: ".").last.map(String.init) ?? path
        if detail.first == "[" || detail.first == "{", let patch = try? JSON(parsing: Array(detail.utf8)) {
            let operations = patch["patch"]?.elements ?? patch.elements
            return operations.contains { operation in
                guard let pointer = operation["path"]?.string.flatMap({ JSONPointer($0) }) else { return false }
                let members = pointer.tokens.filter { Int($0) == nil && $0 != "-" }
                return !members.isEmpty && names(path).starts(with: members)
            }
        }
        if detail.split(separator: " ").first.map(String.init) == leaf { return true }
        switch plugin {
        case "ServiceAccount": return path.contains("kube-api-access") || path.hasPrefix("spec.serviceAccount")
        case "Priority": return ["spec.priority", "spec.priorityClassName", "spec.preemptionPolicy"].contains(path)
        case "LimitRanger": return path.contains(".resources.")
        case "DefaultTolerationSeconds": return path.hasPrefix("spec.tolerations")
        default: return false
        }
    }

    /// The names on the way, without places in lists.
    private static func names(_ path: String) -> [String] {
        (FieldPath(path)?.steps ?? []).compactMap { if case .member(let name) = $0 { name } else { nil } }
    }
}
