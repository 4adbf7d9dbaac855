import Document
import History
import Records
import Schema
import Testing

/// Who could do something and when, which rights were needed, and what was run in containers.
@Suite struct AccessHistoryTests {
    private func rbac(_ resource: String, _ name: String, _ namespace: String = "shop") -> ObjectKey {
        ObjectKey(group: "rbac.authorization.k8s.io", resource: resource, namespace: namespace, name: name)
    }
    private let allowed = AuthorizationFacts(verdict: .allowed, authorizer: "RBAC")

    private func cluster() -> Past {
        let past = Past()
        past.write(
            "ann", rbac("roles", "reader"),
            ["rules": [["apiGroups": [""], "resources": ["secrets", "pods"], "verbs": ["get", "list", "watch"]]]])
        past.write(
            "ann", rbac("roles", "writer"),
            ["rules": [["apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["*"]]]])
        for role in ["reader", "writer"] {
            past.write(
                "ann", rbac("rolebindings", role),
                [
                    "roleRef": ["kind": "Role", "name": .string(role)],
                    "subjects": [["kind": "User", "name": "bob"]],
                ])
        }
        return past
    }

    @Test func whoCouldIsToldWithItsTimes() throws {
        let past = cluster()
        let before = past.newest
        past.write(
            "eve", rbac("rolebindings", "reader"),
            [
                "roleRef": ["kind": "Role", "name": "reader"],
                "subjects": [["kind": "User", "name": "bob"], ["kind": "User", "name": "mallory"]],
            ])
        for i in 0..<30 { past.write("noise", configMap("c\(i)"), ["data": [:]]) }
        let ended = past.write("ann", rbac("roles", "reader"), ["rules": []])
        func ask(_ parameters: [(String, String)]) throws -> JSON {
            try past.ask(
                "who-could", [("verb", "get"), ("resource", "secrets"), ("namespace", "shop")] + parameters)
        }
        #expect(try ask([])["items"]?.elements.isEmpty == true)
        #expect(try ask([("to", "\(before)")])["items"]?.elements.count == 1)
        let spans = try ask([("from", "\(before)")])
        let items = spans["items"]?.elements ?? []
        #expect(items.map { $0["subject"]?.string } == [#"User "bob""#, #"User "mallory""#])
        #expect(items[0]["granted"] == nil && items[1]["granted"]?["user"] == "eve")
        #expect(items.allSatisfy { $0["ended"]?["revision"] == .int(Int64(ended)) })
        #expect(AuditText.whoCould(spans, ink).contains("by eve"))
        // In another namespace, and for another verb, nobody.
        #expect(try ask([("from", "1"), ("namespace", "")])["items"]?.elements.count == 2)
        #expect(throws: APIError.self) { try past.ask("who-could", [("verb", "get")]) }
        #expect(throws: APIError.self) { try ask([("from", "\(ended)"), ("to", "1")]) }
    }

    @Test func theSmallestRolesHoldWhatWasDone() throws {
        let past = cluster()
        past.access("bob", "list", "/api/v1/namespaces/shop/pods", code: 200, authorization: allowed)
        past.access("bob", "watch", "/api/v1/namespaces/shop/pods", code: 200, authorization: allowed)
        past.access("bob", "get", "/api/v1/namespaces/shop/pods/p/log", code: 200, authorization: allowed)
        past.access("bob", "get", "/api/v1/namespaces/shop/pods/p/exec", code: 101, authorization: allowed)
        past.access("bob", "list", "/api/v1/nodes", code: 200, authorization: allowed)
        past.access("bob", "get", "/metrics", code: 200, authorization: allowed)
        past.access(
            "bob", "delete", "/api/v1/namespaces/shop/pods/p", code: 403,
            authorization: AuthorizationFacts(verdict: .denied, authorizer: "RBAC"))
        past.access("ann", "delete", "/api/v1/namespaces/shop/secrets/s", code: 200, authorization: allowed)
        past.write("bob", configMap("mine"), ["data": [:]], authorization: allowed)
        let answer = try past.ask("minimal", [("user", "bob")])
        #expect(answer["requests"] == 8 && answer["denied"] == 1)
        let items = answer["items"]?.elements ?? []
        #expect(items.map { $0["kind"]?.string } == ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"])
        #expect(
            items[0]["rules"]?.elements == [
                ["apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]],
                ["nonResourceURLs": ["/metrics"], "verbs": ["get"]],
            ])
        #expect(
            items[2]["rules"]?.elements == [
                ["apiGroups": [""], "resources": ["configmaps", "pods/exec"], "verbs": ["create"]],
                ["apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]],
                ["apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]],
            ])
        #expect(items[3]["subjects"]?[0]?["name"] == "bob" && items[3]["metadata", "namespace"] == "shop")
        // The right to deployments was never used.
        #expect(answer["unused"]?.elements.map { $0["rule", "resources"] } == [["deployments"]])
        #expect(AuditText.minimal(answer, ink).contains("held and not needed"))
        #expect(throws: APIError.self) { try past.ask("minimal", [("user", "nobody")]) }
    }

    @Test func sessionsSayWhatWasRun() throws {
        let past = Past()
        let pods = "/api/v1/namespaces/shop/pods"
        past.access("bob", "get", pods, code: 200, authorization: allowed)
        past.access(
            "bob", "get", pods + "/db/exec", code: 101, authorization: allowed,
            query: "command=sh&command=-c&command=ls+%2F&container=main&tty=true")
        past.access(
            "eve", "create", pods + "/db/exec", code: 403, reason: "Forbidden", query: "command=cat&command=a%27b")
        past.access("eve", "get", pods + "/db/portforward", code: 101, authorization: allowed)
        let answer = try past.ask("sessions", [])
        let items = answer["items"]?.elements ?? []
        #expect(items.map { $0["session"]?.string } == ["portforward", "exec", "exec"])
        #expect(items[2]["command"]?.strings == ["sh", "-c", "ls /"] && items[2]["container"] == "main")
        let text = AuditText.sessions(answer, ink)
        #expect(text.contains("sh -c 'ls /'") && text.contains(#"cat 'a'\''b'"#), "\(text)")
        let denied = try past.ask("sessions", [("denied", "true"), ("name", "db"), ("namespace", "shop")])
        #expect(denied["items"]?.elements.map { $0["user"]?.string } == ["eve"])
    }
}
