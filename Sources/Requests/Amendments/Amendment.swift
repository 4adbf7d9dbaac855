public import Admission
import ClusterState
public import Document
public import Records
public import Schema

/// Several writes of one request: all of them in one event, or none. Each goes through admission like a request of its own.
public struct Amendment: Sendable {
    public enum Verb: String, Sendable { case create, update, delete }

    /// One object that is to be created, replaced or deleted.
    public struct Write: Equatable, Sendable {
        public var verb: Verb
        public var key: ObjectKey
        /// `status` when only that is replaced; empty for the object itself.
        public var subresource = ""
        /// The object in its storage version as it shall stand; `.null` for a deletion.
        public var object = JSON.null
        /// The uid that the object must still have to be replaced or deleted.
        public var uid = ""
        /// The uid under which an object that comes back was known: whatever names it is told the new one.
        public var formerUID = ""
        /// A status that comes back too: work that has ended is not done again.
        public var status = JSON.null

        public init(_ verb: Verb, _ key: ObjectKey) {
            self.verb = verb
            self.key = key
        }
    }

    /// A right that a write needs.
    public struct Right: Hashable, Sendable {
        public let verb: String
        public let key: ObjectKey
        public let subresource: String
        public init(_ write: Write) {
            verb = write.verb.rawValue
            key = write.key
            subresource = write.subresource
        }

        /// The same object's status, which comes back after it.
        var ofStatus: Right {
            var status = Amendment.Write(.update, key)
            status.subresource = "status"
            return Right(status)
        }
    }

    /// Says what to write, on the state that the writer decides on.
    public var plan: @Sendable (DecisionGround) throws(APIError) -> [Write]
    /// What the caller may do; a write outside of it is a conflict with somebody who was faster.
    public var rights: Set<Right>
    public var user: UserInfo
    /// Who owns the fields that are set.
    public var manager: String
    /// What new uids are drawn from.
    public var seed: UInt64
    /// Objects that cannot be written are left out instead of stopping everything.
    public var skipsRefused = false
    /// Nothing will be written: admission is told so.
    public var isDryRun = false
    /// What servers outside said about each write before this is decided, and the moment that they were told of.
    public internal(set) var answers: [Right: [WebhookAnswer]] = [:]
    public internal(set) var asked: Timestamp?

    public init(
        rights: Set<Right>, user: UserInfo, manager: String, seed: UInt64,
        plan: @escaping @Sendable (DecisionGround) throws(APIError) -> [Write]
    ) {
        self.plan = plan
        self.rights = rights
        self.user = user
        self.manager = manager
        self.seed = seed
    }

    /// Decides on that ground, at that moment. The answer lists what was refused under `refused`; everything else is in the changes.
    /// When servers outside must be asked first, the refusal says so in `wanted`: see `AmendmentTrial`.
    public func decide(on ground: DecisionGround, now: Timestamp) throws(Refusal) -> Decision {
        var amending = try Amending(self, ground, now)
        while amending.next < amending.writes.count { amending.advance() }
        return try amending.decision()
    }
}

extension Catalog {
    /// The resource whose objects a store holds, in the version that they are stored in.
    public func stored(_ store: GroupResource) -> ResourceType? {
        resources.first { $0.store == store && $0.apiVersion == $0.storageVersion }
            ?? resources.first { $0.store == store }
    }
}
