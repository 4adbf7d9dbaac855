import NIOCore

/// What the connections of one event loop share. Used on that loop only.
final class LoopState: @unchecked Sendable {
    let eventLoop: any EventLoop
    let core: ServerCore
    /// A buffer lent to whichever connection is writing.
    var scratch = ByteBuffer()
    var date = DateText()
    private var connections: [ObjectIdentifier: any ManagedConnection] = [:]
    private var sweeper: RepeatedTask?
    private(set) var isShuttingDown = false
    private var emptied: EventLoopPromise<Void>?

    init(eventLoop: any EventLoop, core: ServerCore) {
        self.eventLoop = eventLoop
        self.core = core
    }

    var count: Int { connections.count }

    func start() {
        let interval = core.limits.sweepInterval
        sweeper = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [weak self] _ in
            guard let self else { return }
            for connection in Array(self.connections.values) { connection.sweep() }
        }
    }
    func add(_ connection: any ManagedConnection) {
        connections[ObjectIdentifier(connection)] = connection
        if isShuttingDown { connection.beginShutdown() }
    }
    func remove(_ connection: any ManagedConnection) {
        connections[ObjectIdentifier(connection)] = nil
        if isShuttingDown, connections.isEmpty { drained() }
    }
    /// Tells every connection to end when it can; the future succeeds when none is left.
    func beginShutdown() -> EventLoopFuture<Void> {
        isShuttingDown = true
        let promise = eventLoop.makePromise(of: Void.self)
        emptied = promise
        for connection in Array(connections.values) { connection.beginShutdown() }
        if connections.isEmpty { drained() }
        return promise.futureResult
    }
    func closeAll() {
        for connection in Array(connections.values) { connection.closeNow() }
    }
    private func drained() {
        sweeper?.cancel()
        sweeper = nil
        emptied?.succeed(())
        emptied = nil
    }
}

/// A connection as the server's housekeeping sees it.
protocol ManagedConnection: AnyObject {
    /// Called every `EdgeLimits.sweepInterval`.
    func sweep()
    /// Ends the connection as soon as what is in flight has been answered.
    func beginShutdown()
    func closeNow()
}
