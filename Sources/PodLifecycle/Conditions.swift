import Document

extension PodLifecycle {
    /// The pod's conditions: the kubelet's own five anew, everybody else's as they stand in the API object.
    func conditions(phase: String, now: Timestamp) -> [JSON] {
        let known = definition.object["status", "conditions"]?.elements ?? []
        let last = status["conditions"]?.elements ?? []
        func find(_ type: String) -> JSON? {
            last.first { $0["type"]?.string == type } ?? known.first { $0["type"]?.string == type }
        }
        func condition(_ type: String, _ isTrue: Bool, _ reason: String = "", _ message: String = "") -> JSON {
            let value = isTrue ? "True" : "False"
            var out: JSONObject = ["type": .string(type), "status": .string(value)]
            if !reason.isEmpty { out["reason"] = .string(reason) }
            if !message.isEmpty { out["message"] = .string(message) }
            if definition.generation > 0 { out["observedGeneration"] = .int(definition.generation) }
            let before = find(type)
            let same = before?["status"]?.string == value
            out["lastTransitionTime"] = (same ? before?["lastTransitionTime"] : nil) ?? .string(now.rfc3339)
            return .object(out)
        }

        let readiness = self.readiness(phase: phase)
        var own: [JSON] = []
        let hasSandbox = sandboxStep == .ready && sandbox?.isReady == true
        own.append(condition("PodReadyToStartContainers", hasSandbox))
        let initialized = self.initialization(phase: phase)
        own.append(condition("Initialized", initialized.isTrue, initialized.reason, initialized.message))
        if readiness.isTrue, let gate = closedGate(known) {
            own.append(condition("Ready", false, "ReadinessGatesNotReady", gate))
        } else {
            own.append(condition("Ready", readiness.isTrue, readiness.reason, readiness.message))
        }
        own.append(condition("ContainersReady", readiness.isTrue, readiness.reason, readiness.message))
        own.append(condition("PodScheduled", true))
        let types = Set(own.compactMap { $0["type"]?.string })
        return own + known.filter { !types.contains($0["type"]?.string ?? "") }
    }

    private struct Answer {
        var isTrue: Bool
        var reason = ""
        var message = ""
    }

    private func initialization(phase: String) -> Answer {
        if phase == "Succeeded" { return Answer(isTrue: true, reason: "PodCompleted") }
        let hasBegun = containers.contains { $0.definition.kind == .regular && $0.current != nil }
        var incomplete: [String] = []
        for i in containers.indices {
            switch containers[i].definition.kind {
            case .initial:
                if !isComplete(i) && !(hasBegun && stage != .running) { incomplete.append(containers[i].name) }
            case .sidecar: if !containers[i].isStarted && !hasBegun { incomplete.append(containers[i].name) }
            case .regular, .ephemeral: break
            }
        }
        if incomplete.isEmpty { return Answer(isTrue: true) }
        return Answer(
            isTrue: false, reason: "ContainersNotInitialized",
            message: "containers with incomplete status: [\(incomplete.joined(separator: " "))]")
    }

    private func readiness(phase: String) -> Answer {
        if phase == "Succeeded" { return Answer(isTrue: false, reason: "PodCompleted") }
        if phase == "Failed" { return Answer(isTrue: false, reason: "PodFailed") }
        let unready = containers.filter {
            ($0.definition.kind == .regular || $0.definition.kind == .sidecar) && !$0.isReady
        }
        if unready.isEmpty { return Answer(isTrue: true) }
        return Answer(
            isTrue: false, reason: "ContainersNotReady",
            message: "containers with unready status: [\(unready.map(\.name).joined(separator: " "))]")
    }

    /// What keeps the first closed readiness gate closed.
    private func closedGate(_ known: [JSON]) -> String? {
        for gate in definition.readinessGates {
            guard let condition = known.first(where: { $0["type"]?.string == gate }) else {
                return "corresponding condition of pod readiness gate \"\(gate)\" does not exist."
            }
            if condition["status"]?.string != "True" {
                return
                    "the status of pod readiness gate \"\(gate)\" is not \"True\", but \(condition["status"]?.string ?? "")"
            }
        }
        return nil
    }
}
