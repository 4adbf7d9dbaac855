import Access
import Document
import Records
import Requests
import Schema
import Testing

@Suite struct ReviewTests {
    func answer(_ resource: String, _ object: JSON, namespace: String = "") throws -> JSON {
        let group =
            resource.hasSuffix("accessreviews") || resource == "selfsubjectrulesreviews"
            ? "authorization.k8s.io" : "authentication.k8s.io"
        let type = Catalog.builtin.resource(apiVersion: group + "/v1", resource)!
        let ground = ReviewGround(
            user: UserInfo(name: "alice", groups: ["devs"]), now: Timestamp(seconds: 0),
            authorize: { request in
                AuthorizationFacts(
                    verdict: request.user.name == "bob" && request.verb == "get" ? .allowed : .denied, reason: "")
            }, rules: { user, namespace in ["who": .string(user.name + "@" + namespace)] },
            authenticate: { token, audiences in
                token == "good"
                    ? .accepted(UserInfo(name: "bob"), audiences: audiences)
                    : .refused(["invalid bearer token", "more"])
            })
        return try Reviews.answer(type, object, namespace: namespace, ground)
    }

    @Test func access() throws {
        let question: JSON = ["spec": ["user": "bob", "resourceAttributes": ["verb": "get", "resource": "pods"]]]
        #expect(try answer("subjectaccessreviews", question)["status"] == ["allowed": true])
        #expect(try answer("selfsubjectaccessreviews", question)["status"] == ["allowed": false])
        #expect(
            try answer(
                "localsubjectaccessreviews",
                ["spec": ["user": "bob", "resourceAttributes": ["verb": "get", "namespace": "n"]]], namespace: "n")[
                    "status", "allowed"] == true)
        #expect(throws: APIError.self) { try answer("localsubjectaccessreviews", question, namespace: "n") }
        do {
            _ = try answer("subjectaccessreviews", ["spec": [:]])
        } catch let error as APIError {
            #expect(
                error.message
                    == ".authorization.k8s.io \"\" is invalid: [spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified, spec.user: Invalid value: \"\": at least one of user or group must be specified]"
            )
        }
    }

    @Test func tokensAndSubjects() throws {
        #expect(
            try answer("tokenreviews", ["spec": ["token": "good"]])["status"] == [
                "authenticated": true, "user": ["username": "bob"],
            ])
        #expect(
            try answer("tokenreviews", ["spec": ["token": "bad"]])["status"] == [
                "error": "[invalid bearer token, more]", "user": [:],
            ])
        #expect(
            try answer("selfsubjectreviews", [:])["status", "userInfo"] == ["username": "alice", "groups": ["devs"]])
        #expect(try answer("selfsubjectrulesreviews", ["spec": ["namespace": "n"]])["status"] == ["who": "alice@n"])
        #expect(throws: APIError.badRequest("no namespace on request")) { try answer("selfsubjectrulesreviews", [:]) }
    }
}
