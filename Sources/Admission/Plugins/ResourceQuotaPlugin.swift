import Document
import Schema

/// What a request uses more of stays within the namespace's quotas; their used amounts change with it: upstream's ResourceQuota.
struct ResourceQuotaPlugin: AdmissionPlugin {
    let name = "ResourceQuota"
    private static let store = GroupResource(resource: "resourcequotas")

    func validate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.operation == .create || request.operation == .update, !request.namespace.isEmpty,
            request.type.isNamespaced,
            request.context.state.count(ResourceQuotaPlugin.store, namespace: request.namespace) > 0,
            !request.isFor("resourcequotas", subresource: "status"), QuotaUsage.counts(request)
        else { return }
        let usage = QuotaUsage.delta(request)
        guard let type = request.context.catalog.resource(apiVersion: "v1", "resourcequotas") else { return }
        var changed: [JSON] = []
        for stored in request.context.state.objects(ResourceQuotaPlugin.store, namespace: request.namespace) {
            var quota = stored.document
            guard QuotaScopes.matches(quota, request) else { continue }
            let hard = Amounts(quota["status", "hard"])
            let quotaName = quota["metadata", "name"]?.string ?? ""
            if request.operation == .create, request.isFor("pods"),
                let missing = QuotaUsage.unspecified(request.object, hard)
            {
                throw request.forbidden("failed quota: \(quotaName): must specify \(missing)")
            }
            let relevant = usage.sorted.filter { hard[$0.0] != nil }
            guard relevant.contains(where: { $0.1.billionths != 0 }) else { continue }
            var used = Amounts(quota["status", "used"])
            let unknown = relevant.filter { used[$0.0] == nil }
            if !unknown.isEmpty {
                throw request.forbidden(
                    "status unknown for quota: \(quotaName), resources: \(unknown.map(\.0).joined(separator: ","))")
            }
            var exceeded: [(String, Amount)] = []
            for (name, more) in relevant {
                let next = (used[name] ?? .zero) + more
                if more.billionths > 0, let limit = hard[name], next > limit { exceeded.append((name, more)) }
            }
            if !exceeded.isEmpty {
                func pretty(_ value: (String) -> Amount?) -> String {
                    exceeded.map { "\($0.0)=\(value($0.0)?.text ?? "0")" }.joined(separator: ",")
                }
                let asked = Dictionary(uniqueKeysWithValues: exceeded)
                throw request.forbidden(
                    "exceeded quota: \(quotaName), requested: \(pretty { asked[$0] }), used: \(pretty { used[$0] }), limited: \(pretty { hard[$0] })"
                )
            }
            for (name, more) in relevant {
                used[name] = (used[name] ?? .zero) + more
                quota["status", "used", name] = .string(used[name]!.text)
            }
            changed.append(quota)
        }
        for quota in changed where !request.context.isDryRun { request.sideWrites.append((type, quota)) }
    }
}
