import Admission
import ClusterState
import Controllers
import Document
import Engine
import Records
import Schema
import Synchronization

/// What the API server does by itself to CustomResourceDefinitions: accepts names, establishes, and on deletion takes the instances
/// away first. Like every loop it only sends requests.
final class CustomResourceLifecycle: Sendable {
    private static let store = GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")
    private static let identity = LoopIdentity(
        user: UserInfo(name: "system:apiserver", groups: ["system:masters", "system:authenticated"]),
        userAgent: "kube-apiserver/v1.36.2 (linux/amd64) kubernetes/reckon")
    private let engine: Engine
    private let work = WorkQueue("reckon-crd", threads: 1)
    private let handle = Mutex<(any FollowHandle)?>(nil)

    init(_ engine: Engine) { self.engine = engine }

    func start() {
        let (state, handle) = engine.follow { [self] events, _ in
            let causes = events.filter { $0.changes.contains { Self.concerns($0.key) } }.map(\.revision)
            guard let cause = causes.last else { return }
            work.run { [self] in settle(cause) }
        }
        self.handle.withLock { $0 = handle }
        if state.count(Self.store) > 0 { work.run { [self] in settle(nil) } }
    }

    func stop() { handle.withLock { $0?.cancel() } }

    /// Definitions, and instances whose definition waits for them to go.
    private static func concerns(_ key: ObjectKey) -> Bool {
        (key.resource == store.resource && key.group == store.group)
            || Catalog.builtin.resources.allSatisfy { $0.store.group != key.group }
    }

    private func settle(_ cause: UInt64?) {
        let state = engine.state
        let definitions = state.objects(Self.store).map(\.document)
        for definition in definitions {
            let name = definition["metadata", "name"]?.string ?? ""
            if definition["metadata", "deletionTimestamp"] != nil {
                finish(definition, name, state, cause)
                continue
            }
            if let better = CustomResourceNaming.reconciled(definition, others: definitions, now: engine.now) {
                send(.update(better), name, "status", cause)
            }
        }
    }

    /// Deletes the instances, then lets the definition go.
    private func finish(_ definition: JSON, _ name: String, _ state: ClusterState, _ cause: UInt64?) {
        let spec = definition["spec"] ?? .null
        let store = GroupResource(group: spec["group"]?.string ?? "", resource: spec["names", "plural"]?.string ?? "")
        let versions = spec["versions"]?.elements ?? []
        let version = versions.first { $0["served"] == true }?["name"]?.string ?? ""
        let left = state.objects(store)
        let intents = left.filter { $0.document["metadata", "deletionTimestamp"] == nil }.map { object in
            Intent(
                .delete(.null), apiVersion: store.group + "/" + version, resource: store.resource,
                namespace: object.key.namespace,
                name: object.key.name, cause: cause)
        }
        _ = engine.send(intents, as: Self.identity)
        guard engine.state.count(store) == 0 else { return }
        let finalizers = (definition["metadata", "finalizers"]?.strings ?? []).filter {
            $0 != CustomResourceNaming.finalizer
        }
        send(.patch(.merge, ["metadata": ["finalizers": .array(finalizers.map { .string($0) })]]), name, "", cause)
    }

    private func send(_ action: Intent.Action, _ name: String, _ subresource: String, _ cause: UInt64?) {
        _ = engine.send(
            [
                Intent(
                    action, apiVersion: "apiextensions.k8s.io/v1", resource: Self.store.resource, name: name,
                    subresource: subresource, cause: cause)
            ],
            as: Self.identity)
    }
}
