public import ClusterState
public import Document
public import Records
public import Schema
public import TimeZones

/// What writing needs to know besides the object itself. Every ambient fact is a value in here (law 3).
public struct WriteContext: Sendable {
    /// The state the write is decided on.
    public let state: ClusterState
    public let catalog: Catalog
    public let now: Timestamp
    public let user: UserInfo
    /// Numbers drawn from the request's recorded seed: names, addresses, ports.
    public var random: RandomSequence
    public let settings: ClusterSettings
    public let isDryRun: Bool
    /// Part of a dry run of several writes, which see what those before them would have changed.
    public var isRehearsal = false
    /// What admission is told: nothing will come of it.
    var isWithoutEffect: Bool { isDryRun || isRehearsal }
    /// The webhooks that the state's configurations list.
    public var webhooks = WebhookDirectory.none
    /// What servers outside were asked before this decision, and said.
    public var answers: [WebhookAnswer] = []
    /// The object was sent with labels of its own, so that any it has are not from its defaults.
    public var isLabelledBySender = false
    /// The operation's options as reviews show them: `CreateOptions`, …; `.null` for none.
    public var options = JSON.null

    public init(
        state: ClusterState, catalog: Catalog, now: Timestamp, user: UserInfo, random: RandomSequence,
        settings: ClusterSettings, isDryRun: Bool
    ) {
        self.state = state
        self.catalog = catalog
        self.now = now
        self.user = user
        self.random = random
        self.settings = settings
        self.isDryRun = isDryRun
    }
}

/// The cluster's settings that decisions depend on.
public struct ClusterSettings: Sendable {
    /// `10.96.0.0/16`.
    public var serviceClusterIPRange: String
    /// The inclusive range of node ports.
    public var nodePorts: ClosedRange<Int>
    /// The issuer of service-account tokens.
    public var serviceAccountIssuer: String
    /// The rules of a zone of the tz database, for expressions; nil for a name that is none.
    public var timeZone: @Sendable (String) -> TimeZoneRules? = { _ in nil }
    /// What was compiled of policies and definitions before.
    public var compiled: any CompiledObjects = NothingCompiled()
    public init(
        serviceClusterIPRange: String = "10.96.0.0/16", nodePorts: ClosedRange<Int> = 30000...32767,
        serviceAccountIssuer: String = "https://kubernetes.default.svc"
    ) {
        self.serviceClusterIPRange = serviceClusterIPRange
        self.nodePorts = nodePorts
        self.serviceAccountIssuer = serviceAccountIssuer
    }
}

/// A reproducible sequence of numbers (SplitMix64) from one recorded seed.
public struct RandomSequence: RandomNumberGenerator, Sendable {
    private var state: UInt64
    public init(seed: UInt64) { state = seed }
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    /// A UUID of version 4.
    public mutating func uuid() -> String {
        let high = next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return String(unsafeUninitializedCapacity: 36) { out in
            var at = 0
            for digit in 0..<32 {
                if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                    out[at] = UInt8(ascii: "-")
                    at += 1
                }
                let word = digit < 16 ? high : low
                let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (digit & 15))) & 15
                out[at] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
                at += 1
            }
            return at
        }
    }
    /// Letters and digits that spell no words, as Kubernetes appends to `generateName`.
    public mutating func suffix(_ length: Int = 5) -> String {
        let letters = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
        var out: [UInt8] = []
        for _ in 0..<length { out.append(letters[Int(next() % UInt64(letters.count))]) }
        return String(decoding: out, as: UTF8.self)
    }
}

/// What is particular to one kind when it is written: upstream's defaulting functions and registry strategy. The verbs call, in
/// this order: `setDefaults`, admission's mutation, `prepareFor…`, `validate…`; everything that all kinds share (metadata,
/// generation, managed fields, finalizers, resourceVersion) is the verbs' own work.
public protocol KindRules: Sendable {
    /// Fills in what a client may leave out; called on every object read from a request, after the schema's own defaults.
    func setDefaults(_ object: inout JSON)
    /// Clears what a client may not set (status on create), allocates what the server gives (addresses, ports).
    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError)
    /// `subresource` is "" for the object itself, else `status`, `scale`, `resize`, `ephemeralcontainers`, `approval`, `finalize`, …: keeps from `old` what this
    /// endpoint may not change.
    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    /// Everything wrong with a new object besides its ObjectMeta, in upstream's order.
    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError]
    /// Everything wrong with a changed one, immutable fields included.
    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError]
    /// Texts for `Warning` headers.
    func warnings(_ object: JSON, old: JSON?) -> [String]
    /// Which name rule `metadata.name` follows.
    var nameRule: NameRule { get }
    /// Whether PUT to a name that does not exist creates it (Lease, Endpoints, Event, …).
    var allowsCreateOnUpdate: Bool { get }
    /// Whether a finalizer without a domain must be one of Kubernetes' own; some kinds, and custom resources, take any.
    var checksStandardFinalizers: Bool { get }
    /// Whether what is stored is defaulted once more: the answer shows what was read back from the store.
    var isDefaultedWhenStored: Bool { get }
    /// Whether PUT without a resourceVersion is allowed.
    var allowsUnconditionalUpdate: Bool { get }
    /// Paths outside `metadata` whose change does not raise `generation`; nil for kinds without generation.
    var countsGeneration: Bool { get }
}

/// The rule for an object's name.
public enum NameRule: Sendable {
    case dnsSubdomain, dnsLabel, dns1035Label, pathSegment
    /// A DNS subdomain whose length is counted in bytes in the message: kinds with upstream's declarative validation.
    case longName
    /// An IP address in its one canonical form.
    case address
}

extension KindRules {
    public func setDefaults(_ object: inout JSON) {}
    public func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {}
    public func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {}
    public func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] { [] }
    public func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError]
    { [] }
    public func warnings(_ object: JSON, old: JSON?) -> [String] { [] }
    public var nameRule: NameRule { .dnsSubdomain }
    public var allowsCreateOnUpdate: Bool { false }
    public var checksStandardFinalizers: Bool { true }
    public var isDefaultedWhenStored: Bool { false }
    public var allowsUnconditionalUpdate: Bool { true }
    public var countsGeneration: Bool { true }
}

/// One write as admission plugins see it.
public struct AdmissionRequest: Sendable {
    public enum Operation: String, Sendable {
        case create = "CREATE"
        case update = "UPDATE"
        case delete = "DELETE"
        case connect = "CONNECT"
    }
    public let operation: Operation
    public let type: ResourceType
    public let subresource: String
    public let namespace: String
    public let name: String
    /// The new object (a Binding, Scale, Eviction, TokenRequest for such subresources); `.null` for a delete.
    public var object: JSON
    /// The object as it is; `.null` for a create.
    public internal(set) var old: JSON
    public var context: WriteContext
    /// What plugins did, in order.
    public var facts: [AdmissionFact] = []
    public var warnings: [String] = []
    /// Other objects that this request changes along with its own (a quota's usage), whole and ready to store.
    public var sideWrites: [(type: ResourceType, object: JSON)] = []
    /// What must be asked outside before this can be decided; `APIError.waiting` is thrown with it.
    public var wanted: [WebhookCall] = []
    var reinvocation = Reinvocation()

    public init(
        operation: Operation, type: ResourceType, subresource: String, namespace: String, name: String, object: JSON,
        old: JSON, context: WriteContext
    ) {
        self.operation = operation
        self.type = type
        self.subresource = subresource
        self.namespace = namespace
        self.name = name
        self.object = object
        self.old = old
        self.context = context
    }
}

/// A built-in admission plugin.
public protocol AdmissionPlugin: Sendable {
    /// Upstream's name, `LimitRanger`.
    var name: String { get }
    /// Changes `request.object`, or refuses.
    func mutate(_ request: inout AdmissionRequest) throws(APIError)
    /// Refuses, or says nothing; may add `sideWrites`.
    func validate(_ request: inout AdmissionRequest) throws(APIError)
}

extension AdmissionPlugin {
    public func mutate(_ request: inout AdmissionRequest) throws(APIError) {}
    public func validate(_ request: inout AdmissionRequest) throws(APIError) {}
}
