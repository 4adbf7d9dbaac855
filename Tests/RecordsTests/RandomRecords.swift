import Document
import Records

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func chance(_ percent: UInt64) -> Bool { next() % 100 < percent }
    mutating func text(_ most: Int) -> String {
        String(
            (0..<Int(next() % UInt64(most + 1))).map { _ in
                ["a", "b", "/", "ü", "é", "9", "\u{0}", "-"].randomElement(using: &self)!
            }.joined())
    }
    mutating func uuid() -> String {
        var hex = ""
        for i in 0..<32 {
            if [8, 12, 16, 20].contains(i) { hex += "-" }
            hex += String(next() % 16, radix: 16)
        }
        return hex
    }
    mutating func user() -> UserInfo {
        var user = UserInfo(
            name: ["admin", "system:node:n1", text(6)].randomElement(using: &self)!, uid: chance(30) ? text(9) : "")
        user.groups = chance(80) ? ["system:authenticated", text(3)] : []
        if chance(30) { user.extra = [.init(key: "k", values: [text(4), text(4)])] }
        return user
    }
}

/// Records with every field in use now and then.
struct RandomRecords {
    var random: SeededGenerator

    mutating func record(_ stream: EventRecord.Stream, revision: UInt64, time: Timestamp) -> EventRecord {
        var request = RequestFacts(
            auditID: random.chance(80) ? random.uuid() : random.text(40),
            verb: ["get", "update", random.text(5)].randomElement(using: &random)!,
            path: "/" + random.text(12))
        if random.chance(50) { request.query = random.text(10) }
        if random.chance(70) { request.userAgent = "kubectl/v1.36.2" }
        if random.chance(70) { request.source = "10.0.0.1:\(random.next() % 4)" }
        if random.chance(30) { request.fieldManager = random.text(8) }
        var authentication = AuthenticationFacts(
            authenticator: "x509", user: random.user(), fingerprint: random.chance(50) ? "0123456789abcdef" : "")
        if random.chance(30) { authentication.verdicts = [.init("x509", .expired), .init("anonymous", .none)] }
        if random.chance(20) { authentication.impersonator = random.user() }
        var record = EventRecord(
            stream: stream, revision: revision, time: time,
            cause: random.chance(30) ? random.next() % (revision + 1) : nil, request: request,
            authentication: authentication,
            authorization: random.chance(20)
                ? .notAsked
                : AuthorizationFacts(
                    verdict: .allowed, authorizer: "RBAC", binding: "ClusterRoleBinding/x", bindingRevision: 4,
                    rule: "ClusterRole/x#0",
                    ruleRevision: 3, reason: random.text(20)),
            outcome: Outcome(
                code: [200, 201, 409, 500, 0, -1].randomElement(using: &random)!,
                reason: random.chance(20) ? "Conflict" : ""))
        if random.chance(20) {
            record.admission = [AdmissionFact(plugin: "LimitRanger", effect: .changed, detail: random.text(9))]
        }
        if random.chance(20) { record.decision = Array(#"{"why":1}"#.utf8) }
        return record
    }
}
