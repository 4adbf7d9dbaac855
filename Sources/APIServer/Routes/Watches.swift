import ClusterState
import Document
import Engine
import HTTPEdge
import NIOCore
import Records
import Requests
import Schema
import Synchronization

/// watch: the present state first when it is asked for, then every change once, in order, until somebody leaves.
extension APIServer {
    func watch(_ exchange: Exchange, _ type: ResourceType, _ snapshot: Snapshot) throws(APIError) {
        let info = exchange.info
        let format = try format(exchange, type, isList: true, isWatch: true)
        let options = try ListOptions(info.query, isWatch: true)
        let selection = try Selection(
            type, namespace: info.namespace, name: info.nameIsInPath ? info.name : "", options: options,
            state: snapshot.state)
        let start: UInt64?
        do throws(APIError) {
            start = try WatchFilter.start(
                options, current: snapshot.revision, floor: engine.logFloor(of: type.store))
        } catch {
            if error.code != 410 { throw error }
            // A watch that cannot go on says so inside the stream.
            exchange.responder.startStream(200, exchange.headers(format.watchContentType))
            let refusal = WatchFilter(selection, format: format, query: info.query, state: snapshot.state).error(error)
            exchange.responder.write(ByteBuffer(bytes: refusal))
            exchange.responder.end()
            return
        }
        let filter = WatchFilter(selection, format: format, query: info.query, state: snapshot.state)
        let stream = WatchStream(
            exchange.responder, filter, clock: { [engine] in engine.now }, sendsBookmarks: options.allowsWatchBookmarks,
            sent: streamMetrics.events(exchange.labels))
        let client: any WatchClient =
            Conversions.mayBeNeeded(type) ? ConvertingWatch(stream, conversions, type) : stream
        exchange.responder.startStream(200, exchange.headers(format.watchContentType))
        exchange.count(200, isTimed: false)
        let labels = exchange.labels
        streamMetrics.began(labels)
        stream.whenOver { [self] in
            engine.unwatch(client)
            streamMetrics.ended(labels)
            // The other half of what the log knows of a watch: that it was closed.
            var facts = exchange.facts()
            facts.verb = "watch-closed"
            engine.note(
                AccessEntry(
                    revision: engine.snapshot.revision, request: facts, authentication: exchange.authentication,
                    authorization: exchange.authorization, outcome: Outcome(code: 200)))
        }
        exchange.responder.onClose { stream.isOver() }
        let seconds =
            options.timeoutSeconds.map { min($0, Limits.watchSecondsMax) } ?? Int64.random(in: Limits.watchSeconds)
        exchange.responder.eventLoop.scheduleTask(in: .seconds(max(seconds, 0))) { stream.finish() }

        if let start {
            engine.watch(client, from: start)
            exchange.seat = nil
            return
        }
        let state = snapshot.state
        inPast { [self] in
            do throws(APIError) {
                let present = try conversions.converted(selection.objects(in: state), to: type)
                sendPresent(stream, exchange, present[...]) { [self] in
                    if options.sendsInitialEvents == true {
                        stream.sendBookmark(state.revision, endsInitialEvents: true)
                    }
                    engine.watch(client, from: state.revision)
                    exchange.responder.eventLoop.execute { exchange.seat = nil }
                }
            } catch {
                stream.fail(error)
                exchange.responder.eventLoop.execute { exchange.seat = nil }
            }
        }
    }

    /// Sends what there is at the client's pace: a slow one never has more than a part of it waiting for it.
    private func sendPresent(
        _ stream: WatchStream, _ exchange: Exchange, _ objects: ArraySlice<StoredObject>,
        then done: @escaping @Sendable () -> Void
    ) {
        var rest = objects
        while !rest.isEmpty {
            if exchange.responder.isClosed { return }
            stream.sendPresent(rest.prefix(256))
            rest = rest.dropFirst(256)
            if !rest.isEmpty, exchange.responder.pendingBytes > Limits.watchPresentBytesMax {
                let left = rest
                exchange.responder.onDrain { [self] in
                    inPast { [self] in sendPresent(stream, exchange, left, then: done) }
                }
                return
            }
        }
        done()
    }
}

/// One client that watches. Delivered to on the publisher's thread (or, before it joins, on the one that sends the present state).
final class WatchStream: WatchClient, @unchecked Sendable {
    private let responder: EdgeResponder
    private var filter: WatchFilter
    private let clock: @Sendable () -> Timestamp
    private let sendsBookmarks: Bool
    private let sent: StreamMetrics.Counter
    private let overAction = Mutex<(@Sendable () -> Void)?>(nil)
    private var lastBookmark: UInt64 = 0

    init(
        _ responder: EdgeResponder, _ filter: WatchFilter, clock: @escaping @Sendable () -> Timestamp,
        sendsBookmarks: Bool, sent: StreamMetrics.Counter
    ) {
        self.sent = sent
        self.responder = responder
        self.filter = filter
        self.clock = clock
        self.sendsBookmarks = sendsBookmarks
    }

    var store: GroupResource { filter.selection.type.store }
    var namespace: String? { filter.selection.namespace.isEmpty ? nil : filter.selection.namespace }

    func deliver(_ items: [WatchItem]) -> Bool {
        if responder.isClosed { return false }
        var buffers: [ByteBuffer] = []
        for item in items where filter.covers(item.change.key) {
            guard
                let (type, body) = filter.event(
                    for: item.change, revision: item.revision, before: item.previous, after: item.current)
            else { continue }
            buffers.append(encoded(item, type, body))
        }
        if buffers.isEmpty { return true }
        guard responder.pendingBytes < Limits.watchBacklogBytesMax else {
            responder.abort()
            return false
        }
        sent.add(buffers.count)
        responder.write(buffers)
        return true
    }

    /// Bytes made for one watcher serve all whose events look alike.
    private func encoded(_ item: WatchItem, _ type: WatchEventType, _ body: [UInt8]) -> ByteBuffer {
        if case .table = filter.format.projection {
            return ByteBuffer(bytes: filter.frame(type, body, key: item.change.key, now: clock()))
        }
        var hasher = Hasher()
        hasher.combine(type)
        hasher.combine(filter.rendering)
        let slot = hasher.finalize()
        if let shared = item.shared[slot] as? SharedFrame, shared.type == type, shared.rendering == filter.rendering {
            return shared.bytes
        }
        let bytes = ByteBuffer(bytes: filter.frame(type, body, key: item.change.key, now: clock()))
        item.shared[slot] = SharedFrame(type, filter.rendering, bytes)
        return bytes
    }

    func reached(_ revision: UInt64) -> Bool {
        if responder.isClosed { return false }
        if sendsBookmarks, lastBookmark != 0, revision > lastBookmark {
            sendBookmark(revision, endsInitialEvents: false)
        }
        if lastBookmark == 0 { lastBookmark = revision }
        return true
    }

    func end() { finish() }

    func finish() {
        responder.end()
        isOver()
    }

    /// What is done once when the client has left or the watch has ended.
    func whenOver(_ action: @escaping @Sendable () -> Void) { overAction.withLock { $0 = action } }
    func isOver() {
        let action = overAction.withLock { action in
            defer { action = nil }
            return action
        }
        action?()
    }

    var isClosed: Bool { responder.isClosed }

    /// Says why the watch cannot go on, and ends it.
    func fail(_ error: APIError) {
        responder.write(ByteBuffer(bytes: filter.error(error)))
        finish()
    }

    func sendPresent(_ objects: ArraySlice<StoredObject>) {
        let now = clock()
        let buffers = objects.map {
            ByteBuffer(bytes: filter.frame(.added, $0.body, key: $0.key, now: now))
        }
        sent.add(buffers.count)
        if !buffers.isEmpty { responder.write(buffers) }
    }

    func sendBookmark(_ revision: UInt64, endsInitialEvents: Bool) {
        lastBookmark = revision
        responder.write(ByteBuffer(bytes: filter.bookmark(revision: revision, endsInitialEvents: endsInitialEvents)))
    }
}

private final class SharedFrame {
    let type: WatchEventType
    let rendering: ObjectRendering
    let bytes: ByteBuffer
    init(_ type: WatchEventType, _ rendering: ObjectRendering, _ bytes: ByteBuffer) {
        self.type = type
        self.rendering = rendering
        self.bytes = bytes
    }
}
