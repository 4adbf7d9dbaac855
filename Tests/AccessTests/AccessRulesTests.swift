import Access
import ClusterState
import Document
import Records
import Schema
import Testing

/// A cluster whose journal holds the given objects, one event each.
private func cluster(_ objects: [JSON]) -> ClusterState {
    var state = ClusterState()
    for object in objects { state.apply(event(object, at: state.revision + 1)) }
    return state
}

private func event(_ object: JSON, at revision: UInt64, kind: Change.Kind = .created, previous: UInt64 = 0)
    -> EventRecord
{
    let kinds = [
        "Role": "roles", "ClusterRole": "clusterroles", "RoleBinding": "rolebindings",
        "ClusterRoleBinding": "clusterrolebindings",
        "Pod": "pods",
    ]
    let resource = kinds[object["kind"]?.string ?? ""] ?? ""
    let key = ObjectKey(
        group: resource == "pods" ? "" : "rbac.authorization.k8s.io", resource: resource,
        namespace: object["metadata", "namespace"]?.string ?? "", name: object["metadata", "name"]?.string ?? "")
    return EventRecord(
        stream: .journal, revision: revision, time: Timestamp(seconds: 1),
        request: RequestFacts(verb: "create", path: "/"),
        authentication: AuthenticationFacts(authenticator: "internal", user: UserInfo(name: "t")),
        authorization: .notAsked,
        outcome: Outcome(code: 201),
        changes: [Change(kind: kind, key: key, uid: "u", previousRevision: previous, body: object.encoded())])
}

private func role(_ name: String, namespace: String? = nil, _ rules: JSON) -> JSON {
    var metadata: JSON = ["name": .string(name)]
    if let namespace { metadata["namespace"] = .string(namespace) }
    return ["kind": namespace == nil ? "ClusterRole" : "Role", "metadata": metadata, "rules": rules]
}

private func binding(_ name: String, namespace: String? = nil, role: String, kind: String, _ subject: JSON) -> JSON {
    var metadata: JSON = ["name": .string(name)]
    if let namespace { metadata["namespace"] = .string(namespace) }
    return [
        "kind": namespace == nil ? "ClusterRoleBinding" : "RoleBinding", "metadata": metadata,
        "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": .string(kind), "name": .string(role)],
        "subjects": [subject],
    ]
}

private let alice = UserInfo(name: "alice", groups: ["devs", "system:authenticated"])

@Suite struct AccessRulesTests {
    @Test func aRoleBindingConfinesAClusterRole() {
        let state = cluster([
            role("reader", [["apiGroups": [""], "resources": ["pods", "*/log"], "verbs": ["get", "list"]]]),
            binding("b", namespace: "x", role: "reader", kind: "ClusterRole", ["kind": "Group", "name": "devs"]),
        ])
        let rules = AccessRules(state)
        func ask(_ verb: String, _ resource: String, _ sub: String = "", ns: String) -> AuthorizationFacts {
            rules.authorize(.init(user: alice, verb: verb, resource: resource, subresource: sub, namespace: ns), state)
        }
        let facts = ask("list", "pods", ns: "x")
        #expect(facts.verdict == .allowed)
        #expect(facts.reason == #"RBAC: allowed by RoleBinding "b/x" of ClusterRole "reader" to Group "devs""#)
        #expect(facts.rule == "ClusterRole/reader#0")
        #expect(facts.bindingRevision == 2)
        #expect(ask("get", "pods", "log", ns: "x").verdict == .allowed)
        #expect(ask("get", "pods", "exec", ns: "x").verdict == .denied)
        #expect(ask("list", "pods", ns: "y").verdict == .denied)
        #expect(ask("delete", "pods", ns: "x").verdict == .denied)
    }

    @Test func rememberedAnswersFollowTheRules() {
        var state = cluster([
            role(
                "r", namespace: "x",
                [["apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["ok"], "verbs": ["get"]]])
        ])
        var authorizer = Authorizer(state)
        func ask(_ name: String) -> AuthorizationFacts.Verdict {
            authorizer.authorize(
                .init(user: alice, verb: "get", resource: "configmaps", namespace: "x", name: name), state
            ).verdict
        }
        #expect(ask("ok") == .denied)
        let bound = event(
            binding("b", namespace: "x", role: "r", kind: "Role", ["kind": "User", "name": "alice"]), at: 2)
        state.apply(bound)
        authorizer.apply(bound.changes, revision: 2)
        for _ in 0..<2 {
            #expect(ask("ok") == .allowed)
            #expect(ask("no") == .denied)
        }
        let unbound = event(
            binding("b", namespace: "x", role: "r", kind: "Role", ["kind": "User", "name": "alice"]), at: 3,
            kind: .deleted, previous: 2)
        state.apply(unbound)
        authorizer.apply(unbound.changes, revision: 3)
        #expect(ask("ok") == .denied)
    }

    @Test func refusalsReadLikeUpstream() {
        let list = AccessAttributes(user: alice, verb: "list", group: "apps", resource: "deployments", namespace: "x")
        let denied = AuthorizationFacts(verdict: .denied)
        #expect(
            list.forbidden(denied).message
                == #"deployments.apps is forbidden: User "alice" cannot list resource "deployments" in API group "apps" in the namespace "x""#
        )
        let path = AccessAttributes(user: alice, verb: "get", path: "/metrics").forbidden(denied)
        #expect(path.message == #"forbidden: User "alice" cannot get path "/metrics""#)
        #expect(path.document["details"] == [:])
    }

    @Test func nobodyGrantsWhatTheyDoNotHold() {
        let state = cluster([
            role("make", [["apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["create"]]]),
            binding("b", namespace: "x", role: "make", kind: "ClusterRole", ["kind": "User", "name": "alice"]),
        ])
        let rules = AccessRules(state)
        let roles = GroupResource(group: "rbac.authorization.k8s.io", resource: "roles")
        let grab = role(
            "grab", namespace: "x", [["apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]]])
        #expect(
            rules.escalation(roles, grab, old: nil, user: alice, state)?.message
                == """
                roles.rbac.authorization.k8s.io "grab" is forbidden: user "alice" (groups=["devs" "system:authenticated"]) \
                is attempting to grant RBAC permissions not currently held:
                {APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}
                """)
        let same = role(
            "same", namespace: "x",
            [["apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["create"]]])
        #expect(rules.escalation(roles, same, old: nil, user: alice, state) == nil)
    }

    @Test func aKubeletReadsWhatItsPodsNeed() {
        let pod: JSON = [
            "kind": "Pod", "metadata": ["name": "p", "namespace": "x"],
            "spec": [
                "nodeName": "n1", "serviceAccountName": "robot",
                "volumes": [["name": "v", "secret": ["secretName": "s"]]],
            ],
        ]
        let state = cluster([pod])
        var authorizer = Authorizer(state)
        func ask(_ node: String, _ verb: String, _ resource: String, _ sub: String = "", _ name: String)
            -> AuthorizationFacts
        {
            let user = UserInfo(name: "system:node:" + node, groups: ["system:nodes"])
            return authorizer.authorize(
                .init(user: user, verb: verb, resource: resource, subresource: sub, namespace: "x", name: name), state)
        }
        #expect(ask("n1", "get", "secrets", "", "s").verdict == .allowed)
        #expect(ask("n1", "get", "secrets", "", "other").verdict == .denied)
        #expect(
            ask("n2", "get", "secrets", "", "s").reason == "no relationship found between node 'n2' and this object")
        #expect(ask("n1", "create", "serviceaccounts", "token", "robot").verdict == .allowed)
        #expect(ask("n1", "create", "serviceaccounts", "token", "default").verdict == .denied)
        #expect(ask("n1", "get", "nodes", "", "n1").verdict == .allowed)
        #expect(ask("n1", "get", "nodes", "", "n2").verdict == .denied)
    }
}
