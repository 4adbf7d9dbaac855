import Document
import Records
import Schema

/// What Endpoints and EndpointSlices have in common: which pods back a Service, at which ports.
enum ServicePods {
    static let headless = "service.kubernetes.io/headless"

    struct Port: Hashable {
        var name: String
        var number: Int
        var transport: String
        var appProtocol: String?
        var json: JSON {
            var out: JSON = ["port": .int(Int64(number)), "protocol": .string(transport)]
            if !name.isEmpty { out["name"] = .string(name) }
            if let appProtocol { out["appProtocol"] = .string(appProtocol) }
            return out
        }
    }

    /// `ShouldPodBeInEndpoints`.
    static func belongs(_ pod: PodRecord, includeTerminating: Bool) -> Bool {
        !pod.isFinished && !pod.ips.isEmpty && (includeTerminating || pod.deletion == nil)
    }

    /// The ports of a service on one pod; those whose name the pod does not know are left out.
    static func ports(of service: JSON, on pod: PodRecord) -> [Port] {
        var out: [Port] = []
        for port in service["spec"]?["ports"]?.elements ?? [] {
            let transport = port["protocol"]?.string ?? "TCP"
            var number = port["port"]?.int.map { Int($0) } ?? 0
            switch port["targetPort"] {
            case .int(let target)?: if target != 0 { number = Int(target) }
            case .string(let target)?:
                if let known = pod.namedPorts.first(where: { $0.name == target && $0.transport == transport }) {
                    number = known.port
                } else if let given = Int(target) {
                    number = given
                } else {
                    continue
                }
            default: break
            }
            out.append(
                Port(
                    name: port["name"]?.string ?? "", number: number, transport: transport,
                    appProtocol: port["appProtocol"]?.string))
        }
        return out
    }

    /// The service's labels without the mark of headless services.
    static func labels(of service: JSON) -> JSONObject {
        var labels = service.objectLabels
        labels[headless] = nil
        return labels
    }
    static func isHeadless(_ service: JSON) -> Bool {
        let ip = service["spec"]?["clusterIP"]?.string ?? ""
        return ip.isEmpty || ip == "None"
    }
    static func hostname(_ pod: PodRecord, _ service: JSON) -> String? {
        !pod.hostname.isEmpty && pod.subdomain == service.objectName ? pod.hostname : nil
    }
    static func target(_ pod: PodRecord) -> JSON {
        ["kind": "Pod", "namespace": .string(pod.namespace), "name": .string(pod.name), "uid": .string(pod.uid)]
    }

    /// The services whose selector takes a pod before or after a change of it.
    static func services(for change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        guard let pod = change.pod else { return }
        let before = change.previousPod
        // A change that no endpoint shows.
        if let before, change.kind == .updated, before.labels == pod.labels, before.ips == pod.ips,
            before.isReady == pod.isReady,
            (before.deletion == nil) == (pod.deletion == nil), before.isFinished == pod.isFinished,
            before.nodeName == pod.nodeName,
            before.hostname == pod.hostname
        {
            return
        }
        for stored in view.state.objects(.services, namespace: pod.namespace) {
            let selector = LabelSelector(map: view.document(stored)["spec"]?["selector"])
            if selector.matches(pod.labels) || before.map({ selector.matches($0.labels) }) == true {
                dirty.add(stored.key)
            }
        }
    }
}
