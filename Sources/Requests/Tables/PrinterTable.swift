import Document
import Schema

/// How objects of a kind become rows.
struct PrinterTable: Sendable {
    let columns: [TableColumn]
    let cells: @Sendable (TableCells) -> [JSON]
    /// `TableRow.conditions`; empty for most.
    var conditions: @Sendable (JSON) -> [JSON] = { _ in [] }

    /// Name and age.
    static let nameAndAge = PrinterTable(columns: [.name, .age]) { [$0.name, $0.age] }
    /// Name and moment of creation: kinds without a printer of their own.
    static let plain = PrinterTable(columns: [.name, .createdAt]) { row in
        [row.name, .string(row.object["metadata", "creationTimestamp"]?.string ?? "<unknown>")]
    }

    /// The table of a built-in kind.
    static func builtIn(_ group: String, _ resource: String) -> PrinterTable {
        switch group {
        case "": core(resource) ?? plain
        case "apps": apps(resource) ?? plain
        case "batch": batch(resource) ?? plain
        case "autoscaling": resource == "horizontalpodautoscalers" ? horizontalPodAutoscaler : plain
        case "policy": resource == "poddisruptionbudgets" ? podDisruptionBudget : plain
        case "networking.k8s.io", "discovery.k8s.io": networking(resource) ?? plain
        case "storage.k8s.io": storage(resource) ?? plain
        case "rbac.authorization.k8s.io": rbac(resource) ?? plain
        case "events.k8s.io": event
        default: cluster(group, resource) ?? plain
        }
    }

    private static func core(_ resource: String) -> PrinterTable? {
        switch resource {
        case "pods": pod
        case "podtemplates": podTemplate
        case "replicationcontrollers": replicationController
        case "services": service
        case "endpoints": endpoints
        case "nodes": node
        case "events": event
        case "namespaces": namespace
        case "secrets": secret
        case "serviceaccounts": nameAndAge
        case "persistentvolumes": persistentVolume
        case "persistentvolumeclaims": persistentVolumeClaim
        case "componentstatuses": componentStatus
        case "configmaps": configMap
        case "resourcequotas": resourceQuota
        default: nil
        }
    }
}
