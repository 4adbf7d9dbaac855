import Document

extension PodLifecycle {
    /// Builds `status` anew and reports it when it says something else than before.
    mutating func report(now: Timestamp) {
        guard stage != .finished, !isObjectGone, !isFrozen else { return }
        var new: JSONObject = [:]
        let phase = self.phase
        new["phase"] = .string(phase)
        if let failure {
            new["reason"] = .string(failure.reason)
            new["message"] = .string(failure.message)
        }
        if definition.generation > 0 { new["observedGeneration"] = .int(definition.generation) }
        new["startTime"] = .string(startTime.rfc3339)
        if let first = nodeAddresses.first {
            new["hostIP"] = .string(first)
            new["hostIPs"] = .array(nodeAddresses.map { ["ip": .string($0)] })
        }
        // Addresses stay in the status after the sandbox is gone, as upstream leaves them.
        let addresses = definition.usesHostNetwork ? (sandbox == nil ? [] : nodeAddresses) : sandbox?.addresses ?? []
        if let first = addresses.first {
            new["podIP"] = .string(first)
            new["podIPs"] = .array(addresses.map { ["ip": .string($0)] })
        } else if let known = status["podIP"], stage != .running {
            new["podIP"] = known
            new["podIPs"] = status["podIPs"]
        }
        if let qosClass = status["qosClass"] ?? definition.object["status", "qosClass"] { new["qosClass"] = qosClass }
        new["conditions"] = .array(conditions(phase: phase, now: now))
        let initial = containers.filter { $0.definition.kind == .initial || $0.definition.kind == .sidecar }
        if !initial.isEmpty { new["initContainerStatuses"] = .array(initial.map { containerStatus($0) }) }
        let regular = containers.filter { $0.definition.kind == .regular }.sorted { $0.name < $1.name }
        new["containerStatuses"] = .array(regular.map { containerStatus($0) })
        let ephemeral = containers.filter { $0.definition.kind == .ephemeral }.sorted { $0.name < $1.name }
        if !ephemeral.isEmpty { new["ephemeralContainerStatuses"] = .array(ephemeral.map { containerStatus($0) }) }
        // Whatever others keep in the status (claims, nominations) is theirs.
        for (key, value) in status.entries where new[key] == nil && !PodLifecycle.ownFields.contains(key) {
            new[key] = value
        }
        let result = JSON.object(new)
        guard result != status else { return }
        status = result
        actions.append(.report(result))
    }

    private static let ownFields: Set<String> = [
        "phase", "reason", "message", "observedGeneration", "startTime", "hostIP", "hostIPs", "podIP", "podIPs",
        "conditions",
        "initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses",
    ]

    /// Upstream's `getPhase`.
    var phase: String {
        if failure != nil { return "Failed" }
        var pendingInit = 0
        var failedInit = 0
        for i in containers.indices where containers[i].definition.kind == .initial {
            if isComplete(i) { continue }
            if containers[i].hasExited, let current = containers[i].current, current.exitCode != 0,
                !definition.restarts(containers[i].definition, afterExit: current.exitCode)
            {
                failedInit += 1
            } else {
                pendingInit += 1
            }
        }
        for container in containers
        where container.definition.kind == .sidecar && !container.isStarted && container.current == nil {
            pendingInit += 1
        }
        let isOver = stage != .running && stage != .terminating
        if failedInit > 0 { return "Failed" }
        let regular = containers.filter { $0.definition.kind == .regular }
        let waiting = regular.filter { $0.current == nil }.count
        let running = regular.filter(\.isRunning).count
        let stopped = regular.filter(\.hasExited)
        let succeeded = stopped.filter { $0.current?.exitCode == 0 }.count
        if isOver { return waiting == 0 && succeeded == regular.count ? "Succeeded" : "Failed" }
        if pendingInit > 0 && running == 0 && stopped.isEmpty { return "Pending" }
        if waiting > 0 { return "Pending" }
        if running > 0 { return "Running" }
        if stopped.contains(where: { definition.restarts($0.definition, afterExit: $0.current?.exitCode ?? 0) }),
            stage == .running
        {
            return "Running"
        }
        if stage == .terminating, definition.isDeleted { return "Running" }
        return succeeded == regular.count ? "Succeeded" : "Failed"
    }

    // MARK: containers

    private func containerStatus(_ container: ContainerRecord) -> JSON {
        let spec = container.definition.spec
        var out: JSONObject = [
            "name": .string(container.name),
            "image": .string(
                container.current.flatMap { $0.image.isEmpty ? nil : $0.image } ?? container.definition.image),
            "imageID": .string(container.current?.imageID ?? ""),
            "ready": .bool(container.isReady),
            "started": .bool(container.isStarted),
            "restartCount": .int(Int64(container.current?.attempt ?? 0)),
            "state": state(container),
            "lastState": lastState(container),
        ]
        if container.definition.kind == .initial { out["started"] = .bool(false) }
        if let id = container.current?.id { out["containerID"] = .string("containerd://" + id) }
        if container.definition.kind != .ephemeral, container.current != nil {
            out["resources"] = spec["resources"] ?? [:]
            if let requests = spec["resources", "requests"], !requests.isEmptyValue {
                out["allocatedResources"] = requests
            }
        }
        let mounts = spec["volumeMounts"]?.elements ?? []
        if !mounts.isEmpty {
            out["volumeMounts"] = .array(
                mounts.map { mount in
                    var entry: JSONObject = ["name": mount["name"] ?? "", "mountPath": mount["mountPath"] ?? ""]
                    if mount["readOnly"]?.bool == true {
                        entry["readOnly"] = true
                        entry["recursiveReadOnly"] = "Disabled"
                    }
                    return .object(entry)
                })
        }
        return .object(out)
    }

    private func state(_ container: ContainerRecord) -> JSON {
        if let current = container.current {
            if container.isRunning {
                return ["running": ["startedAt": .string((current.startedAt ?? startTime).rfc3339)]]
            }
            if let failure = container.failure, stage == .running { return PodLifecycle.waiting(failure) }
            return ["terminated": PodLifecycle.terminated(current)]
        }
        if let failure = container.failure { return PodLifecycle.waiting(failure) }
        let hasInit = containers.contains { $0.definition.kind == .initial || $0.definition.kind == .sidecar }
        return ["waiting": ["reason": .string(hasInit ? "PodInitializing" : "ContainerCreating")]]
    }

    private func lastState(_ container: ContainerRecord) -> JSON {
        guard let current = container.current else { return [:] }
        if !container.isRunning, container.failure != nil, stage == .running {
            return ["terminated": PodLifecycle.terminated(current)]
        }
        return container.previous.map { ["terminated": PodLifecycle.terminated($0)] } ?? [:]
    }

    private static func waiting(_ failure: ContainerRecord.Waiting) -> JSON {
        ["waiting": ["reason": .string(failure.reason), "message": .string(failure.message)]]
    }

    private static func terminated(_ container: ContainerObservation) -> JSON {
        var out: JSONObject = [
            "containerID": .string("containerd://" + container.id),
            "exitCode": .int(Int64(container.exitCode)),
            "reason": .string(
                container.reason.isEmpty ? (container.exitCode == 0 ? "Completed" : "Error") : container.reason),
        ]
        if !container.message.isEmpty { out["message"] = .string(container.message) }
        if let startedAt = container.startedAt { out["startedAt"] = .string(startedAt.rfc3339) }
        if let finishedAt = container.finishedAt { out["finishedAt"] = .string(finishedAt.rfc3339) }
        return .object(out)
    }
}
