import Access
import ClusterState
import Document
import Records
public import Schema

/// Approves what kubelets ask for: a client certificate for a node, when whoever asks may have that
/// (`certificatesigningrequests/nodeclient`), or already is that node (`…/selfnodeclient`).
public struct CertificateApprovingController: Controller {
    public let name = "certificatesigningrequest-approving-controller"
    public var account: String { "certificate-controller" }
    public var watches: Set<GroupResource>? { [.signingRequests] }
    private let secrets: ClusterSecrets

    public init(secrets: ClusterSecrets) { self.secrets = secrets }

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.kind != .deleted { dirty.add(change.key) }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let object = view.document(work.key), object["status"]?["certificate"] == nil,
            !Conditions.isTrue(object["status"], "Approved"), !Conditions.isTrue(object["status"], "Denied")
        else { return }
        let spec = object["spec"] ?? .null
        guard spec["signerName"]?.string == "kubernetes.io/kube-apiserver-client-kubelet",
            let pem = spec["request"]?.string.flatMap({ try? Base64.decode($0) }),
            let request = secrets.read(String(decoding: pem, as: UTF8.self)),
            CertificateSigningController.problem(
                "kubernetes.io/kube-apiserver-client-kubelet", request, spec["usages"]?.strings ?? []) == nil
        else { return }
        let user = Self.requester(spec)
        let rules = AccessRules(view.state)
        var tried: [JSON] = []
        func may(_ subresource: String) -> Bool {
            tried.append(.string(subresource))
            let asked = AccessAttributes(
                user: user, verb: "create", group: "certificates.k8s.io", version: "*",
                resource: "certificatesigningrequests", subresource: subresource)
            return user.groups.contains("system:masters") || rules.authorize(asked, view.state).verdict == .allowed
        }
        let message: String
        if user.name == request.commonName, may("selfnodeclient") {
            message = "Auto approving self kubelet client certificate after SubjectAccessReview."
        } else if may("nodeclient") {
            message = "Auto approving kubelet client certificate after SubjectAccessReview."
        } else {
            // Rules may change: asked again later, as upstream does.
            work.retry = true
            return
        }
        var changed = object
        let condition: JSON = [
            "type": "Approved", "status": "True", "reason": "AutoApproved", "message": .string(message),
        ]
        changed["status", "conditions"] = .array((object["status"]?["conditions"]?.elements ?? []) + [condition])
        work.decision = ["controller": .string(name), "user": .string(user.name), "asked": .array(tried)]
        work.update("certificatesigningrequests", changed, subresource: "approval", tolerating: [404])
    }

    private static func requester(_ spec: JSON) -> UserInfo {
        let extra = (spec["extra"]?.entries ?? JSONObject()).map { member in
            UserInfo.Extra(key: member.key, values: member.value.strings)
        }
        return UserInfo(
            name: spec["username"]?.string ?? "", uid: spec["uid"]?.string ?? "", groups: spec["groups"]?.strings ?? [],
            extra: extra)
    }
}
