public import Admission
public import ClusterState
import Document
import Records
public import Schema

/// What a write is decided on: one state and what is served at it.
public struct DecisionGround: Sendable {
    public var state: ClusterState
    public var catalog: Catalog
    public var settings: ClusterSettings
    /// The webhooks that must be heard; none before the server can call them.
    public var webhooks: WebhookDirectory
    public init(
        state: ClusterState, catalog: Catalog, settings: ClusterSettings, webhooks: WebhookDirectory = .none
    ) {
        self.state = state
        self.catalog = catalog
        self.settings = settings
        self.webhooks = webhooks
    }
}

/// Decides what a write leads to on that ground. Pure: the same command on the same ground always decides the same.
/// The changes are at the revision after the state's. When servers outside must be asked first, the refusal says so in `wanted`:
/// the command is to be decided again with their answers.
public func decide(_ command: WriteCommand, on ground: DecisionGround) throws(Refusal) -> Decision {
    var write = Write(command, ground)
    do throws(APIError) {
        return try write.perform()
    } catch {
        throw Refusal(
            error: error, warnings: write.warnings, admission: write.facts, wanted: error.isWaiting ? write.wanted : [])
    }
}

extension Write {
    mutating func perform() throws(APIError) -> Decision {
        switch (command.type.store.resource, command.subresource, command.verb) {
        case (_, _, .connect): return try connect()
        case ("pods", "binding", .create), ("bindings", "", .create): return try bind()
        case ("pods", "eviction", .create): return try evict()
        case (_, "scale", .update), (_, "scale", .patch): return try updateScale()
        case (_, "", .create): return try create()
        case (_, _, .update): return try update()
        case (_, _, .patch): return try patch()
        case (_, "", .delete): return try delete()
        case (_, "", .deletecollection): return try deleteCollection()
        default:
            throw APIError(
                code: 405, reason: "MethodNotAllowed",
                message: "the server does not allow this method on the requested resource")
        }
    }
}
