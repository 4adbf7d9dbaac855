import Document

extension PodLifecycle {
    /// Upstream's minimum: a container gets two seconds even when the grace is used up.
    static let leastGraceSeconds: Int64 = 2

    /// Stops a container that should run: it starts again afterwards.
    mutating func kill(_ i: Int, because message: String, graceSeconds: Int64?) {
        guard containers[i].isRunning, containers[i].operation == .none else { return }
        containers[i].isKilled = true
        note(containers[i], "Killing", message)
        stop(i, graceSeconds: graceSeconds ?? definition.graceSeconds, runsHook: true)
    }

    mutating func stop(_ i: Int, graceSeconds: Int64, runsHook: Bool) {
        guard let id = containers[i].current?.id else { return }
        containers[i].operation = .stopping
        actions.append(
            .stopContainer(
                container: containers[i].name, id: id, graceSeconds: max(graceSeconds, PodLifecycle.leastGraceSeconds),
                preStop: runsHook ? containers[i].definition.preStop : nil))
    }

    /// The grace became shorter while containers are being stopped.
    mutating func hurry() {
        graceSeconds = definition.deletionGraceSeconds ?? 0
        for i in containers.indices where containers[i].operation == .stopping {
            stop(i, graceSeconds: graceSeconds, runsHook: false)
        }
    }

    /// Containers at once, then sidecars from the last to the first, then the sandbox.
    mutating func advanceTerminating(now: Timestamp) {
        let isBusy = containers.contains { $0.operation == .starting } || sandboxStep == .starting
        var isQuiet = true
        for i in containers.indices where containers[i].isRunning && containers[i].definition.kind != .sidecar {
            isQuiet = false
            if containers[i].operation == .none { stopForGood(i, now: now) }
        }
        if isQuiet, let last = containers.lastIndex(where: { $0.isRunning && $0.definition.kind == .sidecar }) {
            isQuiet = false
            if containers[last].operation == .none { stopForGood(last, now: now) }
        }
        // While a container comes up there is nothing to stop yet; its answer brings us back here.
        guard isQuiet, !isBusy else { return }
        if sandboxStep == .ready, let sandbox {
            sandboxStep = .stopping
            actions.append(.stopSandbox(id: sandbox.id))
        } else if sandboxStep != .stopping {
            stage = .ended
            for i in containers.indices { containers[i].operation = .none }
        }
    }

    private mutating func stopForGood(_ i: Int, now: Timestamp) {
        note(containers[i], "Killing", "Stopping container \(containers[i].name)")
        let left = stopDeadline.map { max(0, $0.since(now) / 1_000_000) } ?? 0
        stop(i, graceSeconds: min(graceSeconds, left), runsHook: true)
    }
}
