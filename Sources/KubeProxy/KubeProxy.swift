import ClusterState
import Document
public import Engine
import Foundation
public import Logging
import Records
import Schema
public import ServiceRouting

/// Keeps the node's nftables in line with the cluster's Services and EndpointSlices.
///
/// One thread: it sleeps until something changes, takes all that changed, and applies the difference in one transaction.
public final class KubeProxy: Sendable {
    private let node: ServiceRouter.Node
    private let door: any ClusterDoor
    private let logger: Logger
    private let inbox = ProxyInbox()

    public init(node: ServiceRouter.Node, door: any ClusterDoor, logger: Logger) {
        self.node = node
        self.door = door
        self.logger = logger
    }

    /// Why this machine cannot have service rules; nil when it can.
    public static var obstacle: String? {
        if getuid() != 0 { return "service addresses need root" }
        if NFTables() == nil { return "nft is not installed: run tools/bootstrap" }
        return nil
    }

    /// Loads the whole table and begins to follow. Throws when the kernel does not take it.
    public func start() throws {
        guard let tables = NFTables() else {
            throw NFTables.Failure(description: "nft is not installed: run tools/bootstrap")
        }
        let inbox = inbox
        let (state, handle) = door.follow { events, _ in
            for event in events {
                for change in event.changes where ProxyInbox.concerns(change.key) { inbox.put(change) }
            }
        }
        var router = ServiceRouter(node: node)
        for object in state.objects(GroupResource(resource: "services")) { router.setService(object.document) }
        for object in state.objects(GroupResource(group: "discovery.k8s.io", resource: "endpointslices")) {
            router.setSlice(object.document)
        }
        try tables.apply(router.wholeTable())
        inbox.begin(handle)
        logger.info("service rules are loaded", metadata: ["services": "\(router.serviceCount)"])
        let first = router
        let thread = Thread { [logger] in KubeProxy.loop(first, tables, inbox, logger) }
        thread.name = "reckon.kube-proxy"
        thread.start()
    }

    /// Ends the loop. The rules stay, as upstream's do, unless they are to be removed.
    public func stop(removingRules: Bool = false) {
        inbox.end()
        if removingRules, let tables = NFTables() { tables.remove(ServiceRouter.table) }
    }

    /// Removes the rules of an earlier run.
    public static func removeRules() { NFTables()?.remove(ServiceRouter.table) }

    private static func loop(_ first: ServiceRouter, _ tables: NFTables, _ inbox: ProxyInbox, _ logger: Logger) {
        var router = first
        var mustReload = false
        while let changes = inbox.take(secondsMax: mustReload ? 1 : 3600) {
            for change in changes { take(change, &router) }
            let difference = router.changes()
            do {
                if mustReload {
                    try tables.apply(router.wholeTable())
                    mustReload = false
                } else if !difference.text.isEmpty {
                    try tables.apply(difference.text)
                }
                for flow in difference.staleUDP { tables.forget(flow) }
            } catch {
                // The kernel's table is not what it should be (somebody flushed it): the whole again.
                logger.warning(
                    "the service rules were not taken; loading all of them again", metadata: ["error": "\(error)"])
                do { try tables.apply(router.wholeTable()) } catch { mustReload = true }
            }
        }
    }

    private static func take(_ change: Change, _ router: inout ServiceRouter) {
        let isService = change.key.resource == "services"
        if change.kind == .deleted {
            if isService {
                router.removeService(namespace: change.key.namespace, name: change.key.name)
            } else {
                router.removeSlice(namespace: change.key.namespace, name: change.key.name)
            }
            return
        }
        guard let object = try? JSON(parsing: change.body) else { return }
        if isService { router.setService(object) } else { router.setSlice(object) }
    }
}

/// Changes on their way from the engine's thread to the proxy's.
final class ProxyInbox: @unchecked Sendable {
    private let condition = NSCondition()
    private var changes: [Change] = []
    private var handle: (any FollowHandle)?
    private var ended = false

    static func concerns(_ key: ObjectKey) -> Bool {
        (key.group.isEmpty && key.resource == "services")
            || (key.group == "discovery.k8s.io" && key.resource == "endpointslices")
    }

    func begin(_ handle: any FollowHandle) { condition.withLock { self.handle = handle } }
    func put(_ change: Change) {
        condition.withLock {
            changes.append(change)
            condition.signal()
        }
    }
    func end() {
        condition.withLock {
            ended = true
            handle?.cancel()
            condition.broadcast()
        }
    }
    /// What came in; waits for something, at most that long; nil at the end.
    func take(secondsMax: Double) -> [Change]? {
        condition.withLock {
            let limit = Date(timeIntervalSinceNow: secondsMax)
            while changes.isEmpty, !ended, condition.wait(until: limit) {}
            if ended { return nil }
            defer { changes = [] }
            return changes
        }
    }
}
