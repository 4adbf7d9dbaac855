import Document

extension PodLifecycle {
    /// Takes an event into what is known; decides nothing.
    mutating func absorb(_ event: PodEvent, now: Timestamp) {
        switch event {
        case .tick: break
        case .changed(let object): absorbChange(PodDefinition(object))
        case .removed: isObjectGone = true
        case .adopted(let sandbox, let observations), .observed(let sandbox, let observations):
            absorbObservations(sandbox, observations, now: now)
        case .volumesReady:
            if volumes == .preparing { volumes = .ready }
        case .volumesFailed(let reason, let message):
            guard volumes == .preparing else { break }
            volumes = .none
            volumesRetryAt = now.adding(seconds: 2)
            actions.append(.record(PodNote(isWarning: true, reason, message)))
        case .sandboxStarted(let observation):
            sandbox = observation
            nextSandboxAttempt = observation.attempt + 1
            if sandboxStep == .starting { sandboxStep = .ready }
        case .sandboxFailed(let message):
            guard sandboxStep == .starting else { break }
            sandboxStep = .none
            nextSandboxAttempt += 1
            sandboxRetryAt = now.adding(seconds: 5)
            actions.append(
                .record(PodNote(isWarning: true, "FailedCreatePodSandBox", "Failed to create pod sandbox: \(message)")))
        case .sandboxStopped:
            guard sandboxStep == .stopping else { break }
            sandboxStep = stage == .running ? .none : .stopped
            sandbox = nil
        case .imageReady(let name, let wasPresent, let message): absorbImage(name, wasPresent, message)
        case .imageFailed(let name, let reason, let message): absorbImageFailure(name, reason, message, now: now)
        case .containerStarted(let observation): absorbStart(observation, now: now)
        case .containerFailed(let name, let reason, let message, let observation):
            absorbStartFailure(name, reason, message, observation, now: now)
        case .probed(let name, let id, let kind, let outcome): absorbProbe(name, id, kind, outcome, now: now)
        case .postStartFinished(let name, let id, let failure):
            guard let i = index(name), containers[i].current?.id == id, containers[i].isPostStartPending else { break }
            containers[i].isPostStartPending = false
            if let failure {
                note(containers[i], isWarning: true, "FailedPostStartHook", "PostStartHook failed")
                kill(i, because: "FailedPostStartHook: \(failure)", graceSeconds: nil)
            }
        case .containerStopped(let name, let id, let observation):
            guard let i = index(name), containers[i].operation == .stopping, containers[i].current?.id == id else {
                break
            }
            containers[i].operation = .none
            if let observation, observation.state != .running { finish(i, observation) } else { lose(i, now: now) }
        case .cleanedUp:
            if stage == .cleaning { stage = .deleting }
        }
    }

    private mutating func absorbChange(_ new: PodDefinition) {
        guard new.uid == definition.uid else {
            isObjectGone = true
            return
        }
        let shrunk =
            new.isDeleted && definition.isDeleted
            && (new.deletionGraceSeconds ?? 0) < (definition.deletionGraceSeconds ?? 0)
        let resized = new.generation != definition.generation
        definition = new
        for entry in new.containers {
            if let i = index(entry.name) {
                let before = containers[i].definition
                containers[i].definition = entry
                if resized, containers[i].isRunning, before.spec["resources"] != entry.spec["resources"],
                    let id = containers[i].current?.id
                {
                    actions.append(.updateResources(container: entry.name, id: id))
                }
            } else {
                containers.append(ContainerRecord(entry))
            }
        }
        if shrunk, stage == .terminating { hurry() }
    }

    private mutating func absorbImage(_ name: String, _ wasPresent: Bool, _ message: String) {
        guard let i = index(name), containers[i].operation == .pulling else { return }
        containers[i].operation = .none
        containers[i].hasImage = true
        containers[i].imageBackOff.reset()
        containers[i].failure = nil
        note(containers[i], "Pulled", message)
    }

    private mutating func absorbImageFailure(_ name: String, _ reason: String, _ message: String, now: Timestamp) {
        guard let i = index(name), containers[i].operation == .pulling else { return }
        containers[i].operation = .none
        containers[i].failure = .init(reason: reason, message: message)
        containers[i].failedAt = now
        containers[i].imageBackOff.advance(now: now)
        note(
            containers[i], isWarning: true, "Failed",
            "Failed to pull image \"\(containers[i].definition.image)\": \(message)")
        note(containers[i], isWarning: true, "Failed", "Error: \(reason)")
    }

    private mutating func absorbStart(_ observation: ContainerObservation, now: Timestamp) {
        guard let i = index(observation.name), containers[i].operation == .starting else { return }
        containers[i].operation = .none
        supersede(i)
        containers[i].begin(observation, now: now)
        note(containers[i], "Created", "Container created")
        note(containers[i], "Started", "Container started")
        if observation.state == .running, let hook = containers[i].definition.postStart {
            containers[i].isPostStartPending = true
            actions.append(.runPostStart(container: observation.name, id: observation.id, hook))
        }
    }

    private mutating func absorbStartFailure(
        _ name: String, _ reason: String, _ message: String, _ observation: ContainerObservation?, now: Timestamp
    ) {
        guard let i = index(name), containers[i].operation == .starting else { return }
        containers[i].operation = .none
        containers[i].failure = .init(reason: reason, message: message)
        containers[i].failedAt = now
        if let observation {
            note(containers[i], "Created", "Container created")
            supersede(i)
            containers[i].begin(observation, now: now)
            containers[i].end()
            containers[i].failure = .init(reason: reason, message: message)
        } else {
            containers[i].restartBackOff.advance(now: now)
        }
        note(containers[i], isWarning: true, "Failed", "Error: \(message)")
    }

    /// Makes room for a new container: of the dead ones only the newest is kept, for `logs --previous`.
    private mutating func supersede(_ i: Int) {
        if let old = containers[i].previous { actions.append(.removeContainer(id: old.id)) }
        containers[i].previous = nil
    }

    private mutating func absorbObservations(
        _ observed: SandboxObservation?, _ observations: [ContainerObservation], now: Timestamp
    ) {
        if let observed {
            nextSandboxAttempt = max(nextSandboxAttempt, observed.attempt + 1)
            if sandboxStep == .none, stage == .running, sandbox == nil {
                sandbox = observed
                sandboxStep = .ready
            } else if sandbox?.id == observed.id {
                sandbox?.isReady = observed.isReady
            }
        } else if sandboxStep == .ready {
            sandbox?.isReady = false
        }
        for i in containers.indices where containers[i].operation != .starting {
            let name = containers[i].name
            let mine = observations.filter { $0.name == name }.sorted { $0.attempt > $1.attempt }
            guard let newest = mine.first else {
                if containers[i].isRunning, containers[i].operation == .none { lose(i, now: now) }
                continue
            }
            if let current = containers[i].current {
                if current.id == newest.id {
                    if current.state == .running, newest.state == .exited, containers[i].operation != .stopping {
                        finish(i, newest)
                    }
                } else if newest.attempt > current.attempt {
                    containers[i].begin(newest, now: now)
                } else if containers[i].isRunning, containers[i].operation == .none,
                    !mine.contains(where: { $0.id == current.id })
                {
                    lose(i, now: now)
                }
            } else {
                // The first sight of a container that an earlier life of the kubelet started.
                containers[i].begin(newest, now: now)
                if mine.count > 1 { containers[i].previous = mine[1] }
                containers[i].hasImage = true
                if newest.state == .created { containers[i].current?.state = .exited }
                if containers[i].assumedReady, newest.state == .running {
                    for p in containers[i].probes.indices { containers[i].probes[p].assume(.success) }
                }
            }
        }
    }

    private mutating func absorbProbe(
        _ name: String, _ id: String, _ kind: ProbeKind, _ outcome: ProbeOutcome, now: Timestamp
    ) {
        guard let i = index(name), containers[i].current?.id == id, containers[i].isRunning,
            let p = containers[i].probes.firstIndex(where: { $0.definition.kind == kind })
        else { return }
        if case .failure(let message) = outcome, containers[i].operation != .stopping {
            note(containers[i], isWarning: true, "Unhealthy", "\(kind.rawValue) probe failed: \(message)")
        }
        let changed = containers[i].probes[p].absorb(outcome, now: now)
        guard changed, containers[i].probes[p].verdict == .failure, kind != .readiness, stage == .running else {
            return
        }
        let word = kind == .liveness ? "liveness" : "startup"
        kill(
            i, because: "Container \(name) failed \(word) probe, will be restarted",
            graceSeconds: containers[i].probes[p].definition.graceSeconds)
    }

    /// The container has ended as the runtime says.
    mutating func finish(_ i: Int, _ observation: ContainerObservation) {
        containers[i].current = observation
        containers[i].current?.state = .exited
        containers[i].end()
    }

    /// The runtime no longer knows a container that was running.
    private mutating func lose(_ i: Int, now: Timestamp) {
        guard containers[i].isRunning else { return }
        containers[i].current?.state = .exited
        containers[i].current?.finishedAt = now
        containers[i].current?.exitCode = 137
        containers[i].current?.reason = "ContainerStatusUnknown"
        containers[i].current?.message = "The container could not be located when the pod was terminated"
        containers[i].end()
    }
}
