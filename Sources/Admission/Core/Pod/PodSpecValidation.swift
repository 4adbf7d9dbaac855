import Document
import Schema

/// Checks of a pod's specification, in a Pod or in a template: upstream's `ValidatePodSpec`.
enum PodSpecValidation {
    static func validate(
        _ spec: JSON, path: @autoclosure () -> String, _ given: PodValidationScope, _ errors: inout [FieldError]
    ) {
        var scope = given
        scope.gracePeriod = spec.integer("terminationGracePeriodSeconds")
        if scope.gracePeriod == nil { errors.append(.required(path() + ".terminationGracePeriodSeconds")) }
        scope.sharesHostUsers = spec["hostUsers"]?.bool ?? true
        scope.restartPolicy = spec.text("restartPolicy")
        VolumeValidation.validate(spec.list("volumes"), path: path() + ".volumes", &scope, &errors)
        validateResourceClaims(spec.list("resourceClaims"), path: path() + ".resourceClaims", &scope, &errors)

        let containers = spec.list("containers")
        ContainerValidation.validateContainers(containers, path: path() + ".containers", scope, &errors)
        ContainerValidation.validateInitContainers(
            spec.list("initContainers"), others: containers, path: path() + ".initContainers", scope, &errors)
        ContainerValidation.validateEphemeralContainers(
            spec.list("ephemeralContainers"), spec: spec, path: path() + ".ephemeralContainers", scope, &errors)
        ResourceRequirementsValidation.validateWholePod(spec, path: path(), scope, &errors)
        validateHostNetwork(spec, path: path(), scope, &errors)
        validatePolicies(spec, path: path(), &errors)
        errors += LabelRules.validateLabels(spec["nodeSelector"], path: path() + ".nodeSelector")
        SecurityContextValidation.validatePod(spec, path: path(), &errors)
        if let affinity = spec.given("affinity") {
            AffinityValidation.validate(affinity, path: path() + ".affinity", scope, &errors)
        }
        DNSConfigValidation.validate(spec, path: path() + ".dnsConfig", &errors)
        for (i, gate) in spec.list("readinessGates").enumerated() where errors.hasRoom {
            errors += LabelRules.validateKey(
                gate.text("conditionType"), path: "\(path()).readinessGates[\(i)].conditionType")
        }
        SchedulingValidation.validateGates(spec.list("schedulingGates"), path: path() + ".schedulingGates", &errors)
        SchedulingValidation.validateSpread(
            spec.list("topologySpreadConstraints"), path: path() + ".topologySpreadConstraints", &errors)
        WindowsValidation.validateHostProcess(spec, path: path(), &errors)
        validateHostUsers(spec, path: path(), &errors)
        validateNames(spec, path: path(), &errors)
        if let preemption = spec.given("preemptionPolicy")?.string, preemption != "PreemptLowerPriority",
            preemption != "Never"
        {
            errors.append(
                preemption.isEmpty
                    ? .required(path() + ".preemptionPolicy")
                    : .notSupported(
                        path() + ".preemptionPolicy", .string(preemption), ["PreemptLowerPriority", "Never"]))
        }
        if let overhead = spec.given("overhead") {
            ResourceRequirementsValidation.validate(
                ["limits": overhead], path: path() + ".overhead", claimNames: [],
                name: ResourceNames.validateForContainer, &errors)
        }
        WindowsValidation.validateOS(spec, path: path(), &errors)
    }

    private static func validatePolicies(_ spec: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        switch spec.text("restartPolicy") {
        case "Always", "OnFailure", "Never": break
        case "": errors.append(.required(path() + ".restartPolicy"))
        case let other:
            errors.append(.notSupported(path() + ".restartPolicy", .string(other), ["Always", "OnFailure", "Never"]))
        }
        switch spec.text("dnsPolicy") {
        case "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None": break
        case "": errors.append(.required(path() + ".dnsPolicy"))
        case let other:
            errors.append(
                .notSupported(
                    path() + ".dnsPolicy", .string(other),
                    ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]))
        }
    }

    private static func validateNames(_ spec: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        func check(_ key: String, _ rule: (String) -> [String]) {
            let value = spec.text(key)
            if !value.isEmpty { errors.addInvalid("\(path()).\(key)", .string(value), rule(value)) }
        }
        func subdomain(_ value: String) -> [String] { Names.dnsSubdomain(value) }
        func label(_ value: String) -> [String] { Names.dnsLabel(value) }
        check("serviceAccountName", subdomain)
        check("nodeName", subdomain)
        if let deadline = spec.integer("activeDeadlineSeconds"), deadline < 1 || deadline > Int64(Int32.max) {
            errors.append(
                .invalid(path() + ".activeDeadlineSeconds", .int(deadline), Message.range(1, Int64(Int32.max))))
        }
        check("hostname", label)
        if let name = spec.given("hostnameOverride")?.string {
            if name.utf8.count > 64 { errors.append(.tooLong(path() + ".hostnameOverride", 64)) }
            errors.addInvalid(path() + ".hostnameOverride", .string(name), Names.dnsSubdomain(name))
            if spec.flag("setHostnameAsFQDN") {
                errors.append(.forbidden(path() + ".hostnameOverride", "may not be set when setHostnameAsFQDN is true"))
            }
            if spec.flag("hostNetwork") {
                errors.append(.forbidden(path() + ".hostnameOverride", "may not be set when hostNetwork is true"))
            }
        }
        check("subdomain", label)
        SchedulingValidation.validateTolerations(spec.list("tolerations"), path: path() + ".tolerations", &errors)
        for (i, alias) in spec.list("hostAliases").enumerated() where errors.hasRoom {
            errors += AddressRules.validateIP(alias.text("ip"), path: "\(path()).hostAliases[\(i)].ip")
            for (j, name) in alias.list("hostnames").enumerated() where errors.hasRoom {
                errors.addInvalid(
                    "\(path()).hostAliases[\(i)].hostnames[\(j)]", name, Names.dnsSubdomain(name.string ?? ""))
            }
        }
        check("priorityClassName", subdomain)
        if let name = spec.given("runtimeClassName")?.string {
            errors.addInvalid(path() + ".runtimeClassName", .string(name), Names.dnsSubdomain(name))
        }
    }

    private static func validateResourceClaims(
        _ claims: [JSON], path: @autoclosure () -> String, _ scope: inout PodValidationScope,
        _ errors: inout [FieldError]
    ) {
        for (i, claim) in claims.enumerated() where errors.hasRoom {
            func at() -> String { "\(path())[\(i)]" }
            let name = claim.text("name")
            if name.isEmpty {
                errors.append(.required(at() + ".name"))
            } else if scope.claimNames.contains(name) {
                errors.append(.duplicate(at() + ".name", .string(name)))
            } else {
                errors.addInvalid(at() + ".name", .string(name), Names.dnsLabel(name))
                scope.claimNames.insert(name)
            }
            let members = ["resourceClaimName", "resourceClaimTemplateName"].filter { claim.has($0) }
            if members.count == 2 {
                errors.append(
                    .invalidDump(
                        at(), InternalForm.text(claim, "PodResourceClaim"),
                        "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"))
            } else if members.isEmpty {
                errors.append(
                    .invalidDump(
                        at(), InternalForm.text(claim, "PodResourceClaim"),
                        "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"))
            }
            for member in members where errors.hasRoom {
                errors.addInvalid(
                    "\(at()).\(member)", .string(claim.text(member)), Names.dnsSubdomain(claim.text(member)))
            }
        }
    }

    /// On the host's network a container's port is the host's port.
    private static func validateHostNetwork(
        _ spec: JSON, path: @autoclosure () -> String, _ scope: PodValidationScope, _ errors: inout [FieldError]
    ) {
        guard spec.flag("hostNetwork") else { return }
        for (i, container) in spec.list("containers").enumerated() where errors.hasRoom {
            for (j, port) in container.list("ports").enumerated() where errors.hasRoom {
                let host = port.integer("hostPort") ?? 0
                if scope.isPod || host != 0, host != port.integer("containerPort") ?? 0 {
                    errors.append(
                        .invalid(
                            "\(path()).containers[\(i)].ports[\(j)].hostPort", .int(host),
                            "must match `containerPort` when `hostNetwork` is true"))
                }
            }
        }
    }

    private static func validateHostUsers(_ spec: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        guard spec["hostUsers"]?.bool == false else { return }
        for (key, name) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")]
        where spec.flag(key) {
            errors.append(.forbidden("\(path()).\(name)", "when `pod.Spec.HostUsers` is false"))
        }
    }
}
