public import ClusterState
public import Document
public import Records
public import Schema

/// A group and version that another server answers for: an APIService with a service.
public struct AggregatedService: Sendable, Equatable {
    /// The APIService's name, `v1beta1.metrics.k8s.io`.
    public var name: String
    public var group: String
    public var version: String
    public var serviceNamespace: String
    public var serviceName: String
    public var port: Int
    /// PEM; nil trusts the system's authorities.
    public var authorities: [UInt8]?
    public var trustsAnyone: Bool
    public var groupPriority: Int64
    public var versionPriority: Int64
    /// Its condition `Available`.
    public var isAvailable: Bool

    /// `metrics.k8s.io/v1beta1`, `v1`.
    public var apiVersion: String { group.isEmpty ? version : group + "/" + version }
    /// Where its paths begin: `/apis/metrics.k8s.io/v1beta1`.
    public var path: String { (group.isEmpty ? "/api/" : "/apis/") + apiVersion }
    /// The name in its server's certificate.
    public var serverName: String { "\(serviceName).\(serviceNamespace).svc" }

    /// nil for a local one.
    public init?(_ object: JSON) {
        let spec = object["spec"] ?? .null
        guard let service = spec["service"], service.object != nil else { return nil }
        name = object["metadata", "name"]?.string ?? ""
        group = spec["group"]?.string ?? ""
        version = spec["version"]?.string ?? ""
        serviceNamespace = service["namespace"]?.string ?? ""
        serviceName = service["name"]?.string ?? ""
        port = Int(service["port"]?.int ?? 443)
        let bundle = spec["caBundle"]?.string ?? ""
        authorities = bundle.isEmpty ? nil : try? Base64.decode(bundle)
        trustsAnyone = spec["insecureSkipTLSVerify"]?.bool ?? false
        groupPriority = spec["groupPriorityMinimum"]?.int ?? 1000
        versionPriority = spec["versionPriority"]?.int ?? 100
        isAvailable =
            object["status", "conditions"]?.elements.contains {
                $0["type"] == "Available" && $0["status"] == "True"
            } ?? false
    }
}

/// The aggregated services of one state: made when an APIService changes, so that a request for this server's own kinds costs nothing.
public final class AggregatedServices: Sendable {
    /// By group and version.
    public let services: [AggregatedService]
    /// The place of this server's own groups in discovery: higher comes first.
    let priorities: [String: Int64]
    /// What custom resources have.
    static let customPriority: Int64 = 1000

    public static let store = GroupResource(group: "apiregistration.k8s.io", resource: "apiservices")
    public static let none = AggregatedServices(services: [], priorities: [:])

    private init(services: [AggregatedService], priorities: [String: Int64]) {
        self.services = services
        self.priorities = priorities
    }

    /// Those of a state.
    public static func of(_ state: ClusterState) -> AggregatedServices {
        var services: [AggregatedService] = []
        var priorities: [String: Int64] = [:]
        for stored in state.objects(store) {
            let object = stored.document
            if let service = AggregatedService(object) {
                services.append(service)
            } else {
                let group = object["spec", "group"]?.string ?? ""
                let priority = object["spec", "groupPriorityMinimum"]?.int ?? customPriority
                priorities[group] = max(priorities[group] ?? 0, priority)
            }
        }
        return services.isEmpty
            ? .none
            : AggregatedServices(
                services: services.sorted { $0.path.bytesPrecede($1.path) }, priorities: priorities)
    }

    /// Whether a change of that object makes others.
    public static func isMade(of key: ObjectKey) -> Bool {
        key.group == store.group && key.resource == store.resource
    }

    public var isEmpty: Bool { services.isEmpty }

    /// Who answers for that path: `/apis/G/V` and all below.
    public func service(for path: String) -> AggregatedService? {
        services.first { service in
            let own = service.path
            return path.hasPrefix(own)
                && (path.utf8.count == own.utf8.count
                    || path.utf8[path.utf8.index(path.utf8.startIndex, offsetBy: own.utf8.count)] == UInt8(ascii: "/"))
        }
    }
}
