public import Document

/// The cluster's names: what the DNS server answers for `cluster.local`, after the specification of DNS for Services.
///
///     SERVICE.NAMESPACE.svc.ZONE             the ClusterIP; of a headless service its endpoints; of an ExternalName a CNAME
///     HOST.SERVICE.NAMESPACE.svc.ZONE        one endpoint, by its hostname or its address with dashes
///     _PORT._PROTOCOL.SERVICE.NAMESPACE.svc.ZONE   SRV
///     10-244-0-5.NAMESPACE.pod.ZONE          that address
///     7.0.96.10.in-addr.arpa                 PTR of a ClusterIP or an endpoint with a name
public struct ServiceNames: Sendable {
    /// One answer's data.
    public enum Record: Hashable, Sendable {
        case a([UInt8])
        case cname(String)
        case srv(port: UInt16, target: String)
        case ptr(String)
        case txt(String)
    }
    public enum Answer: Equatable, Sendable {
        /// The name exists; no records when it has none of the type asked for.
        case records([Record])
        case noSuchName
        /// Not a name of the cluster: somebody else knows.
        case notOurs
    }
    /// DNS type numbers.
    public enum RecordType {
        public static let a: UInt16 = 1
        public static let cname: UInt16 = 5
        public static let ptr: UInt16 = 12
        public static let txt: UInt16 = 16
        public static let srv: UInt16 = 33
        public static let any: UInt16 = 255
    }

    struct Service: Sendable {
        var clusterIP: String
        var externalName: String
        var ports: [(name: String, transport: String, port: Int64)]
        var publishesNotReady: Bool
        var isHeadless: Bool { clusterIP == "None" }
    }
    struct Host: Sendable {
        var name: String
        var address: String
    }
    struct Slice: Sendable {
        var service: String
        var hosts: [Host]
        var ports: [(name: String, transport: String, port: Int64)]
    }

    /// `cluster.local`.
    public let zone: String
    private var services: [String: Service] = [:]
    private var namespaces: [String: Int] = [:]
    private var slices: [String: Slice] = [:]
    private var slicesOf: [String: Set<String>] = [:]
    private var serviceOfIP: [String: String] = [:]

    public init(zone: String = "cluster.local") { self.zone = zone.lowercased() }

    // MARK: input

    public mutating func setService(_ object: JSON) {
        let namespace = object["metadata", "namespace"]?.string ?? ""
        let key = (object["metadata", "name"]?.string ?? "") + "." + namespace
        removeService(key, namespace)
        let spec = object["spec"] ?? .null
        let service = Service(
            clusterIP: spec["clusterIP"]?.string ?? "",
            externalName: spec["type"]?.string == "ExternalName" ? spec["externalName"]?.string ?? "" : "",
            ports: (spec["ports"]?.elements ?? []).map {
                ($0["name"]?.string ?? "", ($0["protocol"]?.string ?? "TCP").lowercased(), $0["port"]?.int ?? 0)
            },
            publishesNotReady: spec["publishNotReadyAddresses"]?.bool ?? false)
        services[key] = service
        namespaces[namespace, default: 0] += 1
        if RoutedService.isIPv4(service.clusterIP) { serviceOfIP[service.clusterIP] = key }
    }
    public mutating func removeService(namespace: String, name: String) {
        removeService(name + "." + namespace, namespace)
    }

    private mutating func removeService(_ key: String, _ namespace: String) {
        guard let old = services.removeValue(forKey: key) else { return }
        namespaces[namespace, default: 1] -= 1
        if namespaces[namespace] == 0 { namespaces[namespace] = nil }
        if serviceOfIP[old.clusterIP] == key { serviceOfIP[old.clusterIP] = nil }
    }

    public mutating func setSlice(_ object: JSON) {
        let namespace = object["metadata", "namespace"]?.string ?? ""
        let key = (object["metadata", "name"]?.string ?? "") + "." + namespace
        removeSlice(key)
        guard let name = object["metadata", "labels", "kubernetes.io/service-name"]?.string,
            object["addressType"]?.string == "IPv4"
        else { return }
        var hosts: [Host] = []
        for endpoint in object["endpoints"]?.elements ?? [] where endpoint["conditions", "ready"]?.bool ?? true {
            guard let address = endpoint["addresses"]?[0]?.string else { continue }
            hosts.append(Host(name: endpoint["hostname"]?.string ?? "", address: address))
        }
        let service = name + "." + namespace
        slices[key] = Slice(
            service: service, hosts: hosts,
            ports: (object["ports"]?.elements ?? []).map {
                ($0["name"]?.string ?? "", ($0["protocol"]?.string ?? "TCP").lowercased(), $0["port"]?.int ?? 0)
            })
        slicesOf[service, default: []].insert(key)
    }
    public mutating func removeSlice(namespace: String, name: String) { removeSlice(name + "." + namespace) }

    private mutating func removeSlice(_ key: String) {
        guard let old = slices.removeValue(forKey: key) else { return }
        slicesOf[old.service]?.remove(key)
        if slicesOf[old.service]?.isEmpty == true { slicesOf[old.service] = nil }
    }

    // MARK: answers

    /// The answer for a name in lower case without its last dot.
    public func answer(_ name: String, type: UInt16) -> Answer {
        if name.hasSuffix(".in-addr.arpa") { return reverse(name) }
        guard name == zone || name.hasSuffix("." + zone) else { return .notOurs }
        let labels =
            name == zone
            ? []
            : name.dropLast(zone.utf8.count + 1).split(separator: ".", omittingEmptySubsequences: false).map(
                String.init)
        switch labels.last {
        case nil: return .records([])
        case "dns-version": return labels.count == 1 ? only([.txt("1.1.0")], type) : .noSuchName
        case "svc": return serviceName(Array(labels.dropLast()), type)
        case "pod": return podName(Array(labels.dropLast()), type)
        default: return .noSuchName
        }
    }

    private func only(_ records: [Record], _ type: UInt16) -> Answer {
        .records(
            records.filter { record in
                switch record {
                case .a: type == RecordType.a || type == RecordType.any
                // An alias answers every question about its name.
                case .cname: true
                case .srv: type == RecordType.srv || type == RecordType.any
                case .ptr: type == RecordType.ptr || type == RecordType.any
                case .txt: type == RecordType.txt || type == RecordType.any
                }
            })
    }

    private func hosts(_ key: String) -> [(host: Host, ports: [(name: String, transport: String, port: Int64)])] {
        (slicesOf[key] ?? []).sorted().compactMap { slices[$0] }.flatMap { slice in
            slice.hosts.map { ($0, slice.ports) }
        }
    }

    private func serviceName(_ labels: [String], _ type: UInt16) -> Answer {
        guard let namespace = labels.last else { return .records([]) }
        if labels.count == 1 { return namespaces[namespace] != nil ? .records([]) : .noSuchName }
        let key = labels[labels.count - 2] + "." + namespace
        guard let service = services[key] else { return .noSuchName }
        if labels.count == 2 {
            if !service.externalName.isEmpty { return .records([.cname(service.externalName.lowercased())]) }
            if service.isHeadless {
                let all = hosts(key)
                if all.isEmpty { return .noSuchName }
                var records: [Record] = []
                for entry in all {
                    guard let bytes = ServiceNames.bytes(entry.host.address), !records.contains(.a(bytes)) else {
                        continue
                    }
                    records.append(.a(bytes))
                }
                return only(records, type)
            }
            return only(ServiceNames.bytes(service.clusterIP).map { [.a($0)] } ?? [], type)
        }
        if labels.count == 3 {
            // One endpoint.
            for entry in hosts(key) where ServiceNames.label(entry.host) == labels[0] {
                return only(ServiceNames.bytes(entry.host.address).map { [.a($0)] } ?? [], type)
            }
            return .noSuchName
        }
        guard labels.count == 4, labels[0].hasPrefix("_"), labels[1].hasPrefix("_") else { return .noSuchName }
        let (portName, transport) = (String(labels[0].dropFirst()), String(labels[1].dropFirst()))
        let full = "\(key).svc.\(zone)"
        var records: [Record] = []
        if service.isHeadless {
            for entry in hosts(key) {
                for port in entry.ports where port.name == portName && port.transport == transport {
                    records.append(
                        .srv(
                            port: UInt16(truncatingIfNeeded: port.port),
                            target: ServiceNames.label(entry.host) + "." + full))
                }
            }
        } else {
            for port in service.ports where port.name == portName && port.transport == transport {
                records.append(.srv(port: UInt16(truncatingIfNeeded: port.port), target: full))
            }
        }
        return records.isEmpty ? .noSuchName : only(records, type)
    }

    private func podName(_ labels: [String], _ type: UInt16) -> Answer {
        guard labels.count == 2 else { return labels.count < 2 ? .records([]) : .noSuchName }
        let address = labels[0].split(separator: "-").joined(separator: ".")
        guard let bytes = ServiceNames.bytes(address) else { return .noSuchName }
        return only([.a(bytes)], type)
    }

    private func reverse(_ name: String) -> Answer {
        let address = name.dropLast(".in-addr.arpa".utf8.count).split(separator: ".").reversed().joined(separator: ".")
        if let key = serviceOfIP[address] { return .records([.ptr("\(key).svc.\(zone)")]) }
        for slice in slices.values.sorted(by: { $0.service < $1.service }) {
            for host in slice.hosts where host.address == address && !host.name.isEmpty {
                return .records([.ptr("\(host.name).\(slice.service).svc.\(zone)")])
            }
        }
        return .notOurs
    }

    /// How an endpoint is called below its service.
    private static func label(_ host: Host) -> String {
        host.name.isEmpty ? host.address.split(separator: ".").joined(separator: "-") : host.name.lowercased()
    }

    static func bytes(_ address: String) -> [UInt8]? {
        let parts = address.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4, !parts.contains(nil) else { return nil }
        return parts.map { $0! }
    }
}
