import ClusterState
import Controllers
import Document
import Engine
import Foundation
import Records
import Schema

/// A cluster without rules behind the door: it stores what it is given and tells followers.
final class FakeCluster: ClusterDoor, @unchecked Sendable {
    private let lock = NSRecursiveLock()
    private var current = ClusterState()
    private var observers: [Int: @Sendable ([EventRecord], ClusterState) -> Void] = [:]
    private var serial = 0
    private(set) var requests: [Intent] = []

    var state: ClusterState { lock.withLock { current } }
    var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    struct Handle: FollowHandle {
        let onCancel: @Sendable () -> Void
        func cancel() { onCancel() }
    }

    func follow(
        _ observer: @escaping @Sendable ([EventRecord], ClusterState) -> Void
    ) -> (start: ClusterState, handle: any FollowHandle) {
        lock.withLock {
            serial += 1
            let id = serial
            observers[id] = observer
            return (current, Handle { [self] in lock.withLock { observers[id] = nil } })
        }
    }

    func send(_ intents: [Intent], as identity: LoopIdentity) -> [Result<JSON, APIError>] {
        lock.withLock {
            intents.map { intent in
                requests.append(intent)
                return perform(intent)
            }
        }
    }

    private func perform(_ intent: Intent) -> Result<JSON, APIError> {
        let group = intent.apiVersion.contains("/") ? String(intent.apiVersion.split(separator: "/")[0]) : ""
        let store = GroupResource(group: group, resource: intent.resource)
        if intent.subresource == "token" {
            return .success(["status": ["token": .string("token-of-\(intent.name)")]])
        }
        switch intent.action {
        case .create(var object):
            let name = object["metadata", "name"]?.string ?? ""
            if current.object(store, intent.namespace, name) != nil { return .failure(.alreadyExists(store, name)) }
            if object["metadata", "uid"] == nil { object["metadata", "uid"] = .string(UUID().uuidString.lowercased()) }
            if !intent.namespace.isEmpty { object["metadata", "namespace"] = .string(intent.namespace) }
            return .success(commit(.created, store, intent.namespace, name, object))
        case .update(let object):
            return .success(commit(.updated, store, intent.namespace, intent.name, object))
        case .patch(_, let patch):
            guard let old = current.object(store, intent.namespace, intent.name) else {
                return .failure(.notFound(store, intent.name))
            }
            let new = FakeCluster.merge(old.document, patch)
            return .success(new == old.document ? new : commit(.updated, store, intent.namespace, intent.name, new))
        case .delete(let options):
            guard let old = current.object(store, intent.namespace, intent.name) else {
                return .failure(.notFound(store, intent.name))
            }
            if intent.resource == "pods", options["gracePeriodSeconds"]?.int != 0 {
                var object = old.document
                object["metadata", "deletionTimestamp"] = .string(now.adding(seconds: 30).rfc3339)
                object["metadata", "deletionGracePeriodSeconds"] = options["gracePeriodSeconds"] ?? 30
                return .success(commit(.updated, store, intent.namespace, intent.name, object))
            }
            return .success(commit(.deleted, store, intent.namespace, intent.name, old.document))
        }
    }

    private func commit(
        _ kind: Change.Kind, _ store: GroupResource, _ namespace: String, _ name: String, _ object: JSON
    ) -> JSON {
        var object = object
        let revision = current.revision + 1
        let previous = current.object(store, namespace, name)?.revision ?? 0
        object["metadata", "resourceVersion"] = .string("\(revision)")
        let key = ObjectKey(group: store.group, resource: store.resource, namespace: namespace, name: name)
        let event = EventRecord(
            stream: .journal, revision: revision, time: now, request: RequestFacts(verb: "x", path: "/"),
            authentication: AuthenticationFacts(authenticator: "internal", user: .anonymous), authorization: .notAsked,
            outcome: Outcome(code: 200),
            changes: [
                Change(
                    kind: kind, key: key, uid: object["metadata", "uid"]?.string ?? "",
                    previousRevision: kind == .created ? 0 : previous,
                    body: object.encoded())
            ])
        current.apply(event)
        for observer in observers.values { observer([event], current) }
        return object
    }

    /// A merge patch that knows conditions by their type.
    static func merge(_ old: JSON, _ patch: JSON) -> JSON {
        guard case .object(let changes) = patch, case .object(var out) = old.object == nil ? .object([:]) : old else {
            return patch
        }
        for (key, value) in changes {
            if key.hasPrefix("$") { continue }
            if value.isNull {
                out[key] = nil
            } else if key == "conditions" {
                var list = out[key]?.elements ?? []
                for condition in value.elements {
                    if let i = list.firstIndex(where: { $0["type"] == condition["type"] }) {
                        list[i] = merge(list[i], condition)
                    } else {
                        list.append(condition)
                    }
                }
                out[key] = .array(list)
            } else if value.object != nil {
                out[key] = merge(out[key] ?? .object([:]), value)
            } else {
                out[key] = value
            }
        }
        return .object(out)
    }

    // MARK: for tests

    private let identity = LoopIdentity(user: .anonymous, userAgent: "test")

    func put(_ object: JSON, _ resource: String, apiVersion: String = "v1", namespace: String = "") {
        _ = send(
            [Intent(.create(object), apiVersion: apiVersion, resource: resource, namespace: namespace)], as: identity)
    }
    func delete(_ resource: String, _ namespace: String, _ name: String, grace: Int64? = nil) {
        let options: JSON = grace.map { ["gracePeriodSeconds": .int($0)] } ?? [:]
        _ = send(
            [Intent(.delete(options), apiVersion: "v1", resource: resource, namespace: namespace, name: name)],
            as: identity)
    }
    func object(_ resource: String, _ namespace: String, _ name: String) -> JSON? {
        state.object(GroupResource(resource: resource), namespace, name)?.document
    }
    /// Waits until the condition holds; false when it does not in time.
    func wait(seconds: Double = 30, until condition: @Sendable (FakeCluster) -> Bool) async -> Bool {
        let end = now.adding(microseconds: Int64(seconds * 1_000_000))
        while now < end {
            if condition(self) { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return condition(self)
    }
}
