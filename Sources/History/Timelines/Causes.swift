import Document
public import Records

/// Why something happened: an event, the one that led to it, and so on back to a request from outside.
public struct Causes: Equatable, Sendable {
    /// The event asked about first, its causes after it.
    public private(set) var chain: [EventRecord] = []
    /// The revisions in the chain whose cause was not recorded but follows from the object: see `implied`.
    public private(set) var impliedOf: Set<UInt64> = []
    /// Whether the last of them has a cause that is no longer kept.
    public private(set) var isCut = false

    /// `event` finds a journal record by its revision; nil when it is no longer kept.
    public init<Failure>(
        of revision: UInt64, event: (UInt64) throws(Failure) -> EventRecord?
    ) throws(Failure) {
        var next: UInt64? = revision
        while let current = next {
            guard let record = try event(current) else {
                isCut = true
                return
            }
            chain.append(record)
            // A cause is always older: the chain ends.
            next = record.cause.flatMap { $0 < current && $0 > 0 ? $0 : nil }
            if next == nil, let implied = try Self.implied(record, event) {
                next = implied
                impliedOf.insert(current)
            }
        }
    }

    /// A kubelet acts on what others wrote to its pod: an act of a component without a recorded cause follows from the last version of
    /// the pod that somebody else made.
    static func implied<Failure>(
        _ record: EventRecord, _ event: (UInt64) throws(Failure) -> EventRecord?
    ) throws(Failure) -> UInt64? {
        guard record.authentication.user.name.hasPrefix("system:node:"),
            let pod = record.changes.first(where: { $0.key.resource == "pods" && $0.key.group.isEmpty })
        else { return nil }
        var previous = pod.previousRevision
        while previous > 0, let earlier = try event(previous) {
            if earlier.authentication.user.name != record.authentication.user.name { return previous }
            let older = earlier.changes.first { $0.key == pod.key }?.previousRevision ?? 0
            guard older < previous else { return nil }
            previous = older
        }
        return nil
    }
}
