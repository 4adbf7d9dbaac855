import ClusterState
import Document
import Records
public import Schema

/// Fills Secrets of type `kubernetes.io/service-account-token`, and removes those whose account is gone.
public struct TokensController: Controller {
    static let type = "kubernetes.io/service-account-token"
    static let accountName = "kubernetes.io/service-account.name"
    static let accountUID = "kubernetes.io/service-account.uid"

    public let name = "tokens-controller"
    public var speaker: ControllerSpeaker { .manager }
    public var watches: Set<GroupResource>? { [.secrets, .serviceAccounts] }
    private let secrets: ClusterSecrets
    private let certificate: String

    public init(secrets: ClusterSecrets, caCertificate: String) {
        self.secrets = secrets
        certificate = caCertificate
    }

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.store == .secrets {
            if change.kind != .deleted, change.document["type"]?.string == Self.type { dirty.add(change.key) }
        } else if change.kind != .updated {
            for stored in view.state.objects(.secrets, namespace: change.key.namespace) {
                let secret = view.document(stored)
                if secret["type"]?.string == Self.type, secret.annotation(Self.accountName) == change.key.name {
                    dirty.add(stored.key)
                }
            }
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let secret = view.document(work.key), secret["type"]?.string == Self.type, !secret.isBeingDeleted,
            let name = secret.annotation(Self.accountName)
        else { return }
        let account = view.state.object(.serviceAccounts, work.key.namespace, name)
        let bound = secret.annotation(Self.accountUID) ?? ""
        guard let account, bound.isEmpty || bound == account.uid else {
            work.decision = ["controller": "tokens-controller", "why": "its service account is gone"]
            work.delete("v1", "secrets", work.key.namespace, work.key.name, uid: secret.objectUID)
            return
        }
        let data = secret["data"] ?? .object(JSONObject())
        let authority = Base64.encode(Array(certificate.utf8))
        let namespace = Base64.encode(Array(work.key.namespace.utf8))
        let hasToken = data["token"]?.string?.isEmpty == false
        if hasToken, data["ca.crt"]?.string == authority, data["namespace"]?.string == namespace, bound == account.uid {
            return
        }
        var changed = secret
        changed["data", "ca.crt"] = .string(authority)
        changed["data", "namespace"] = .string(namespace)
        if !hasToken {
            guard let token = secrets.token(work.key.namespace, name, account.uid, work.key.name) else {
                work.retry = true
                return
            }
            changed["data", "token"] = .string(Base64.encode(Array(token.utf8)))
        }
        changed.setAnnotation(Self.accountUID, account.uid)
        work.update("secrets", changed, tolerating: [404])
    }
}
