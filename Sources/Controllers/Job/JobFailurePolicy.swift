import Document
import Records

/// `spec.podFailurePolicy`: the first rule that a failed pod matches.
enum JobFailurePolicy {
    struct Rule {
        var action: String
        var message: String
    }

    static func match(_ pod: PodRecord, job: JSON, view: ClusterView) -> Rule? {
        guard let rules = job["spec"]?["podFailurePolicy"]?["rules"]?.elements, pod.phase == .failed,
            let tree = view.document(pod.key)
        else { return nil }
        for (i, rule) in rules.enumerated() {
            let action = rule["action"]?.string ?? ""
            if let codes = rule["onExitCodes"], let (container, code) = container(in: tree, matching: codes) {
                return Rule(
                    action: action,
                    message:
                        "Container \(container) for pod \(pod.namespace)/\(pod.name) failed with exit code \(code) matching \(action) "
                        + "rule at index \(i)")
            }
            for pattern in rule["onPodConditions"]?.elements ?? [] {
                let condition = Conditions.find(tree["status"], pattern["type"]?.string ?? "")
                if let condition, condition["status"]?.string == pattern["status"]?.string ?? "True" {
                    return Rule(
                        action: action,
                        message:
                            "Pod \(pod.namespace)/\(pod.name) has condition \(pattern["type"]?.string ?? "") matching \(action) rule at "
                            + "index \(i)")
                }
            }
        }
        return nil
    }

    private static func container(in pod: JSON, matching codes: JSON) -> (String, Int64)? {
        let wanted = codes["values"]?.elements.compactMap(\.int) ?? []
        for member in ["containerStatuses", "initContainerStatuses"] {
            for container in pod["status"]?[member]?.elements ?? [] {
                if let name = codes["containerName"]?.string, name != container["name"]?.string { continue }
                guard let code = container["state"]?["terminated"]?["exitCode"]?.int, code != 0 else { continue }
                if wanted.contains(code) == (codes["operator"]?.string == "In") {
                    return (container["name"]?.string ?? "", code)
                }
            }
        }
        return nil
    }
}
