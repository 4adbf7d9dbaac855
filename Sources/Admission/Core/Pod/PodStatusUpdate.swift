import Addresses
import Document
import Schema

/// Checks of the `status` endpoint: what kubelets report may not contradict what was reported before.
enum PodStatusUpdate {
    static func validate(_ pod: JSON, old: JSON) -> [FieldError] {
        var errors = ObjectMetaRules.revalidate(pod, old: old)
        PodAnnotationValidation.validateUpdate(pod, old: old, path: "metadata.annotations", &errors)
        let status = pod["status"] ?? [:]
        let before = old["status"] ?? [:]
        for (i, condition) in status.list("conditions").enumerated() where errors.hasRoom {
            let type = condition.text("type")
            if ["PodScheduled", "Ready", "Initialized"].contains(type) { continue }
            errors += LabelRules.validateKey(type, path: "status.conditions[\(i)].Type")
        }
        let nominated = status.text("nominatedNodeName")
        if !nominated.isEmpty, nominated != before.text("nominatedNodeName") {
            errors.addInvalid("status.nominatedNodeName", .string(nominated), Names.dnsSubdomain(nominated))
        }
        errors += Immutability.check(status["qosClass"] ?? "", before["qosClass"] ?? "", path: "status.qosClass")
        let spec = old["spec"] ?? [:]
        let policy = spec.text("restartPolicy")
        let sidecars = spec.list("initContainers").filter { $0.text("restartPolicy") == "Always" }.map {
            $0.text("name")
        }
        let ruled = spec.list("containers").filter { $0.has("restartPolicy") }.map { $0.text("name") }
        validateTransitions(status, before, "containerStatuses", policy: policy, restartable: ruled, &errors)
        validateTransitions(status, before, "initContainerStatuses", policy: policy, restartable: sidecars, &errors)
        validateTransitions(status, before, "ephemeralContainerStatuses", policy: "Never", restartable: [], &errors)
        validateClaims(status, spec: pod["spec"] ?? [:], &errors)
        validateAddresses(status, &errors)
        return errors
    }

    /// A container that has ended stays so, unless its pod restarts it.
    private static func validateTransitions(
        _ status: JSON, _ before: JSON, _ key: String, policy: String, restartable: [String],
        _ errors: inout [FieldError]
    ) {
        if policy == "Always" { return }
        for (i, old) in before.list(key).enumerated() where errors.hasRoom {
            guard let ended = old["state", "terminated"], !ended.isNull else { continue }
            if (ended.integer("exitCode") ?? 0) != 0, policy == "OnFailure" { continue }
            let name = old.text("name")
            if restartable.contains(name) { continue }
            for new in status.list(key)
            where errors.hasRoom && new.text("name") == name
                && !(new["state"]?.has("terminated") ?? false)
            {
                errors.append(
                    .forbidden("status.\(key)[\(i)].state", "may not be transitioned to non-terminated state"))
            }
        }
    }

    private static func validateClaims(_ status: JSON, spec: JSON, _ errors: inout [FieldError]) {
        let known = spec.list("resourceClaims").map { $0.text("name") }
        var seen: Set<String> = []
        for (i, claim) in status.list("resourceClaimStatuses").enumerated() where errors.hasRoom {
            let at = "status.resourceClaimStatuses[\(i)].name"
            let name = claim.text("name")
            if !known.contains(name) {
                errors.append(.invalid(at, .string(name), "must match the name of an entry in `spec.resourceClaims`"))
            }
            if !seen.insert(name).inserted { errors.append(.duplicate(at, .string(name))) }
            if let object = claim.given("resourceClaimName")?.string {
                errors.addInvalid(at, .string(object), Names.dnsSubdomain(object))
            }
        }
    }

    private static func validateAddresses(_ status: JSON, _ errors: inout [FieldError]) {
        let hosts = status.list("hostIPs")
        if let first = hosts.first, first.text("ip") != status.text("hostIP") {
            errors.append(.invalid("status.hostIPs[0].ip", .string(first.text("ip")), "must be equal to `hostIP`"))
        }
        for (key, list) in [("podIPs", status.list("podIPs")), ("hostIPs", hosts)] {
            for (i, entry) in list.enumerated() where errors.hasRoom {
                errors += AddressRules.validateIP(entry.text("ip"), path: "status.\(key)[\(i)]")
            }
            if list.count < 2 { continue }
            let families = Set(list.compactMap { IPAddress($0.text("ip"))?.isIPv6 })
            if families.count < 2 || list.count > 2 {
                let shown = "[" + list.map { InternalForm.text($0, "PodIP") }.joined(separator: ",") + "]"
                errors.append(
                    .invalidDump("status.\(key)", shown, "may specify no more than one IP for each IP family"))
            }
            var seen: Set<String> = []
            for (i, entry) in list.enumerated()
            where errors.hasRoom && !seen.insert(entry.text("ip")).inserted {
                errors.append(.duplicateDump("status.\(key)[\(i)]", InternalForm.text(entry, "PodIP")))
            }
        }
    }
}
