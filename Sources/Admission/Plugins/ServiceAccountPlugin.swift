import Document
import Schema

/// Every pod runs as a service account that exists, with its token mounted and its pull secrets at hand: upstream's ServiceAccount.
struct ServiceAccountPlugin: AdmissionPlugin {
    let name = "ServiceAccount"
    private static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
    private static let tokenSeconds: Int64 = 3607

    func mutate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.operation == .create, request.isFor("pods") else { return }
        if request.object["metadata", "annotations", "kubernetes.io/config.mirror"] != nil {
            try checkMirrorPod(request)
            return
        }
        var account = request.object["spec", "serviceAccountName"]?.string ?? ""
        if account.isEmpty {
            account = request.object["spec", "serviceAccount"]?.string ?? ""
            if account.isEmpty { account = "default" }
            request.changed(self, "serviceAccountName \(account)")
        }
        guard
            let stored = request.context.state.object(
                GroupResource(resource: "serviceaccounts"), request.namespace, account)
        else {
            let unfit = Names.pathSegment(account)
            let why =
                unfit.isEmpty
                ? "serviceaccount \"\(account)\" not found"
                : "invalid resource name \"\(account)\": [\(unfit.joined(separator: " "))]"
            throw request.forbidden("error looking up service account \(request.namespace)/\(account): \(why)")
        }
        let accountDocument = stored.document
        request.object.modify("spec") { spec in
            spec["serviceAccountName"] = .string(account)
            spec["serviceAccount"] = .string(account)
        }
        let spec = request.object["spec"] ?? .null
        if spec["automountServiceAccountToken"]?.bool ?? accountDocument["automountServiceAccountToken"]?.bool ?? true {
            mountToken(&request)
        }
        if spec.list("imagePullSecrets").isEmpty, let secrets = accountDocument["imagePullSecrets"]?.array,
            !secrets.isEmpty
        {
            request.object.modify("spec") { $0["imagePullSecrets"] = .array(secrets) }
        }
    }

    private func checkMirrorPod(_ request: AdmissionRequest) throws(APIError) {
        let spec = request.object["spec"] ?? .null
        if !spec.text("serviceAccountName").isEmpty {
            throw request.forbidden("a mirror pod may not reference service accounts")
        }
        for volume in spec.list("volumes") {
            if volume.has("secret") { throw request.forbidden("a mirror pod may not reference secrets") }
            for source in volume["projected"]?.list("sources") ?? [] where source.has("serviceAccountToken") {
                throw request.forbidden("a mirror pod may not use ServiceAccountToken volume projections")
            }
        }
    }

    /// Mounts the projected token in every container that has nothing at its place yet.
    private func mountToken(_ request: inout AdmissionRequest) {
        let known = request.object["spec"]?.list("volumes").first { $0.text("name").hasPrefix("kube-api-access-") }?
            .text("name")
        let volume = known ?? "kube-api-access-" + request.context.random.suffix()
        var needed = false
        request.object.modify("spec") { spec in
            for list in ["initContainers", "containers"] {
                spec.modify(list) { containers in
                    containers.modifyElements { _, container in
                        var mounts = container.list("volumeMounts")
                        if mounts.contains(where: { $0.text("mountPath") == ServiceAccountPlugin.mountPath }) { return }
                        mounts.append([
                            "mountPath": .string(ServiceAccountPlugin.mountPath), "name": .string(volume),
                            "readOnly": true,
                        ])
                        container["volumeMounts"] = .array(mounts)
                        needed = true
                    }
                }
            }
            if needed, known == nil {
                spec["volumes"] = .array(spec.list("volumes") + [ServiceAccountPlugin.tokenVolume(volume)])
            }
        }
    }

    private static func tokenVolume(_ name: String) -> JSON {
        [
            "name": .string(name),
            "projected": [
                "defaultMode": 420,
                "sources": [
                    ["serviceAccountToken": ["expirationSeconds": .int(tokenSeconds), "path": "token"]],
                    ["configMap": ["items": [["key": "ca.crt", "path": "ca.crt"]], "name": "kube-root-ca.crt"]],
                    [
                        "downwardAPI": [
                            "items": [
                                [
                                    "fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.namespace"],
                                    "path": "namespace",
                                ]
                            ]
                        ]
                    ],
                ],
            ],
        ]
    }
}
