import Document

/// What is said of a metric that gives no number, in upstream's words. Only resource metrics are served here at all.
struct MissingMetric {
    /// `FailedGetResourceMetric` and its like.
    var reason: String
    var message: String
    /// What failed, as the summary of all metrics puts it.
    var what: String

    /// `error`: why a resource metric gave none.
    init(_ metric: JSON, namespace: String, _ error: MetricError? = nil) {
        let type = metric["type"]?.string ?? ""
        switch type {
        case "Pods":
            let name = metric["pods"]?["metric"]?["name"]?.string ?? ""
            reason = "FailedGetPodsMetric"
            message = "unable to get metric \(name): " + Self.noCustomMetrics
            what = "failed to get pods metric value"
        case "Object":
            let name = metric["object"]?["metric"]?["name"]?.string ?? ""
            let about = metric["object"]?["describedObject"] ?? .null
            reason = "FailedGetObjectMetric"
            message =
                "unable to get metric \(name): \(about["kind"]?.string ?? "") on \(namespace) \(about["name"]?.string ?? "")/"
                + Self.noCustomMetrics
            what = "failed to get object metric value"
        case "External":
            let name = metric["external"]?["metric"]?["name"]?.string ?? ""
            let selector = metric["external"]?["metric"]?["selector"]
            reason = "FailedGetExternalMetric"
            message =
                "unable to get external metric \(namespace)/\(name)/\(selector.map { LabelSelector.goText($0) } ?? "nil"): unable to fetch "
                + "metrics from external metrics API: the server could not find the requested resource (get \(name).external.metrics.k8s.io)"
            let isAverage = metric["external"]?["target"]?["averageValue"] != nil
            what =
                "failed to get \(name) external metric value: "
                + (isAverage ? "failed to get \(name) external metric" : "failed to get external metric \(name)")
        default:
            let source = metric[type == "ContainerResource" ? "containerResource" : "resource"] ?? .null
            let name = source["name"]?.string ?? "cpu"
            let isAverage = source["target"]?["averageValue"] != nil
            reason = type == "ContainerResource" ? "FailedGetContainerResourceMetric" : "FailedGetResourceMetric"
            message = "failed to get \(name) \(isAverage ? "usage" : "utilization"): \(error?.message ?? "")"
            what =
                "failed to get \(name) \(type == "ContainerResource" ? "container" : "resource") metric value"
        }
    }

    private static let noCustomMetrics =
        "unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered"
}
