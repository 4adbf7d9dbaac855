import Document
import History
import Records
import Schema
import Testing

@Suite struct AuditTests {
    private func role(_ name: String) -> ObjectKey {
        ObjectKey(group: "rbac.authorization.k8s.io", resource: "roles", namespace: "shop", name: name)
    }
    private func binding(_ name: String) -> ObjectKey {
        ObjectKey(group: "rbac.authorization.k8s.io", resource: "rolebindings", namespace: "shop", name: name)
    }

    private func cluster() -> Past {
        let past = Past()
        past.write("ann", configMap("c"), ["data": [:]])
        past.access(
            "", "list", "/api/v1/pods", code: 401, reason: "Unauthorized",
            authentication: AuthenticationFacts(
                authenticator: "", user: UserInfo(name: ""), fingerprint: "aa",
                verdicts: [.init("token-file", .unknownToken), .init("service-account", .malformed)]))
        past.access(
            "bob", "get", "/api/v1/namespaces/shop/configmaps/c", code: 403, reason: "Forbidden",
            authorization: AuthorizationFacts(verdict: .denied, authorizer: "RBAC"))
        past.write(
            "ann", role("reader"), ["rules": [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]]]])
        past.write(
            "ann", binding("b"),
            [
                "roleRef": ["kind": "Role", "name": "reader"],
                "subjects": [["kind": "User", "name": "bob"]],
            ])
        past.access("bob", "get", "/api/v1/namespaces/shop/configmaps/c", code: 200)
        past.write("ann", binding("b"), nil)
        return past
    }

    @Test func theStreamsMergeNewestFirstAndPage() throws {
        let past = cluster()
        func ids(_ parameters: [(String, String)]) throws -> [String] {
            try past.ask("audit", parameters)["items"]?.elements.compactMap { $0["auditID"]?.string } ?? []
        }
        let whole = ["audit-4", "access-3", "audit-3", "audit-2", "access-2", "access-1", "audit-1"]
        #expect(try ids([]) == whole)
        #expect(try ids([("user", "bob")]) == ["access-3", "access-2"])
        #expect(try ids([("denied", "true")]) == ["access-2"])
        #expect(try ids([("failedLogins", "true")]) == ["access-1"])
        #expect(try ids([("resource", "cm"), ("verb", "get")]) == ["access-3", "access-2"])
        #expect(try ids([("code", "4xx")]) == ["access-2", "access-1"])
        #expect(try ids([("writes", "true"), ("since", "3")]) == ["audit-4", "audit-3"])
        var pages: [String] = []
        var token = ""
        repeat {
            let answer = try past.ask("audit", [("limit", "2"), ("continue", token)])
            pages += answer["items"]?.elements.compactMap { $0["auditID"]?.string } ?? []
            token = answer["continue"]?.string ?? ""
        } while !token.isEmpty
        #expect(pages == whole)
        #expect(throws: APIError.self) { try past.ask("audit", [("continue", "x")]) }
    }

    @Test func everyAuthenticatorsReasonIsTold() throws {
        let past = cluster()
        let login = try past.ask("explain", [("id", "access-1")])
        #expect(
            login["event"]?["verdicts"]?.elements.compactMap { $0["refusal"]?.string } == ["unknownToken", "malformed"])
        #expect(AuditText.explain(login, ink).contains("no such token"))
        #expect(AuditText.list(try past.ask("audit", []), ink).contains("token-file: no such token"))
        #expect(throws: APIError.self) { try past.ask("explain", [("id", "none")]) }
        // Nobody could then.
        let denied = try past.ask("explain", [("id", "access-2")])
        #expect(denied["access"]?["allowed"] == false)
        #expect(denied["access"]?["whoCan"]?.elements.isEmpty == true)
    }

    @Test func accessIsAskedOfThePast() throws {
        let past = cluster()
        func can(_ at: String) throws -> JSON {
            try past.ask(
                "can",
                [
                    ("user", "bob"), ("verb", "get"), ("resource", "configmaps"), ("namespace", "shop"), ("name", "c"),
                    ("at", at),
                ])
        }
        #expect(try [1, 2, 3, 4].map { try can("\($0)")["allowed"] } == [false, false, true, false])
        let allowed = try can("3")
        #expect(allowed["binding"] == "RoleBinding/shop/b" && allowed["bindingRevision"] == 3)
        #expect(allowed["bindingBy"]?["user"] == "ann")
        #expect(allowed["rule"] == "Role/shop/reader#0" && allowed["ruleBy"]?["revision"] == 2)
        let text = AuditText.verdict(allowed, ink)
        #expect(text.contains("yes") && text.contains("created rolebinding b by ann"))
        #expect(AuditText.verdict(try can("4"), ink).contains("no: User \"bob\" cannot get resource"))
    }
}
