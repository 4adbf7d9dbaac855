public import Document
public import Records
public import Usage

/// One reconciliation while it is being written: the key, why it is dirty, and the requests that come of it.
public struct Work: Sendable {
    /// A request and the Events that its answer calls for.
    public struct Request: Sendable {
        public var intent: Intent
        /// Emitted when the request succeeded; `{}` in the message stands for the answered object's name.
        public var onSuccess: EventNote?
        /// Emitted when it was refused; `{}` stands for the refusal's message.
        public var onFailure: EventNote?
        /// For the controller's own use in `answered`.
        public var tag: String
        /// A refusal with one of these codes is an answer like any other and does not make the key be tried again.
        public var tolerates: Set<Int>
    }

    public let key: ObjectKey
    /// The revision of the event that made the key dirty.
    public let cause: UInt64?
    public let now: Timestamp
    /// How many times in a row the key failed before this.
    public let failures: Int
    /// What the pods use that the controller asked about; nil when it did not ask, or nobody measures.
    public let usages: [PodUsage]?
    public var requests: [Request] = []
    public var events: [EventNote] = []
    /// Microseconds until the key is looked at again without a change.
    public private(set) var requeueAfter: Int64?
    /// The key is to be tried again with growing delay although nothing was refused.
    public var retry = false
    /// What was looked at and why this was decided; recorded with each request.
    public var decision: JSON = .null

    public init(
        key: ObjectKey, cause: UInt64?, now: Timestamp, failures: Int = 0, usages: [PodUsage]? = nil
    ) {
        self.usages = usages
        self.key = key
        self.cause = cause
        self.now = now
        self.failures = failures
    }

    /// Looks again after that many microseconds at the latest.
    public mutating func requeue(after delay: Int64) {
        requeueAfter = min(requeueAfter ?? .max, max(delay, 1000))
    }

    package mutating func send(
        _ intent: Intent, success: EventNote? = nil, failure: EventNote? = nil, tag: String = "",
        tolerating: Set<Int> = []
    ) {
        var intent = intent
        if intent.cause == nil { intent.cause = cause }
        requests.append(
            Request(intent: intent, onSuccess: success, onFailure: failure, tag: tag, tolerates: tolerating))
    }
    package mutating func create(
        _ resource: String, _ object: JSON, success: EventNote? = nil, failure: EventNote? = nil, tag: String = "",
        tolerating: Set<Int> = []
    ) {
        send(
            Intent(
                .create(object), apiVersion: object["apiVersion"]?.string ?? "v1", resource: resource,
                namespace: object.objectNamespace),
            success: success, failure: failure, tag: tag, tolerating: tolerating)
    }
    /// PUT of the whole object, which carries the resourceVersion it was read at.
    package mutating func update(
        _ resource: String, _ object: JSON, subresource: String = "", success: EventNote? = nil,
        failure: EventNote? = nil,
        tag: String = "", tolerating: Set<Int> = []
    ) {
        send(
            Intent(
                .update(object), apiVersion: object["apiVersion"]?.string ?? "v1", resource: resource,
                namespace: object.objectNamespace,
                name: object.objectName, subresource: subresource), success: success, failure: failure, tag: tag,
            tolerating: tolerating)
    }
    package mutating func patch(
        _ apiVersion: String, _ resource: String, _ namespace: String, _ name: String, _ type: Intent.PatchType,
        _ body: JSON,
        subresource: String = "", success: EventNote? = nil, failure: EventNote? = nil, tag: String = "",
        tolerating: Set<Int> = []
    ) {
        send(
            Intent(
                .patch(type, body), apiVersion: apiVersion, resource: resource, namespace: namespace, name: name,
                subresource: subresource),
            success: success, failure: failure, tag: tag, tolerating: tolerating)
    }
    /// DELETE, only of the object with that uid.
    package mutating func delete(
        _ apiVersion: String, _ resource: String, _ namespace: String, _ name: String, uid: String = "",
        policy: String? = nil,
        grace: Int64? = nil, revision: String? = nil, success: EventNote? = nil, failure: EventNote? = nil,
        tag: String = ""
    ) {
        var options: JSON = .null
        if !uid.isEmpty { options["preconditions", "uid"] = .string(uid) }
        if let revision { options["preconditions", "resourceVersion"] = .string(revision) }
        if let policy { options["propagationPolicy"] = .string(policy) }
        if let grace { options["gracePeriodSeconds"] = .int(grace) }
        if !options.isNull {
            options["kind"] = "DeleteOptions"
            options["apiVersion"] = "v1"
        }
        send(
            Intent(.delete(options), apiVersion: apiVersion, resource: resource, namespace: namespace, name: name),
            success: success,
            failure: failure, tag: tag, tolerating: [404])
    }
    package mutating func note(_ event: EventNote) { events.append(event) }
}
