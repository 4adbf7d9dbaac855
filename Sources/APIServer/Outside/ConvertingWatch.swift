import ClusterState
import Dispatch
import Engine
import Records
import Schema
import Synchronization

/// A watch of custom resources whose version a webhook makes: events wait for it in their order, off the publisher's thread.
final class ConvertingWatch: WatchClient, @unchecked Sendable {
    /// Changes that wait at most; a webhook that falls further behind costs the watch.
    private static let waitingMax = 4096

    /// Touched on `order` only, once the watch has begun.
    private let stream: WatchStream
    private let conversions: Conversions
    private let type: ResourceType
    private let order = DispatchQueue(label: "reckon-converting-watch")
    private let waiting = Atomic<Int>(0)

    init(_ stream: WatchStream, _ conversions: Conversions, _ type: ResourceType) {
        self.stream = stream
        self.conversions = conversions
        self.type = type
    }

    var store: GroupResource { stream.store }
    var namespace: String? { stream.namespace }

    func deliver(_ items: [WatchItem]) -> Bool {
        if stream.isClosed { return false }
        guard waiting.add(items.count, ordering: .relaxed).newValue <= Self.waitingMax else {
            stream.finish()
            return false
        }
        order.async { [self] in
            defer { waiting.subtract(items.count, ordering: .relaxed) }
            do throws(APIError) {
                _ = stream.deliver(try converted(items))
            } catch {
                stream.fail(error)
            }
        }
        return true
    }

    func reached(_ revision: UInt64) -> Bool {
        if stream.isClosed { return false }
        order.async { [self] in _ = stream.reached(revision) }
        return true
    }

    func end() { order.async { [self] in stream.end() } }

    /// The same changes with every version of the objects as the watch shows them.
    private func converted(_ items: [WatchItem]) throws(APIError) -> [WatchItem] {
        var objects: [StoredObject] = []
        for item in items {
            let change = item.change
            // What a change leaves behind is what is stored then; only a deletion leaves something of its own.
            objects.append(
                item.current
                    ?? StoredObject(key: change.key, uid: change.uid, revision: item.revision, body: change.body))
            if let previous = item.previous { objects.append(previous) }
        }
        var shown = try conversions.converted(objects, to: type)[...]
        return items.map { item in
            var change = item.change
            let left = shown.removeFirst()
            change.body = left.body
            let previous = item.previous == nil ? nil : shown.removeFirst()
            return WatchItem(
                revision: item.revision, change: change, previous: previous,
                current: item.current == nil ? nil : left)
        }
    }
}
