import Document

extension PrinterTable {
    static func batch(_ resource: String) -> PrinterTable? {
        switch resource {
        case "jobs": job
        case "cronjobs": cronJob
        default: nil
        }
    }

    static let job = PrinterTable(columns: Columns.jobs) { row in
        let succeeded = row.object["status", "succeeded"]?.int ?? 0
        let parallelism = row.object["spec", "parallelism"]?.int ?? 0
        let completions: String
        if let wanted = row.object["spec", "completions"]?.int {
            completions = "\(succeeded)/\(wanted)"
        } else {
            completions = parallelism > 1 ? "\(succeeded)/1 of \(parallelism)" : "\(succeeded)/1"
        }
        var duration = ""
        if let start = row.object["status", "startTime"]?.string.flatMap(Timestamp.init(rfc3339:)) {
            let end = row.object["status", "completionTime"]?.string.flatMap(Timestamp.init(rfc3339:)) ?? row.now
            duration = HumanDuration.text(microseconds: end.since(start))
        }
        func holds(_ type: String) -> Bool { row.condition(type)?["status"]?.string == "True" }
        let status =
            if holds("Complete") {
                "Complete"
            } else if holds("Failed") {
                "Failed"
            } else if row.isTerminating {
                "Terminating"
            } else if holds("Suspended") {
                "Suspended"
            } else if holds("FailureTarget") {
                "FailureTarget"
            } else {
                "Running"
            }
        return [row.name, .string(status), .string(completions), .string(duration), row.age]
            + row.containers("spec", "template", "spec", "containers") + [
                TableCells.selector(row.object["spec", "selector"])
            ]
    }

    static let cronJob = PrinterTable(columns: Columns.cronjobs) { row in
        let suspend = row.object["spec", "suspend"]?.bool
        let last = row.object["status", "lastScheduleTime"]
        return [
            row.name, row.text("spec", "schedule"), row.set("spec", "timeZone", none: "<none>"),
            .string(suspend.map { $0 ? "True" : "False" } ?? "<unset>"), row.count("status", "active"),
            .string(last?.string == nil ? "<none>" : row.since(last)), row.age,
        ] + row.containers("spec", "jobTemplate", "spec", "template", "spec", "containers")
            + [TableCells.selector(row.object["spec", "jobTemplate", "spec", "selector"])]
    }
}
