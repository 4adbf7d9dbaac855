import Document

extension PodLifecycle {
    /// Does what the present state calls for. Runs after every event, and does nothing twice.
    mutating func advance(now: Timestamp) {
        if stage == .running { decideEnd(now: now) }
        switch stage {
        case .running: advanceRunning(now: now)
        case .terminating: advanceTerminating(now: now)
        case .ended, .cleaning, .deleting, .finished: break
        }
        if stage == .ended, definition.isDeleted || isObjectGone {
            stage = .cleaning
            actions.append(.cleanUp)
        }
        if stage == .deleting {
            if isObjectGone {
                stage = .finished
                actions.append(.finish)
            } else if deleteRetryAt == nil || deleteRetryAt! <= now {
                // Again from time to time: the request may have been lost.
                deleteRetryAt = now.adding(seconds: 5)
                report(now: now)
                actions.append(.deleteObject)
            }
            if let deleteRetryAt, stage == .deleting { wake(at: deleteRetryAt) }
        }
    }

    private mutating func decideEnd(now: Timestamp) {
        if failure == nil, let limit = definition.activeDeadlineSeconds {
            let end = startTime.adding(seconds: limit)
            if now >= end {
                failure = .init(
                    reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline"
                )
                actions.append(
                    .record(
                        PodNote("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")))
            } else {
                wake(at: end)
            }
        }
        guard definition.isDeleted || isObjectGone || failure != nil || isDone else { return }
        stage = .terminating
        let grace = definition.deletionGraceSeconds ?? (isDone ? 0 : definition.graceSeconds)
        graceSeconds = max(grace, 0)
        stopDeadline = now.adding(seconds: graceSeconds)
    }

    /// Whether every container that counts has ended for good.
    private var isDone: Bool {
        let regular = containers.filter { $0.definition.kind == .regular }
        func isOver(_ c: ContainerRecord) -> Bool {
            c.operation == .none && c.hasExited
                && c.current.map { !definition.restarts(c.definition, afterExit: $0.exitCode) } ?? false
        }
        if regular.allSatisfy(isOver) { return true }
        // A failed init container that is not tried again ends the pod before its containers began.
        return containers.contains { $0.definition.kind == .initial && isOver($0) && $0.current?.exitCode != 0 }
            && regular.allSatisfy { $0.current == nil && $0.operation == .none }
    }

    // MARK: running

    private mutating func advanceRunning(now: Timestamp) {
        guard volumes == .ready else {
            if volumes == .none {
                if let volumesRetryAt, now < volumesRetryAt {
                    wake(at: volumesRetryAt)
                } else {
                    volumes = .preparing
                    actions.append(.prepareVolumes)
                }
            }
            // What an earlier life started goes on being watched meanwhile.
            for i in containers.indices where containers[i].isRunning { runProbes(i, now: now) }
            return
        }
        switch sandboxStep {
        case .none:
            if let sandboxRetryAt, now < sandboxRetryAt {
                wake(at: sandboxRetryAt)
            } else {
                sandboxStep = .starting
                actions.append(.startSandbox(attempt: nextSandboxAttempt))
            }
            return
        case .ready: break
        case .starting, .stopping, .stopped: return
        }
        if let sandbox, !sandbox.isReady {
            replaceSandbox(sandbox, now: now)
            return
        }
        for i in containers.indices where containers[i].isRunning {
            restartIfChanged(i)
            runProbes(i, now: now)
        }
        guard advanceInitContainers(now: now) else { return }
        for i in containers.indices where containers[i].definition.kind == .regular { ensureRunning(i, now: now) }
        for i in containers.indices where containers[i].definition.kind == .ephemeral && containers[i].current == nil {
            ensureRunning(i, now: now)
        }
    }

    /// The sandbox died: what ran in it is gone, and a new one takes its place.
    private mutating func replaceSandbox(_ sandbox: SandboxObservation, now: Timestamp) {
        guard !containers.contains(where: { $0.operation == .starting || $0.operation == .stopping }) else { return }
        var isQuiet = true
        for i in containers.indices where containers[i].isRunning {
            stop(i, graceSeconds: 2, runsHook: false)
            isQuiet = false
        }
        guard isQuiet else { return }
        sandboxStep = .stopping
        actions.append(.record(PodNote("SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")))
        actions.append(.stopSandbox(id: sandbox.id))
        // Init containers run again in the new sandbox.
        for i in containers.indices where containers[i].definition.kind == .initial && containers[i].current != nil {
            initRestartsBefore[containers[i].name] = containers[i].current!.attempt
        }
    }

    /// Whether all init containers are done (sidecars: started). Starts the one whose turn it is.
    private mutating func advanceInitContainers(now: Timestamp) -> Bool {
        for i in containers.indices {
            switch containers[i].definition.kind {
            case .initial:
                if isComplete(i) { continue }
                if containers[i].operation == .none, !containers[i].isRunning { ensureRunning(i, now: now) }
                return false
            case .sidecar:
                if containers[i].isStarted { continue }
                if !containers[i].isRunning { ensureRunning(i, now: now) }
                // Once the pod's containers run, a sidecar that restarts holds nothing up.
                if containers.contains(where: { $0.definition.kind == .regular && $0.current != nil }) { continue }
                return false
            case .regular, .ephemeral: continue
            }
        }
        return true
    }

    /// Whether an init container has done its work in the present sandbox.
    func isComplete(_ i: Int) -> Bool {
        guard containers[i].hasExited, let current = containers[i].current, current.exitCode == 0,
            containers[i].operation == .none
        else { return false }
        if let before = initRestartsBefore[containers[i].name], current.attempt <= before { return false }
        return true
    }

    /// Pulls, starts or restarts a container that should run, when its time has come.
    private mutating func ensureRunning(_ i: Int, now: Timestamp) {
        guard containers[i].operation == .none, !containers[i].isRunning else { return }
        if let current = containers[i].current, containers[i].hasExited {
            let mustRerun = containers[i].definition.kind == .initial && initRestartsBefore[containers[i].name] != nil
            guard mustRerun || definition.restarts(containers[i].definition, afterExit: current.exitCode) else {
                return
            }
            let retryAt = containers[i].restartBackOff.retryAt(failedAt: current.finishedAt ?? now)
            if containers[i].restartBackOff.seconds > 0, now < retryAt {
                holdBack(i, current, until: retryAt)
                return
            }
        } else if containers[i].current == nil, let failedAt = containers[i].failedAt, containers[i].hasImage {
            // Creating failed: the configuration may come right.
            let retryAt = failedAt.adding(seconds: min(10, containers[i].restartBackOff.seconds))
            if now < retryAt {
                wake(at: retryAt)
                return
            }
        }
        guard pullIfNeeded(i, now: now) else { return }
        if containers[i].hasExited { containers[i].restartBackOff.advance(now: now) }
        containers[i].operation = .starting
        // The next start looks at the image again, as its policy may be Always.
        containers[i].hasImage = false
        actions.append(.startContainer(container: containers[i].name, attempt: containers[i].nextAttempt))
    }

    private mutating func pullIfNeeded(_ i: Int, now: Timestamp) -> Bool {
        if containers[i].hasImage { return true }
        if containers[i].imageBackOff.seconds > 0, let failedAt = containers[i].failedAt {
            let retryAt = containers[i].imageBackOff.retryAt(failedAt: failedAt)
            let shown = failedAt.adding(seconds: 1)
            if now < retryAt {
                if now >= shown {
                    let image = containers[i].definition.image
                    if let failure = containers[i].failure, failure.reason == "ErrImagePull" {
                        containers[i].failure = .init(
                            reason: "ImagePullBackOff",
                            message: "Back-off pulling image \"\(image)\": ErrImagePull: \(failure.message)")
                        note(containers[i], "BackOff", "Back-off pulling image \"\(image)\"")
                        note(containers[i], isWarning: true, "Failed", "Error: ImagePullBackOff")
                    }
                    wake(at: retryAt)
                } else {
                    wake(at: shown)
                }
                return false
            }
        }
        containers[i].operation = .pulling
        actions.append(
            .pullImage(
                container: containers[i].name, image: containers[i].definition.image,
                containers[i].definition.pullPolicy))
        return false
    }

    /// CrashLoopBackOff until then.
    private mutating func holdBack(_ i: Int, _ current: ContainerObservation, until retryAt: Timestamp) {
        let pod = "\(definition.name)_\(definition.namespace)(\(definition.uid))"
        let container = containers[i]
        containers[i].failure = .init(
            reason: "CrashLoopBackOff",
            message:
                "back-off \(container.restartBackOff.text) restarting failed container=\(container.name) pod=\(pod)")
        if container.toldBackOff != current.attempt {
            containers[i].toldBackOff = current.attempt
            note(
                container, isWarning: true, "BackOff",
                "Back-off restarting failed container \(container.name) in pod \(pod)")
        }
        wake(at: retryAt)
    }

    private mutating func restartIfChanged(_ i: Int) {
        guard containers[i].operation == .none, !containers[i].startedImage.isEmpty else { return }
        if containers[i].startedImage != containers[i].definition.image {
            kill(i, because: "Container \(containers[i].name) definition changed, will be restarted", graceSeconds: nil)
        }
    }

    private mutating func runProbes(_ i: Int, now: Timestamp) {
        guard containers[i].operation != .stopping, !containers[i].isPostStartPending,
            let id = containers[i].current?.id
        else { return }
        let isStarted = containers[i].isStarted
        for p in containers[i].probes.indices {
            let kind = containers[i].probes[p].definition.kind
            // The startup probe goes first and, once passed, is done; a failed liveness waits for the restart.
            if kind == .startup ? isStarted : !isStarted { continue }
            if containers[i].isKilled { continue }
            if containers[i].probes[p].take(now: now) {
                actions.append(
                    .probe(container: containers[i].name, id: id, kind, containers[i].probes[p].definition.spec))
            }
            if let time = containers[i].probes[p].wakeAt { wake(at: time) }
        }
    }
}
