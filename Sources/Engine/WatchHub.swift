public import ClusterState
import DequeModule
import EventLog
public import Records
public import Schema

/// One version of one object on its way to watchers. `shared` holds what the first of them encoded, so that the others copy it.
public final class WatchItem: @unchecked Sendable {
    public let revision: UInt64
    public let change: Change
    /// nil for a creation.
    public let previous: StoredObject?
    /// nil for a deletion.
    public let current: StoredObject?
    /// Encodings by whatever key the watchers agree on. Touched on the publisher's thread only.
    public var shared: [Int: AnyObject] = [:]

    public init(revision: UInt64, change: Change, previous: StoredObject?, current: StoredObject?) {
        self.revision = revision
        self.change = change
        self.previous = previous
        self.current = current
    }
}

/// Somebody who watches one store. All calls come on the publisher's thread, in the order of revisions.
public protocol WatchClient: AnyObject, Sendable {
    var store: GroupResource { get }
    /// nil for all namespaces.
    var namespace: String? { get }
    /// Changes of the store and namespace, each once, ascending. False ends the watch.
    func deliver(_ items: [WatchItem]) -> Bool
    /// Everything up to `revision` was delivered: a good moment for a bookmark. False ends the watch.
    func reached(_ revision: UInt64) -> Bool
    /// The server stops.
    func end()
}

/// Who watches what, and the newest events for those who come back.
final class WatchHub: @unchecked Sendable {
    static let bookmarkMicroseconds: Int64 = 30_000_000
    /// Changes kept in memory for watches that start a little in the past.
    static let recentItemsMax = 8192

    /// Only the publisher's thread touches what follows.
    private var clients: [GroupResource: [ObjectIdentifier: any WatchClient]] = [:]
    private var recent = Deque<WatchItem>()
    /// Every change after this revision is in `recent`.
    private(set) var recentFloor: UInt64
    private(set) var revision: UInt64

    init(revision: UInt64) {
        self.revision = revision
        recentFloor = revision
    }

    func publish(_ events: [CommittedEvent]) {
        var byStore: [GroupResource: [WatchItem]] = [:]
        for event in events {
            for version in event.versions {
                let item = WatchItem(
                    revision: event.record.revision, change: version.change, previous: version.previous,
                    current: version.current)
                recent.append(item)
                byStore[
                    version.change.key.store, default: []
                ].append(item)
            }
            revision = event.record.revision
        }
        while recent.count > Self.recentItemsMax {
            recentFloor = recent[0].revision
            while let first = recent.first, first.revision <= recentFloor { recent.removeFirst() }
        }
        for (store, items) in byStore {
            guard let watchers = clients[store], !watchers.isEmpty else { continue }
            for (id, client) in watchers {
                if !deliver(items, to: client) { clients[store]?[id] = nil }
            }
        }
    }

    private func deliver(_ items: [WatchItem], to client: any WatchClient) -> Bool {
        guard let namespace = client.namespace else { return client.deliver(items) }
        let wanted = items.filter { $0.change.key.namespace == namespace }
        return wanted.isEmpty ? true : client.deliver(wanted)
    }

    /// Joins a client that has seen everything up to `from`; false when that is too far back for memory.
    func join(_ client: any WatchClient, from start: UInt64) -> Bool {
        guard start >= recentFloor else { return false }
        let missed = Array(recent).filter {
            $0.revision > start && $0.change.key.resource == client.store.resource
                && $0.change.key.group == client.store.group
        }
        if !missed.isEmpty, !deliver(missed, to: client) { return true }
        guard client.reached(revision) else { return true }
        clients[client.store, default: [:]][ObjectIdentifier(client)] = client
        return true
    }

    func leave(_ client: any WatchClient) { clients[client.store]?[ObjectIdentifier(client)] = nil }

    func sendBookmarks() {
        for (store, watchers) in clients {
            for (id, client) in watchers where !client.reached(revision) { clients[store]?[id] = nil }
        }
    }

    func endAll() {
        for client in clients.values.flatMap(\.values) { client.end() }
        clients = [:]
    }

    var count: Int { clients.values.reduce(0) { $0 + $1.count } }
}

extension Engine {
    /// Starts a watch for a client that has seen everything up to `start`. Changes since then come first, from memory or from the log,
    /// then those that follow, none missed and none twice.
    public func watch(_ client: any WatchClient, from start: UInt64) {
        onPublisher { [self] in
            if !hub.join(client, from: start) { catchUp(client, from: start) }
        }
    }

    /// Ends a watch; nothing is delivered once the publisher has seen this.
    public func unwatch(_ client: any WatchClient) {
        onPublisher { [self] in hub.leave(client) }
    }

    /// The changes of a store that the log holds after one revision and up to another.
    func history(of store: GroupResource, after start: UInt64, through end: UInt64) throws(LogError) -> [WatchItem] {
        var items: [WatchItem] = []
        var next = start + 1
        while next <= end {
            let events = try log.events(from: next, limit: 1024)
            guard let last = events.last else { break }
            for event in events where event.revision <= end {
                for change in event.changes
                where change.key.resource == store.resource && change.key.group == store.group {
                    let previous =
                        change.previousRevision > 0 ? try log.object(change.key, at: change.previousRevision) : nil
                    let current =
                        change.kind == .deleted
                        ? nil
                        : StoredObject(key: change.key, uid: change.uid, revision: event.revision, body: change.body)
                    items.append(
                        WatchItem(revision: event.revision, change: change, previous: previous, current: current))
                }
            }
            next = last.revision + 1
        }
        return items
    }

    /// Reads the changes that memory no longer holds from the log, on a thread of its own, then joins.
    private func catchUp(_ client: any WatchClient, from start: UInt64) {
        _ = EngineThread { [self] in
            var reached = start
            while true {
                let target = snapshot.revision
                guard let items = try? history(of: client.store, after: reached, through: target) else {
                    client.end()
                    return
                }
                let wanted =
                    client.namespace.map { namespace in items.filter { $0.change.key.namespace == namespace } } ?? items
                if !wanted.isEmpty, !client.deliver(wanted) { return }
                reached = target
                if target + UInt64(WatchHub.recentItemsMax / 4) >= snapshot.revision { break }
            }
            watch(client, from: reached)
        }
    }
}
