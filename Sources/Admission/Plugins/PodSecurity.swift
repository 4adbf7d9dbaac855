import Document
import Records
import Schema

/// The Pod Security Standards: a namespace's labels say what its pods may ask for, and what they are warned about.
struct PodSecurity: AdmissionPlugin {
    let name = "PodSecurity"
    private static let prefix = "pod-security.kubernetes.io/"
    /// The most pods that are looked at when a namespace's level rises.
    private static let podsMax = 3000

    /// A level at a version of the standards.
    struct Policy: Equatable {
        var level = PodSecurityLevel.privileged
        var version = "latest"
        var text: String { "\(level.rawValue):\(version)" }
    }

    /// Where each kind keeps its pods' spec.
    private static let templates: [GroupResource: [String]] = [
        GroupResource(resource: "pods"): ["spec"],
        GroupResource(resource: "podtemplates"): ["template", "spec"],
        GroupResource(resource: "replicationcontrollers"): ["spec", "template", "spec"],
        GroupResource(group: "apps", resource: "replicasets"): ["spec", "template", "spec"],
        GroupResource(group: "apps", resource: "deployments"): ["spec", "template", "spec"],
        GroupResource(group: "apps", resource: "statefulsets"): ["spec", "template", "spec"],
        GroupResource(group: "apps", resource: "daemonsets"): ["spec", "template", "spec"],
        GroupResource(group: "batch", resource: "jobs"): ["spec", "template", "spec"],
        GroupResource(group: "batch", resource: "cronjobs"): ["spec", "jobTemplate", "spec", "template", "spec"],
    ]

    func validate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.operation == .create || request.operation == .update else { return }
        if request.isFor("namespaces") { return try validateNamespace(&request) }
        let isPod = request.isFor("pods") || request.isFor("pods", subresource: "ephemeralcontainers")
        guard isPod || request.subresource.isEmpty else { return }
        guard let path = PodSecurity.templates[request.type.groupResource],
            let namespace = request.context.state.object(GroupResource(resource: "namespaces"), "", request.namespace)
        else { return }
        func policy(_ mode: String) -> Policy {
            guard let level = namespace.label(PodSecurity.prefix + mode) else { return Policy() }
            return Policy(
                level: PodSecurityLevel(rawValue: level) ?? .restricted,
                version: namespace.label(PodSecurity.prefix + mode + "-version") ?? "latest")
        }
        let (enforce, warn, audit) = (policy("enforce"), policy("warn"), policy("audit"))
        if enforce.level == .privileged, warn.level == .privileged, audit.level == .privileged { return }
        guard let spec = request.object[path] else { return }
        let metadata =
            path.count == 1 ? request.object["metadata"] : request.object[Array(path.dropLast() + ["metadata"])]
        if isPod, request.operation == .update, request.old["spec"] == request.object["spec"] { return }
        if isPod, let details = PodSecurityChecks.violations(of: enforce.level, spec, metadata ?? .null) {
            throw request.forbidden("violates PodSecurity \"\(enforce.text)\": \(details)")
        }
        if let details = PodSecurityChecks.violations(of: audit.level, spec, metadata ?? .null) {
            request.facts.append(
                AdmissionFact(
                    plugin: name, effect: .answered, detail: "would violate PodSecurity \"\(audit.text)\": \(details)"))
        }
        if let details = PodSecurityChecks.violations(of: warn.level, spec, metadata ?? .null) {
            request.warnings.append("would violate PodSecurity \"\(warn.text)\": \(details)")
        }
    }

    private func validateNamespace(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.subresource.isEmpty else { return }
        let labels = request.object["metadata", "labels"] ?? .null
        let old = request.old["metadata", "labels"] ?? .null
        var errors: [FieldError] = []
        for mode in ["enforce", "audit", "warn"] {
            let key = PodSecurity.prefix + mode
            if let level = labels[key]?.string, PodSecurityLevel(rawValue: level) == nil {
                errors.append(
                    .invalid(
                        "metadata.labels[\(key)]", .string(level), "must be one of privileged, baseline, restricted"))
            }
            if let version = labels[key + "-version"]?.string, !PodSecurity.isVersion(version) {
                errors.append(
                    .invalid("metadata.labels[\(key)-version]", .string(version), "must be \"latest\" or \"v1.x\""))
            }
        }
        // Labels that were wrong before do not stand in the way of other changes.
        let unchanged =
            request.operation == .update
            && errors.allSatisfy { error in
                let key = String(error.path.dropFirst("metadata.labels[".count).dropLast())
                return labels[key] == old[key]
            }
        if !errors.isEmpty, !unchanged {
            throw .invalid(GroupVersionKind(version: "v1", kind: "Namespace"), request.name, errors)
        }
        guard request.operation == .update, errors.isEmpty else { return }
        func enforced(_ labels: JSON) -> Policy {
            Policy(
                level: PodSecurityLevel(rawValue: labels.text(PodSecurity.prefix + "enforce")) ?? .privileged,
                version: labels[PodSecurity.prefix + "enforce-version"]?.string ?? "latest")
        }
        let policy = enforced(labels)
        if policy == enforced(old) || policy.level == .privileged { return }
        var groups: [(details: String, pods: [String])] = []
        for pod in request.context.state.objects(GroupResource(resource: "pods"), namespace: request.name).prefix(
            PodSecurity.podsMax)
        {
            let document = pod.document
            guard
                let details = PodSecurityChecks.violations(
                    of: policy.level, document["spec"] ?? .null, document["metadata"] ?? .null, withDetails: false)
            else { continue }
            if let place = groups.firstIndex(where: { $0.details == details }) {
                groups[place].pods.append(pod.key.name)
            } else {
                groups.append((details, [pod.key.name]))
            }
        }
        if groups.isEmpty { return }
        request.warnings.append(
            "existing pods in namespace \"\(request.name)\" violate the new PodSecurity enforce level \"\(policy.text)\""
        )
        for group in groups.sorted(by: { $0.pods[0] < $1.pods[0] }) {
            let others = group.pods.count - 1
            let more = others == 0 ? "" : others == 1 ? " (and 1 other pod)" : " (and \(others) other pods)"
            request.warnings.append("\(group.pods[0])\(more): \(group.details)")
        }
    }

    private static func isVersion(_ text: String) -> Bool {
        if text == "latest" { return true }
        guard text.hasPrefix("v1.") else { return false }
        let minor = text.dropFirst(3)
        return !minor.isEmpty && minor.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
            && (minor.utf8.first != 48 || minor.utf8.count == 1)
    }
}

enum PodSecurityLevel: String { case privileged, baseline, restricted }
