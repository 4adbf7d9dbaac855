public import Admission
public import ClusterState
public import Document
public import Records
public import Schema

/// A request that may change the cluster, with everything that was gathered for it: decoded body, user, moment, seed. What it
/// leads to depends on this value and the state alone.
public struct WriteCommand: Sendable {
    public enum Verb: String, Sendable {
        case create, update, patch, delete, deletecollection
        /// Changes nothing: only asks admission, about a connection to a container or an object that is answered and not stored.
        case connect
    }
    public enum PatchType: String, Sendable {
        case json = "application/json-patch+json"
        case merge = "application/merge-patch+json"
        case strategic = "application/strategic-merge-patch+json"
        case apply = "application/apply-patch+yaml"
    }

    public var verb: Verb
    public var type: ResourceType
    /// Empty for the object itself.
    public var subresource: String
    public var namespace: String
    /// Empty for a create of the object itself and for a deletecollection.
    public var name: String
    /// As the client sent it; `.null` without a body.
    public var body: JSON
    /// Paths of members that the body held twice.
    public var duplicates: [String] = []
    public var patchType: PatchType = .merge
    public var isDryRun = false
    /// Part of a dry run of several writes: admission is told so, and the changes are worked out all the same for those that follow.
    public var isRehearsal = false
    public var fieldValidation = FieldValidation.warn
    /// `fieldManager` and `fieldValidation` as the client gave them; empty when it did not.
    public var said = (manager: "", validation: "")
    /// What servers outside were asked before this decision, and said.
    public var answers: [WebhookAnswer] = []
    /// Who owns the fields that are set: `fieldManager`, or the user agent's first word.
    public var manager: String
    /// Whether an apply takes over fields that others own.
    public var isForced = false
    public var deletion = DeleteOptions()
    /// Which objects a deletecollection takes; nil for all.
    public var matches: (@Sendable (StoredObject) -> Bool)?
    public var user: UserInfo
    public var now: Timestamp
    /// What UIDs, names, addresses and ports are drawn from.
    public var seed: UInt64

    public init(
        verb: Verb, type: ResourceType, subresource: String = "", namespace: String, name: String, body: JSON,
        manager: String, user: UserInfo,
        now: Timestamp, seed: UInt64
    ) {
        self.verb = verb
        self.type = type
        self.subresource = subresource
        self.namespace = namespace
        self.name = name
        self.body = body
        self.manager = manager
        self.user = user
        self.now = now
        self.seed = seed
    }
}

/// What a command leads to, before it is in the log.
public struct Decision: Sendable {
    /// 200 or 201.
    public var code: Int
    /// What the client is told: the object in the version it asked for, or a Status.
    public var answer: JSON
    /// The stored encoding when it is the answer as it stands, so that it need not be made again.
    public var stored: [UInt8]?
    /// In the order in which they happen; empty when nothing changes.
    public var changes: [Change] = []
    /// The trees of the changed objects, beside `changes`; used once by whoever applies them.
    public var documents: [JSON] = []
    public var admission: [AdmissionFact] = []
    /// Texts for `Warning` headers.
    public var warnings: [String] = []

    init(code: Int, answer: JSON) {
        self.code = code
        self.answer = answer
    }
}

/// A refusal, with what admission had done by then.
public struct Refusal: Error {
    public var error: APIError
    public var warnings: [String] = []
    public var admission: [AdmissionFact] = []
    /// Not empty when this is no refusal: these must be asked before the command can be decided.
    public var wanted: [WebhookCall] = []
    public init(
        error: APIError, warnings: [String] = [], admission: [AdmissionFact] = [], wanted: [WebhookCall] = []
    ) {
        self.error = error
        self.warnings = warnings
        self.admission = admission
        self.wanted = wanted
    }
    /// A refusal from outside the decision.
    public init(_ error: APIError) { self.init(error: error) }
}
