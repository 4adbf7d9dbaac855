import Access
import ClusterState
import Document
import Records
public import Schema

/// Signs `kube-public/cluster-info` with the bootstrap tokens, so that who joins can trust it.
public struct BootstrapSigner: Controller {
    private static let map = GroupResource.configMaps.key("kube-public", "cluster-info")
    private static let signature = "jws-kubeconfig-"

    public let name = "bootstrap-signer"
    public var watches: Set<GroupResource>? { [.configMaps, .secrets] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.key == Self.map { dirty.add(Self.map) }
        if change.store == .secrets, change.key.namespace == "kube-system",
            change.key.name.hasPrefix(BootstrapToken.prefix)
        {
            dirty.add(Self.map)
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let map = view.document(Self.map), let content = map["data"]?["kubeconfig"]?.string else { return }
        var data = JSONObject()
        for (key, value) in map["data"]?.entries ?? JSONObject() where !key.hasPrefix(Self.signature) {
            data[key] = value
        }
        for secret in view.documents(.secrets, namespace: "kube-system") {
            guard let token = BootstrapToken(secret), token.signs, !token.isExpired(work.now) else { continue }
            data[Self.signature + token.id] = .string(sign(content, token))
        }
        if map["data"] == .object(data) { return }
        var changed = map
        changed["data"] = .object(data)
        work.decision = ["controller": "bootstrap-signer", "why": "signatures and tokens differ"]
        work.update("configmaps", changed, tolerating: [404])
    }

    /// A JWS without its payload: HS256 with the token's secret.
    private func sign(_ content: String, _ token: BootstrapToken) -> String {
        let header = Base64.url(Array("{\"alg\":\"HS256\",\"kid\":\"\(token.id)\"}".utf8))
        let payload = Base64.url(Array(content.utf8))
        let signature = MessageAuthentication.sha256(
            Array((header + "." + payload).utf8), key: Array(token.secret.utf8))
        return header + ".." + Base64.url(signature)
    }
}

extension Base64 {
    /// The URL alphabet without padding, as JSON web signatures want it.
    static func url(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        for byte in encode(bytes).utf8 where byte != UInt8(ascii: "=") {
            out.append(
                byte == UInt8(ascii: "+") ? UInt8(ascii: "-") : byte == UInt8(ascii: "/") ? UInt8(ascii: "_") : byte)
        }
        return String(decoding: out, as: UTF8.self)
    }
}
