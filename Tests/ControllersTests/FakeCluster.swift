import ClusterState
import Controllers
import Document
import Records
import Schema
import Usage

/// A cluster in memory that applies requests naively: enough to see controllers through a rollout. No admission, no validation.
struct FakeCluster {
    var state = ClusterState()
    var log: [EventRecord] = []
    var now = Timestamp(seconds: 1_790_000_000)
    private var serial = 0
    private let kinds = [
        "deployments": "apps", "replicasets": "apps", "statefulsets": "apps", "daemonsets": "apps",
        "endpointslices": "discovery.k8s.io",
        "jobs": "batch", "cronjobs": "batch", "controllerrevisions": "apps",
        "servicecidrs": "networking.k8s.io", "ipaddresses": "networking.k8s.io",
        "certificatesigningrequests": "certificates.k8s.io", "clusterroles": "rbac.authorization.k8s.io",
        "clusterrolebindings": "rbac.authorization.k8s.io", "horizontalpodautoscalers": "autoscaling",
    ]

    mutating func commit(_ changes: [Change], cause: UInt64? = nil) {
        let event = EventRecord(
            stream: .journal, revision: state.revision + 1, time: now, cause: cause,
            request: RequestFacts(verb: "x", path: "/"),
            authentication: AuthenticationFacts(authenticator: "t", user: UserInfo(name: "t")),
            authorization: .notAsked,
            outcome: Outcome(code: 200), changes: changes)
        state.apply(event)
        log.append(event)
    }

    func key(_ resource: String, _ namespace: String, _ name: String) -> ObjectKey {
        ObjectKey(group: kinds[resource] ?? "", resource: resource, namespace: namespace, name: name)
    }
    func get(_ resource: String, _ namespace: String, _ name: String) -> JSON? {
        state.object(key(resource, namespace, name))?.document
    }
    func list(_ resource: String) -> [JSON] {
        state.objects(GroupResource(group: kinds[resource] ?? "", resource: resource)).map(\.document)
    }

    mutating func put(_ object: JSON, _ resource: String, kind: Change.Kind, cause: UInt64? = nil) -> JSON {
        var object = object
        let metadata = object["metadata"] ?? .null
        let key = key(resource, metadata["namespace"]?.string ?? "", metadata["name"]?.string ?? "")
        let old = state.object(key)
        object["metadata", "resourceVersion"] = .string(String(state.revision + 1))
        commit(
            [
                Change(
                    kind: kind, key: key, uid: metadata["uid"]?.string ?? "", previousRevision: old?.revision ?? 0,
                    body: object.encoded())
            ], cause: cause)
        return object
    }

    mutating func create(_ object: JSON, _ resource: String, cause: UInt64? = nil) -> Result<JSON, APIError> {
        var object = object
        serial += 1
        if object["metadata"]?["name"] == nil {
            object["metadata", "name"] = .string((object["metadata"]?["generateName"]?.string ?? "") + "r\(serial)")
        }
        let store = GroupResource(group: kinds[resource] ?? "", resource: resource)
        let name = object["metadata"]?["name"]?.string ?? ""
        if state.object(store, object["metadata"]?["namespace"]?.string ?? "", name) != nil {
            return .failure(.alreadyExists(store, name))
        }
        object["metadata", "uid"] = .string("uid-\(serial)")
        object["metadata", "creationTimestamp"] = .string(now.rfc3339)
        object["metadata", "generation"] = 1
        return .success(put(object, resource, kind: .created, cause: cause))
    }

    mutating func perform(_ intent: Intent) -> Result<JSON, APIError> {
        let store = GroupResource(group: kinds[intent.resource] ?? "", resource: intent.resource)
        if case .create(let object) = intent.action { return create(object, intent.resource, cause: intent.cause) }
        guard let old = get(intent.resource, intent.namespace, intent.name) else {
            return .failure(.notFound(store, intent.name))
        }
        switch intent.action {
        case .create: fatalError()
        case .update(var object):
            if let version = object["metadata"]?["resourceVersion"], version != old["metadata"]?["resourceVersion"] {
                return .failure(.conflict(store, intent.name, "modified"))
            }
            switch intent.subresource {
            case "scale":
                let replicas = object["spec", "replicas"]
                object = old
                object["spec", "replicas"] = replicas
            case "status", "approval": object["spec"] = old["spec"]
            default: object["status"] = old["status"]
            }
            return .success(write(object, old, intent))
        case .patch(_, let patch):
            var object = old
            merge(patch, into: &object)
            object["metadata", "resourceVersion"] = old["metadata"]?["resourceVersion"]
            return .success(write(object, old, intent))
        case .delete:
            if old["metadata"]?["finalizers"]?.elements.isEmpty == false {
                var object = old
                object["metadata", "deletionTimestamp"] = .string(now.rfc3339)
                return .success(write(object, old, intent))
            }
            return .success(put(old, intent.resource, kind: .deleted, cause: intent.cause))
        }
    }
    private mutating func write(_ object: JSON, _ old: JSON, _ intent: Intent) -> JSON {
        var object = object
        if object == old { return old }
        if object["spec"] != old["spec"] {
            object["metadata", "generation"] = .int((old["metadata"]?["generation"]?.int ?? 0) + 1)
        }
        if object["metadata"]?["deletionTimestamp"] != nil, object["metadata"]?["finalizers"]?.elements.isEmpty ?? true
        {
            return put(object, intent.resource, kind: .deleted, cause: intent.cause)
        }
        return put(object, intent.resource, kind: .updated, cause: intent.cause)
    }
    private func merge(_ patch: JSON, into target: inout JSON) {
        guard case .object(let members) = patch else {
            target = patch
            return
        }
        for (name, value) in members {
            if value.isNull {
                target[name] = nil
            } else if value.object != nil {
                var child = target[name] ?? .object(JSONObject())
                merge(value, into: &child)
                target[name] = child
            } else {
                target[name] = value
            }
        }
    }
}

/// Drives controllers over a fake cluster until nothing is left to do; pods become ready by themselves when `kubelet` is on.
struct Simulation {
    var cluster = FakeCluster()
    var controllers: ControllerSet
    var kubelet = true
    /// What pods use; nil when nobody measures.
    var measure: (UsageQuestion) -> [PodUsage]? = { _ in nil }
    /// The requests that were made.
    private(set) var intents: [Intent] = []
    private var seen = 0

    init(_ list: [any Controller], before: (inout FakeCluster) -> Void = { _ in }) {
        before(&cluster)
        controllers = ControllerSet(list, state: cluster.state, catalog: .builtin, now: cluster.now)
        seen = cluster.log.count
    }

    /// Returns how many requests were made; time passes by `seconds` at the end.
    @discardableResult
    mutating func settle(passing seconds: Int64 = 0) -> Int {
        var requests = 0
        for _ in 0..<10_000 {
            controllers.observe(Array(cluster.log[seen...]), state: cluster.state, now: cluster.now)
            seen = cluster.log.count
            if let batch = controllers.nextBatch(now: cluster.now, measure: measure) {
                intents += batch.intents
                var answers: [Result<JSON, APIError>] = []
                for intent in batch.intents { answers.append(cluster.perform(intent)) }
                requests += batch.intents.count
                controllers.answered(batch, answers, now: cluster.now)
                continue
            }
            if kubelet, startPods() { continue }
            if seen == cluster.log.count, controllers.isIdle { break }
        }
        cluster.now = cluster.now.adding(seconds: seconds)
        return requests
    }

    private mutating func startPods() -> Bool {
        var started = false
        for pod in cluster.list("pods") where pod["status"]?["phase"] == nil {
            var pod = pod
            pod["status"] = [
                "phase": "Running", "podIP": "10.0.0.1",
                "conditions": [
                    ["type": "Ready", "status": "True", "lastTransitionTime": .string(cluster.now.rfc3339)]
                ],
            ]
            _ = cluster.put(pod, "pods", kind: .updated)
            started = true
        }
        return started
    }
}
