import ClusterState
import Document
import Records
public import Schema

/// Signs approved CertificateSigningRequests of Kubernetes' own signers.
public struct CertificateSigningController: Controller {
    /// `--cluster-signing-duration`.
    static let secondsMax: Int64 = 365 * 86400
    public let name = "certificate-controller"
    public var watches: Set<GroupResource>? { [.signingRequests] }
    private let secrets: ClusterSecrets

    public init(secrets: ClusterSecrets) { self.secrets = secrets }

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.kind != .deleted { dirty.add(change.key) }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let object = view.document(work.key), Conditions.isTrue(object["status"], "Approved"),
            !Conditions.isTrue(object["status"], "Denied"), !Conditions.isTrue(object["status"], "Failed"),
            object["status"]?["certificate"] == nil
        else { return }
        let spec = object["spec"] ?? .null
        let signer = spec["signerName"]?.string ?? ""
        guard signer.hasPrefix("kubernetes.io/"), signer != "kubernetes.io/legacy-unknown" else { return }
        let pem =
            spec["request"]?.string.flatMap { try? Base64.decode($0) }.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let usages = spec["usages"]?.strings ?? []
        var changed = object
        guard let request = secrets.read(pem) else {
            return fail(&changed, "unable to parse csr: the request is no PEM block of type CERTIFICATE REQUEST", &work)
        }
        if let problem = Self.problem(signer, request, usages) { return fail(&changed, problem, &work) }
        let seconds = min(max(spec["expirationSeconds"]?.int ?? Self.secondsMax, 600), Self.secondsMax)
        guard let certificate = secrets.sign(pem, usages, seconds)
        else {
            work.retry = true
            return
        }
        changed["status", "certificate"] = .string(Base64.encode(Array(certificate.utf8)))
        work.decision = ["controller": "certificate-controller", "why": "approved", "seconds": .int(seconds)]
        work.update("certificatesigningrequests", changed, subresource: "status", tolerating: [404])
    }

    private func fail(_ object: inout JSON, _ message: String, _ work: inout Work) {
        var status = object["status"] ?? .object(JSONObject())
        Conditions.set(
            &status, "Failed", "True", reason: "SignerValidationFailure", message: message, now: work.now,
            updateTime: true)
        object["status"] = status
        work.update("certificatesigningrequests", object, subresource: "status", tolerating: [404])
    }

    /// What a signer does not allow about a request.
    static func problem(_ signer: String, _ request: ClusterSecrets.CertificateRequest, _ usages: [String]) -> String? {
        let common: Set<String> = ["key encipherment", "digital signature"]
        let isServing = signer == "kubernetes.io/kubelet-serving"
        let needed = isServing ? "server auth" : "client auth"
        if signer == "kubernetes.io/kube-apiserver-client" {
            for usage in usages where usage != needed && !common.contains(usage) {
                return "invalid usage for client certificate: \(usage)"
            }
            return nil
        }
        guard signer == "kubernetes.io/kube-apiserver-client-kubelet" || isServing else {
            return "unrecognized signerName: \(signer)"
        }
        if request.organizations != ["system:nodes"] { return "subject organization is not system:nodes" }
        if !request.commonName.hasPrefix("system:node:") {
            return "subject common name does not begin with system:node:"
        }
        if isServing {
            if request.dnsNames.isEmpty, request.addresses.isEmpty { return "DNS or IP subjectAltName is required" }
        } else {
            if !request.dnsNames.isEmpty { return "DNS subjectAltNames are not allowed" }
            if !request.addresses.isEmpty { return "IP subjectAltNames are not allowed" }
        }
        if !request.otherNames.isEmpty { return "Email and URI subjectAltNames are not allowed" }
        if !usages.contains(needed) || usages.contains(where: { $0 != needed && !common.contains($0) }) {
            return "usages did not match [key encipherment digital signature \(needed)]"
        }
        return nil
    }
}
