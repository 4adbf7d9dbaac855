import ClusterState
import Engine
import EventLog
import FlowControl
import HTTPEdge
import Schema

/// `/metrics`: upstream's names where they mean the same, `reckon_log_*` for what only a log has.
extension APIServer {
    func metricsText() -> String {
        var out = Exposition()
        requests(&out)
        streams(&out)
        fairness(&out)
        storage(&out)
        log(&out)
        for report in reports.all().map(\.report) {
            for gauge in report.gauges {
                out.family(gauge.name, .gauge, gauge.help)
                out.sample([], text: gauge.value)
            }
            report.families?(&out)
        }
        ProcessNumbers.write(to: &out)
        return out.text
    }

    private func requests(_ out: inout Exposition) {
        let all = metrics.series.map { ($0, MetricLabels.of($0.labels)) }.sorted { $0.1.key < $1.1.key }
        out.family("apiserver_request_total", .counter, "Requests that were answered, by what was asked and the code.")
        for (series, labels) in all {
            for (code, count) in series.codes.sorted(by: { $0.code < $1.code }) {
                out.sample([("code", String(code))] + labels.pairs, count)
            }
        }
        out.family("apiserver_request_duration_seconds", .histogram, "Time from a request's arrival to its answer.")
        for (series, labels) in all where series.timed > 0 {
            out.histogram(
                labels.pairs,
                buckets: zip(RequestMetrics.bounds, series.buckets).map { (Int64($0), $1) }, count: series.timed,
                micros: Double(series.microseconds))
        }
        out.family("apiserver_current_inflight_requests", .gauge, "Requests that hold a seat now.")
        let (mutating, reading) = fairness.inFlight
        out.sample([("request_kind", "mutating")], mutating)
        out.sample([("request_kind", "readOnly")], reading)
    }

    private func streams(_ out: inout Exposition) {
        out.family("apiserver_longrunning_requests", .gauge, "Watches and other streams that are open.")
        let open = streamMetrics.open.map { ($0.count, MetricLabels.of($0.labels)) }.sorted { $0.1.key < $1.1.key }
        for (count, labels) in open { out.sample(labels.pairs.filter { $0.0 != "dry_run" }, count) }
        out.family("apiserver_watch_events_total", .counter, "Events sent to watchers.")
        let sent = streamMetrics.eventsSent.map { ($0.count, MetricLabels.of($0.labels)) }
            .sorted { $0.1.key < $1.1.key }
        for (count, labels) in sent {
            out.sample(labels.pairs.filter { ["group", "resource", "version"].contains($0.0) }, count)
        }
        out.family("apiserver_registered_watchers", .gauge, "Watches that are open.")
        out.sample(open.filter { $0.1.pairs.contains { $0 == ("verb", "WATCH") } }.reduce(0) { $0 + $1.0 })
    }

    private func fairness(_ out: inout Exposition) {
        let report = fairness.report
        func name(_ schema: FlowReport.Schema) -> [(String, String)] {
            [("flow_schema", schema.name), ("priority_level", schema.level)]
        }
        out.family("apiserver_flowcontrol_dispatched_requests_total", .counter, "Requests that were let in.")
        for schema in report.schemas { out.sample(name(schema), schema.dispatched) }
        out.family("apiserver_flowcontrol_rejected_requests_total", .counter, "Requests that were told to come again.")
        for schema in report.schemas {
            for (reason, count) in schema.refused where count > 0 {
                out.sample(name(schema) + [("reason", reason.rawValue)], count)
            }
        }
        out.family("apiserver_flowcontrol_current_executing_requests", .gauge, "Requests that hold seats.")
        for schema in report.schemas { out.sample(name(schema), schema.executing) }
        out.family("apiserver_flowcontrol_current_executing_seats", .gauge, "Seats that are held.")
        for schema in report.schemas { out.sample(name(schema), schema.seats) }
        out.family("apiserver_flowcontrol_current_inqueue_requests", .gauge, "Requests that wait.")
        for schema in report.schemas { out.sample(name(schema), schema.waiting) }
        out.family("apiserver_flowcontrol_nominal_limit_seats", .gauge, "A level's own seats.")
        for level in report.levels { out.sample([("priority_level", level.name)], level.nominalSeats) }
        out.family("apiserver_flowcontrol_lower_limit_seats", .gauge, "Seats that a level never lends.")
        for level in report.levels { out.sample([("priority_level", level.name)], level.lowerSeats) }
        out.family(
            "apiserver_flowcontrol_upper_limit_seats", .gauge, "Seats that a level can come to have by borrowing.")
        for level in report.levels where !level.isExempt {
            out.sample([("priority_level", level.name)], level.upperSeats)
        }
        out.family(
            "apiserver_flowcontrol_request_wait_duration_seconds", .histogram,
            "Time in a queue of requests that then ran.")
        for level in report.levels where level.waitCount > 0 {
            out.histogram(
                [("execute", "true"), ("priority_level", level.name)], buckets: level.waits, count: level.waitCount,
                micros: Double(level.waitMicros))
        }
    }

    private func storage(_ out: inout Exposition) {
        let state = engine.snapshot.state
        let counts = state.storesInUse.map { store in
            (store.group.isEmpty ? store.resource : store.resource + "." + store.group, state.count(store))
        }.sorted { $0.0 < $1.0 }
        out.family("apiserver_storage_objects", .gauge, "Stored objects by resource.")
        for (name, count) in counts { out.sample([("resource", name)], count) }
    }

    private func log(_ out: inout Exposition) {
        let meters = engine.meters
        out.family("reckon_log_revision", .gauge, "The newest revision.")
        out.sample(engine.snapshot.revision)
        out.family("reckon_log_floor", .gauge, "The oldest revision that can still be read.")
        out.sample(engine.logFloor)
        out.family("reckon_log_bytes", .gauge, "The log's size on the disk.")
        out.sample(engine.logBytes)
        out.family("reckon_log_records_total", .counter, "Records written since the process began, by stream.")
        out.sample([("stream", "access")], meters.accesses)
        out.sample([("stream", "journal")], meters.events)
        out.family("reckon_log_commits_total", .counter, "Transactions made durable since the process began.")
        out.sample(meters.commits)
        out.family("reckon_log_commit_duration_seconds", .histogram, "Time to write and flush one transaction.")
        out.histogram(
            buckets: zip(EngineMeters.commitBounds, meters.commitBuckets).map { ($0, $1) }, count: meters.commits,
            micros: Double(meters.commitMicroseconds))
        out.family("reckon_log_commit_writes", .histogram, "Requests that one transaction holds.")
        out.histogram(
            bounds: zip(EngineMeters.batchBounds, meters.batchBuckets).map { (Double($0), $1) }, count: meters.commits,
            sum: Double(meters.batched))
        out.family("reckon_log_queued_writes", .gauge, "Writes that wait for the writer.")
        out.sample(engine.queuedWrites)
    }
}

/// A request's labels in upstream's order, with a text to sort by.
private struct MetricLabels {
    let pairs: [(String, String)]
    let key: String

    static func of(_ labels: RequestMetrics.Labels) -> MetricLabels {
        let pairs = [
            ("component", "apiserver"), ("dry_run", labels.isDryRun ? "All" : ""), ("group", labels.group),
            ("resource", labels.resource), ("scope", labels.scope.text), ("subresource", labels.subresource),
            ("verb", labels.verb.text), ("version", labels.version),
        ]
        return MetricLabels(pairs: pairs, key: pairs.map(\.1).joined(separator: "\u{1}"))
    }
}
