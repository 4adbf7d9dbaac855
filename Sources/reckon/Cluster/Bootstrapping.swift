import Admission
import Controllers
import Document
import Engine
import Records
import Schema

/// Makes the objects that a cluster begins with, when they are missing, and completes the default roles of an older version.
struct Bootstrapping {
    let engine: Engine
    let certificateAuthority: String
    let frontProxyAuthority: String

    private static let server = LoopIdentity(
        user: UserInfo(name: "system:apiserver", groups: ["system:masters", "system:authenticated"]),
        userAgent: "kube-apiserver/v1.36.2 (linux/amd64) kubernetes/reckon")

    func run(_ settings: ClusterSettings, host: String, port: Int) throws {
        let address = host == "0.0.0.0" ? "127.0.0.1" : host
        let objects = Bootstrap.objects(
            settings: settings, address: address, port: port, certificateAuthority: certificateAuthority,
            frontProxyAuthority: frontProxyAuthority, today: String(engine.now.rfc3339.prefix(10)))
        var intents: [Intent] = []
        let state = engine.state
        for (apiVersion, resource, object) in objects {
            guard let type = Catalog.builtin.resource(apiVersion: apiVersion, resource) else { continue }
            let namespace = object["metadata", "namespace"]?.string ?? ""
            let name = object["metadata", "name"]?.string ?? ""
            if let stored = state.object(type.store, namespace, name) {
                if let better = Bootstrap.reconciled(stored.document, with: object) {
                    intents.append(
                        Intent(
                            .update(better), apiVersion: apiVersion, resource: resource, namespace: namespace,
                            name: name))
                }
                continue
            }
            var creation = Intent(.create(object), apiVersion: apiVersion, resource: resource, namespace: namespace)
            creation.fieldManager = Bootstrap.fieldManager(of: apiVersion)
            intents.append(creation)
            guard resource == "servicecidrs" else { continue }
            var status = Intent(
                .patch(.apply, Bootstrap.serviceCIDRStatus(now: engine.now)), apiVersion: apiVersion,
                resource: resource, name: name, subresource: "status")
            status.fieldManager = "kubernetes-service-cidr-controller"
            intents.append(status)
        }
        // Namespaces first: what lies in them is refused before they exist.
        for answer in engine.send(intents, as: Self.server) {
            if case .failure(let error) = answer, error.code != 409 {
                throw StartupError("the cluster's first objects could not be made: \(error.message)")
            }
        }
    }
}
