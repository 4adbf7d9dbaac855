import ClusterState
import Document
import Records
public import Schema

/// Fills ClusterRoles that have an aggregation rule with the rules of those it selects.
public struct ClusterRoleAggregationController: Controller {
    public let name = "clusterrole-aggregation-controller"
    public var fieldManager: String { "clusterrole-aggregation-controller" }
    public var watches: Set<GroupResource>? { [.clusterRoles] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        for stored in view.state.objects(.clusterRoles) where view.document(stored)["aggregationRule"] != nil {
            dirty.add(stored.key)
        }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let role = view.document(work.key), let rule = role["aggregationRule"], !rule.isNull else { return }
        var rules: [JSON] = []
        for selector in (rule["clusterRoleSelectors"]?.elements ?? []).map({ LabelSelector($0) }) {
            for other in view.documents(.clusterRoles)
            where other.objectName != role.objectName && selector.matches(other.objectLabels) {
                for entry in other["rules"]?.elements ?? [] where !rules.contains(entry) { rules.append(entry) }
            }
        }
        let old = role["rules"]?.elements ?? []
        if old == rules { return }
        work.decision = ["controller": "clusterrole-aggregation-controller", "rules": .int(Int64(rules.count))]
        var applied: JSON = [
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": ["name": .string(work.key.name)],
        ]
        if rules.isEmpty {
            // Nothing selected: only what was put there by us goes.
            let ours = role["metadata"]?["managedFields"]?.elements.contains { $0["manager"]?.string == fieldManager }
            if ours != true { return }
        } else {
            applied["rules"] = .array(rules)
        }
        work.patch(
            "rbac.authorization.k8s.io/v1", "clusterroles", "", work.key.name, .apply, applied, tolerating: [404])
    }
}
