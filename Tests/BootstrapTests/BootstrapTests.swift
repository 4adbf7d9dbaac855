import Access
import Admission
import ClusterState
import Document
import Records
import Requests
import Schema
import Testing

@Suite struct BootstrapTests {
    @Test func aFreshClusterPassesItsOwnRules() throws {
        let cluster = try SmallCluster.bootstrapped()
        #expect(cluster.state.count(GroupResource(resource: "namespaces")) == 4)
        #expect(cluster.object("services", "default", "kubernetes")?["spec", "clusterIP"] == "10.96.0.1")
        let view = cluster.object("clusterroles", group: "rbac.authorization.k8s.io", "", "view")
        #expect(view?["rules"] == .null)
        #expect(view?["metadata", "labels", "rbac.authorization.k8s.io/aggregate-to-edit"] == "true")
    }

    @Test func everybodyMayDiscover() throws {
        let cluster = try SmallCluster.bootstrapped()
        let rules = AccessRules(cluster.state)
        let alice = UserInfo(name: "alice", groups: ["devs", "system:authenticated"])
        let facts = rules.authorize(.init(user: alice, verb: "get", path: "/apis"), cluster.state)
        #expect(
            facts.reason
                == #"RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated""#
        )
        #expect(rules.authorize(.init(user: alice, verb: "list", resource: "pods"), cluster.state).verdict == .denied)
        let controller = UserInfo(
            name: "system:serviceaccount:kube-system:deployment-controller",
            groups: ["system:serviceaccounts", "system:authenticated"])
        let create = AccessAttributes(
            user: controller, verb: "create", group: "apps", resource: "replicasets", namespace: "shop")
        #expect(rules.authorize(create, cluster.state).verdict == .allowed)
    }

    @Test func defaultRolesAreCompletedUnlessAPersonSaysNo() {
        let ours: JSON = ["rules": [["verbs": ["get"]], ["verbs": ["list"]]]]
        let stored: JSON = ["metadata": [:], "rules": [["verbs": ["get"]], ["verbs": ["mine"]]]]
        #expect(Bootstrap.reconciled(stored, with: ours)?["rules"]?.elements.count == 3)
        #expect(Bootstrap.reconciled(ours, with: ours) == Optional.none)
        var kept = stored
        kept["metadata", "annotations", Bootstrap.autoupdate] = "false"
        #expect(Bootstrap.reconciled(kept, with: ours) == Optional.none)
    }

    @Test func aggregatedRolesCollectTheirParts() throws {
        let cluster = try SmallCluster.bootstrapped()
        let edit = try #require(cluster.object("clusterroles", group: "rbac.authorization.k8s.io", "", "edit"))
        let rules = try #require(
            Bootstrap.aggregatedRules(of: edit, in: cluster.state)?.elements.map { PolicyRule($0) })
        let asked = AccessAttributes(
            user: SmallCluster.admin, verb: "create", group: "apps", resource: "deployments", namespace: "x")
        #expect(rules.contains { $0.allows(asked) })
    }
}
