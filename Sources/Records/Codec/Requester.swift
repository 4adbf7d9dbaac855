/// Who asked and what allowed it: the part of a record that is the same for everything a client does.
struct Requester: Hashable, Sendable {
    var authentication: AuthenticationFacts
    var authorization: AuthorizationFacts
    var userAgent: String
    var fieldManager: String

    init(_ record: EventRecord) {
        authentication = record.authentication
        authorization = record.authorization
        userAgent = record.request.userAgent
        fieldManager = record.request.fieldManager
    }

    /// Whether the record is of this requester: quick when both share their strings' storage.
    func isOf(_ record: EventRecord) -> Bool {
        userAgent == record.request.userAgent && fieldManager == record.request.fieldManager
            && authorization == record.authorization && authentication == record.authentication
    }

    func write(into out: inout ByteWriter) {
        out.text(authentication.authenticator)
        Self.write(authentication.user, into: &out)
        out.text(authentication.fingerprint)
        out.count(authentication.verdicts.count)
        for verdict in authentication.verdicts {
            out.text(verdict.authenticator)
            out.bytes.append(verdict.refusal.rawValue)
        }
        out.bytes.append(authentication.impersonator == nil ? 0 : 1)
        if let impersonator = authentication.impersonator { Self.write(impersonator, into: &out) }
        out.bytes.append(authorization.verdict.rawValue)
        out.text(authorization.authorizer)
        out.text(authorization.binding)
        out.varint(authorization.bindingRevision)
        out.text(authorization.rule)
        out.varint(authorization.ruleRevision)
        out.text(authorization.reason)
        out.text(userAgent)
        out.text(fieldManager)
    }

    init(reading bytes: UnsafeRawBufferPointer) throws(RecordError) {
        var reader = ByteReader(bytes)
        let authenticator = try reader.text()
        let user = try Self.readUser(&reader)
        let fingerprint = try reader.text()
        var verdicts: [AuthenticationFacts.Verdict] = []
        for _ in 0..<(try reader.count()) {
            let name = try reader.text()
            guard let refusal = AuthenticationFacts.Refusal(rawValue: try reader.byte()) else {
                throw RecordError("an unknown refusal")
            }
            verdicts.append(.init(name, refusal))
        }
        let impersonator = try reader.byte() == 0 ? nil : try Self.readUser(&reader)
        authentication = AuthenticationFacts(
            authenticator: authenticator, user: user, fingerprint: fingerprint, verdicts: verdicts,
            impersonator: impersonator)
        guard let verdict = AuthorizationFacts.Verdict(rawValue: try reader.byte()) else {
            throw RecordError("an unknown verdict")
        }
        authorization = AuthorizationFacts(
            verdict: verdict, authorizer: try reader.text(), binding: try reader.text(),
            bindingRevision: try reader.varint(),
            rule: try reader.text(), ruleRevision: try reader.varint(), reason: try reader.text())
        userAgent = try reader.text()
        fieldManager = try reader.text()
    }

    private static func write(_ user: UserInfo, into out: inout ByteWriter) {
        out.text(user.name)
        out.text(user.uid)
        write(user.groups, into: &out)
        out.count(user.extra.count)
        for extra in user.extra {
            out.text(extra.key)
            write(extra.values, into: &out)
        }
    }
    private static func write(_ texts: [String], into out: inout ByteWriter) {
        out.count(texts.count)
        for text in texts { out.text(text) }
    }

    private static func readUser(_ reader: inout ByteReader) throws(RecordError) -> UserInfo {
        var user = UserInfo(name: try reader.text(), uid: try reader.text())
        user.groups = try readTexts(&reader)
        for _ in 0..<(try reader.count()) {
            user.extra.append(.init(key: try reader.text(), values: try readTexts(&reader)))
        }
        return user
    }
    private static func readTexts(_ reader: inout ByteReader) throws(RecordError) -> [String] {
        var texts: [String] = []
        for _ in 0..<(try reader.count()) { texts.append(try reader.text()) }
        return texts
    }
}
