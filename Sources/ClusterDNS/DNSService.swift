import ClusterState
import Controllers
import Document
import Engine
import Logging
import Records
import Schema

/// The Service and EndpointSlice by which pods find the name server.
struct DNSService {
    let configuration: ClusterDNS.Configuration
    let port: Int

    private static let identity = LoopIdentity(
        user: UserInfo(name: "system:apiserver", groups: ["system:masters", "system:authenticated"]),
        userAgent: "cluster-dns/v1.36.2 (linux) kubernetes/reckon")
    private static let name = "kube-dns"

    /// Makes both, or brings them up to date.
    func publish(_ door: any ClusterDoor, _ logger: Logger) {
        let service: JSON = [
            "apiVersion": "v1", "kind": "Service",
            "metadata": [
                "name": .string(DNSService.name), "namespace": "kube-system",
                "labels": ["k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true"],
            ],
            "spec": [
                "clusterIP": .string(configuration.clusterIP),
                "ports": [
                    ["name": "dns", "port": 53, "protocol": "UDP", "targetPort": .int(Int64(port))],
                    ["name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": .int(Int64(port))],
                ],
            ],
        ]
        let spec: JSON = [
            "endpoints": [
                [
                    "addresses": [.string(configuration.address)],
                    "conditions": ["ready": true, "serving": true, "terminating": false],
                ]
            ],
            "ports": [
                ["name": "dns", "port": .int(Int64(port)), "protocol": "UDP"],
                ["name": "dns-tcp", "port": .int(Int64(port)), "protocol": "TCP"],
            ],
        ]
        var slice: JSON = [
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": [
                "name": .string(DNSService.name), "namespace": "kube-system",
                "labels": [
                    "kubernetes.io/service-name": .string(DNSService.name),
                    "endpointslice.kubernetes.io/managed-by": "reckon",
                ],
            ],
        ]
        for entry in spec.entries { slice[entry.key] = entry.value }
        let known = door.state.object(GroupResource(resource: "services"), "kube-system", DNSService.name) != nil
        var intents = [
            Intent(
                .create(slice), apiVersion: "discovery.k8s.io/v1", resource: "endpointslices", namespace: "kube-system")
        ]
        if !known {
            intents.insert(
                Intent(.create(service), apiVersion: "v1", resource: "services", namespace: "kube-system"), at: 0)
        }
        let answers = door.send(intents, as: DNSService.identity)
        for answer in answers {
            if case .failure(let error) = answer, error.code != 409 {
                logger.warning("the DNS service was not made", metadata: ["error": "\(error.message)"])
            }
        }
        // There from an earlier start: the port may be another one now.
        if case .failure(let error)? = answers.last, error.code == 409 {
            _ = door.send(
                [
                    Intent(
                        .patch(.merge, spec), apiVersion: "discovery.k8s.io/v1", resource: "endpointslices",
                        namespace: "kube-system",
                        name: DNSService.name)
                ], as: DNSService.identity)
        }
    }
}
