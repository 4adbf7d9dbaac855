public import Document

/// One request and everything that came of it: who asked, how that was established, what was decided and why, and what changed.
/// The unit of the log; law 1 says that there is exactly one for each request.
public struct EventRecord: Equatable, Sendable {
    /// Which of the log's two streams holds this.
    public enum Stream: UInt8, Sendable {
        /// Requests that changed the cluster. `revision` numbers them from 1 without gaps and is the Kubernetes resourceVersion.
        case journal
        /// Every other request: `revision` is the one it saw, `ordinal` numbers those that saw the same one.
        case access
    }
    public var stream: Stream
    public var revision: UInt64
    public var ordinal: UInt64
    /// When the request was decided: microseconds since 1970, never before the record ahead of it.
    public var time: Timestamp
    /// The revision of the event that led to this request; nil when it came from outside.
    public var cause: UInt64?
    public var request: RequestFacts
    public var authentication: AuthenticationFacts
    public var authorization: AuthorizationFacts
    /// What admission did, in order: only plugins that changed, refused or warned.
    public var admission: [AdmissionFact]
    public var outcome: Outcome
    /// What changed, in order. Empty in the access stream.
    public var changes: [Change]
    /// A controller's or the scheduler's reasons, as JSON text; empty when there is none.
    public var decision: [UInt8]

    public init(
        stream: Stream, revision: UInt64, ordinal: UInt64 = 0, time: Timestamp, cause: UInt64? = nil,
        request: RequestFacts,
        authentication: AuthenticationFacts, authorization: AuthorizationFacts, admission: [AdmissionFact] = [],
        outcome: Outcome,
        changes: [Change] = [], decision: [UInt8] = []
    ) {
        self.stream = stream
        self.revision = revision
        self.ordinal = ordinal
        self.time = time
        self.cause = cause
        self.request = request
        self.authentication = authentication
        self.authorization = authorization
        self.admission = admission
        self.outcome = outcome
        self.changes = changes
        self.decision = decision
    }
}

/// The request as it arrived. No body: what it changed is in `changes`; no credential ever.
public struct RequestFacts: Equatable, Sendable {
    /// The `Audit-Id` of the answer: a UUID's 36 characters.
    public var auditID: String
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, `connect`; for other paths the HTTP method in lower case.
    public var verb: String
    public var path: String
    /// The raw query without `?`.
    public var query: String
    public var userAgent: String
    /// `10.0.0.7:51234`; empty for requests from inside the process.
    public var source: String
    /// As the client gave it; empty when it did not.
    public var fieldManager: String
    public init(
        auditID: String = "", verb: String, path: String, query: String = "", userAgent: String = "",
        source: String = "", fieldManager: String = ""
    ) {
        self.auditID = auditID
        self.verb = verb
        self.path = path
        self.query = query
        self.userAgent = userAgent
        self.source = source
        self.fieldManager = fieldManager
    }
}

/// Who a request speaks as: Kubernetes' `user.Info`.
public struct UserInfo: Hashable, Sendable {
    public var name: String
    public var uid: String
    public var groups: [String]
    /// In the byte order of the keys.
    public var extra: [Extra]
    public struct Extra: Hashable, Sendable {
        public var key: String
        public var values: [String]
        public init(key: String, values: [String]) {
            self.key = key
            self.values = values
        }
    }
    public init(name: String, uid: String = "", groups: [String] = [], extra: [Extra] = []) {
        self.name = name
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }
    public static let anonymous = UserInfo(name: "system:anonymous", groups: ["system:unauthenticated"])
}

/// How the user was established.
public struct AuthenticationFacts: Hashable, Sendable {
    /// Why an authenticator did not accept.
    public enum Refusal: UInt8, Sendable {
        case none, noCredential, malformed, badSignature, unknownKey, expired, notYetValid, wrongAudience, wrongIssuer,
            unknownCA, revoked,
            boundObjectGone, unknownToken, wrongUsage
    }
    public struct Verdict: Hashable, Sendable {
        /// `requestheader`, `x509`, `token-file`, `service-account`, `bootstrap-token`, `anonymous`, `internal`.
        public var authenticator: String
        public var refusal: Refusal
        public init(_ authenticator: String, _ refusal: Refusal) {
            self.authenticator = authenticator
            self.refusal = refusal
        }
    }
    /// The authenticator that accepted; empty when none did.
    public var authenticator: String
    public var user: UserInfo
    /// The first 16 hexadecimal digits of the credential's SHA-256; empty without a credential.
    public var fingerprint: String
    /// Every authenticator that looked, in order, when the request was refused.
    public var verdicts: [Verdict]
    /// The real user behind an impersonated one.
    public var impersonator: UserInfo?
    public init(
        authenticator: String, user: UserInfo, fingerprint: String = "", verdicts: [Verdict] = [],
        impersonator: UserInfo? = nil
    ) {
        self.authenticator = authenticator
        self.user = user
        self.fingerprint = fingerprint
        self.verdicts = verdicts
        self.impersonator = impersonator
    }
}

/// Whether the user might, and by which rule.
public struct AuthorizationFacts: Hashable, Sendable {
    public enum Verdict: UInt8, Sendable { case notAsked, allowed, denied }
    public var verdict: Verdict
    /// `RBAC`, `Node`, `privileged` (system:masters), `internal`, …
    public var authorizer: String
    /// The binding that allowed, `ClusterRoleBinding/cluster-admin`, and its revision.
    public var binding: String
    public var bindingRevision: UInt64
    /// The role and the place of its rule, `ClusterRole/cluster-admin#0`, and its revision.
    public var rule: String
    public var ruleRevision: UInt64
    /// Words for a person.
    public var reason: String
    public init(
        verdict: Verdict, authorizer: String = "", binding: String = "", bindingRevision: UInt64 = 0, rule: String = "",
        ruleRevision: UInt64 = 0,
        reason: String = ""
    ) {
        self.verdict = verdict
        self.authorizer = authorizer
        self.binding = binding
        self.bindingRevision = bindingRevision
        self.rule = rule
        self.ruleRevision = ruleRevision
        self.reason = reason
    }
    public static let notAsked = AuthorizationFacts(verdict: .notAsked)
}

/// What one admission plugin did.
public struct AdmissionFact: Equatable, Sendable {
    public enum Effect: UInt8, Sendable { case changed, refused, warned, answered }
    public var plugin: String
    public var effect: Effect
    /// Words, or a webhook's whole answer.
    public var detail: String
    public init(plugin: String, effect: Effect, detail: String = "") {
        self.plugin = plugin
        self.effect = effect
        self.detail = detail
    }
}

/// What the client was told.
public struct Outcome: Equatable, Sendable {
    /// The HTTP status code.
    public var code: Int
    /// The Status reason of a failure; empty on success.
    public var reason: String
    public init(code: Int, reason: String = "") {
        self.code = code
        self.reason = reason
    }
}

/// One object that a request created, updated or deleted.
public struct Change: Equatable, Sendable {
    public enum Kind: UInt8, Sendable { case created, updated, deleted }
    public var kind: Kind
    public var key: ObjectKey
    public var uid: String
    /// The revision of the version before this one; 0 for a creation.
    public var previousRevision: UInt64
    /// The object's whole encoding after the change, resourceVersion included; for a deletion, its last state with the
    /// deletion's resourceVersion.
    public var body: [UInt8]
    public init(kind: Kind, key: ObjectKey, uid: String, previousRevision: UInt64, body: [UInt8]) {
        self.kind = kind
        self.key = key
        self.uid = uid
        self.previousRevision = previousRevision
        self.body = body
    }
}

/// Where an object lives: its store (group and plural), namespace ("" for cluster scope) and name.
public struct ObjectKey: Hashable, Sendable, Comparable {
    public var group: String
    public var resource: String
    public var namespace: String
    public var name: String
    public init(group: String = "", resource: String, namespace: String = "", name: String) {
        self.group = group
        self.resource = resource
        self.namespace = namespace
        self.name = name
    }
    /// `deployments.apps/shop/web`, `nodes/n1`.
    public var description: String {
        let store = group.isEmpty ? resource : resource + "." + group
        return namespace.isEmpty ? "\(store)/\(name)" : "\(store)/\(namespace)/\(name)"
    }
    public static func < (a: Self, b: Self) -> Bool {
        (a.group, a.resource, a.namespace, a.name) < (b.group, b.resource, b.namespace, b.name)
    }
}
