import APIServer
import Controllers
import Document
import HTTPEdge

/// What controllers say of their queues, under client-go's names.
enum ControllerReport {
    static func of(_ meters: [QueueMeter]) -> StatusReports.Report {
        let document: JSON = [
            "running": .int(Int64(meters.count)), "due": .int(Int64(meters.reduce(0) { $0 + $1.depth })),
        ]
        return .init(document) { out in
            out.family("workqueue_depth", .gauge, "Keys that are due, by queue.")
            for meter in meters { out.sample([("name", meter.name)], meter.depth) }
            out.family("workqueue_adds_total", .counter, "Keys that became due, by queue.")
            for meter in meters { out.sample([("name", meter.name)], meter.adds) }
            out.family("workqueue_retries_total", .counter, "Keys that were to be tried again, by queue.")
            for meter in meters { out.sample([("name", meter.name)], meter.retries) }
        }
    }
}
