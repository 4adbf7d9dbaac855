import Document

extension PrinterTable {
    static let pod = PrinterTable(
        columns: Columns.pods, cells: { PodCells($0).cells },
        conditions: { pod in
            switch pod["status", "phase"]?.string {
            case "Succeeded":
                [
                    [
                        "message": "The pod has completed successfully.", "reason": "Succeeded", "status": "True",
                        "type": "Completed",
                    ]
                ]
            case "Failed": [["message": "The pod failed.", "reason": "Failed", "status": "True", "type": "Completed"]]
            default: []
            }
        })
}

/// What a pod's row says of its containers: the one word for all of them, and how many restarts and readies.
private struct PodCells {
    private let row: TableCells
    private var reason: String
    private var restarts: Int64 = 0
    private var lastRestart: Timestamp?
    private var ready = 0
    private var total: Int

    init(_ row: TableCells) {
        self.row = row
        let spec = row.object["spec"] ?? .null
        let status = row.object["status"] ?? .null
        let phase = status["phase"]?.string ?? ""
        reason = phase
        if let given = status["reason"]?.string, !given.isEmpty { reason = given }
        let conditions = status["conditions"]?.elements ?? []
        if conditions.contains(where: {
            $0["type"]?.string == "PodScheduled" && $0["reason"]?.string == "SchedulingGated"
        }) {
            reason = "SchedulingGated"
        }
        let initContainers = spec["initContainers"]?.elements ?? []
        let sidecars = Set(
            initContainers.filter { $0["restartPolicy"]?.string == "Always" }.compactMap { $0["name"]?.string })
        total = (spec["containers"]?.elements.count ?? 0) + sidecars.count

        let isInitializing = readInitContainers(
            status["initContainerStatuses"]?.elements ?? [], initContainers.count, sidecars)
        let isInitialized = conditions.first { $0["type"]?.string == "Initialized" }?["status"]?.string == "True"
        if !isInitializing || isInitialized {
            readContainers(
                status, sidecars,
                isReady: conditions.contains { $0["type"]?.string == "Ready" && $0["status"]?.string == "True" })
        }
        if row.isTerminating {
            if status["reason"]?.string == "NodeLost" {
                reason = "Unknown"
            } else if phase != "Succeeded", phase != "Failed" {
                reason = "Terminating"
            }
        }
    }

    /// Whether an init container is still under way or failed.
    private mutating func readInitContainers(_ statuses: [JSON], _ count: Int, _ sidecars: Set<String>) -> Bool {
        for (i, status) in statuses.enumerated() {
            note(status)
            let isSidecar = sidecars.contains(status["name"]?.string ?? "")
            let terminated = status["state", "terminated"]
            if let terminated, terminated["exitCode"]?.int ?? 0 == 0 { continue }
            if isSidecar, status["started"]?.bool == true {
                if status["ready"]?.bool == true { ready += 1 }
                continue
            }
            if let terminated {
                reason = "Init:" + PodCells.end(terminated)
            } else if let waiting = status["state", "waiting", "reason"]?.string, !waiting.isEmpty,
                waiting != "PodInitializing"
            {
                reason = "Init:" + waiting
            } else {
                reason = "Init:\(i)/\(count)"
            }
            return true
        }
        return false
    }

    private mutating func readContainers(_ status: JSON, _ sidecars: Set<String>, isReady: Bool) {
        // Init containers that are through no longer count: sidecars do.
        restarts = 0
        lastRestart = nil
        for sidecar in status["initContainerStatuses"]?.elements ?? []
        where sidecars.contains(sidecar["name"]?.string ?? "") { note(sidecar) }
        var isRunning = false
        for container in (status["containerStatuses"]?.elements ?? []).reversed() {
            note(container)
            if let waiting = container["state", "waiting", "reason"]?.string, !waiting.isEmpty {
                reason = waiting
            } else if let terminated = container["state", "terminated"] {
                reason = PodCells.end(terminated)
            } else if container["ready"]?.bool == true, container["state", "running"] != nil {
                isRunning = true
                ready += 1
            }
        }
        if reason == "Completed", isRunning { reason = isReady ? "Running" : "NotReady" }
    }

    private mutating func note(_ status: JSON) {
        restarts += status["restartCount"]?.int ?? 0
        guard let text = status["lastState", "terminated", "finishedAt"]?.string, let end = Timestamp(rfc3339: text)
        else { return }
        if lastRestart.map({ $0 < end }) ?? true { lastRestart = end }
    }

    private static func end(_ terminated: JSON) -> String {
        if let reason = terminated["reason"]?.string, !reason.isEmpty { return reason }
        if let signal = terminated["signal"]?.int, signal != 0 { return "Signal:\(signal)" }
        return "ExitCode:\(terminated["exitCode"]?.int ?? 0)"
    }

    var cells: [JSON] {
        var restartText = String(restarts)
        if restarts != 0, let lastRestart {
            restartText += " (\(HumanDuration.text(microseconds: row.now.since(lastRestart))) ago)"
        }
        let gates = row.object["spec", "readinessGates"]?.elements ?? []
        let open = gates.filter { gate in
            gate["conditionType"]?.string.flatMap { row.condition($0) }?["status"]?.string == "True"
        }
        return [
            row.name, .string("\(ready)/\(total)"), .string(reason), .string(restartText), row.age,
            .string(row.object["status", "podIPs"]?[0]?["ip"]?.string ?? "<none>"),
            row.text("spec", "nodeName", none: "<none>"), row.text("status", "nominatedNodeName", none: "<none>"),
            .string(gates.isEmpty ? "<none>" : "\(open.count)/\(gates.count)"),
        ]
    }
}
