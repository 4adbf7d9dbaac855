import ClusterState
import Controllers
import Dispatch
import Document
import Engine
import HTTPEdge
import Identity
import Logging
import NIOCore
import Records
import Requests
import Schema
import Synchronization

/// Keeps the condition `Available` of every APIService with a service, and what each of them serves: upstream's remote availability controller
/// and discovery manager. Like every loop it only sends requests.
final class AvailabilityLoop: Sendable {
    private static let identity = LoopIdentity(
        user: UserInfo(name: "system:apiserver", groups: ["system:masters", "system:authenticated"]),
        userAgent: "kube-apiserver/v1.36.2 (linux/amd64) kubernetes/reckon")
    /// Seconds between looks at a server that answers, and the longest and shortest at one that does not.
    private static let restSeconds = 30
    private static let retrySecondsMax = 30.0

    private struct State {
        var handle: (any FollowHandle)?
        var resources: [String: [JSON]] = [:]
        var failures: [String: Int] = [:]
        var isStopped = false
        var isDue = false
    }
    private let state = Mutex(State())
    /// What they say in OpenAPI.
    let documents = AggregatedDocuments()
    private let engine: Engine
    private let clients: OutsideClients
    private let logger: Logger
    private let work = DispatchQueue(label: "reckon-aggregation")

    init(_ engine: Engine, _ clients: OutsideClients, _ logger: Logger) {
        self.engine = engine
        self.clients = clients
        self.logger = logger
    }

    func start() {
        let (start, handle) = engine.follow { [self] events, state in
            let isOurs = events.contains { $0.changes.contains { AggregatedServices.isMade(of: $0.key) } }
            guard isOurs || !engine.snapshot.aggregated.isEmpty else { return }
            if isOurs || events.contains(where: { $0.changes.contains { Self.concerns($0.key) } }) { look(after: 0) }
        }
        state.withLock { $0.handle = handle }
        if !AggregatedServices.of(start).isEmpty { look(after: 0) }
    }

    func stop() {
        let handle = state.withLock { state in
            state.isStopped = true
            return state.handle
        }
        handle?.cancel()
    }

    /// What each aggregated service serves, as far as it has said.
    var discovered: [String: [JSON]] { state.withLock { $0.resources } }

    private static func concerns(_ key: ObjectKey) -> Bool {
        key.resource == "endpointslices"
            || (key.group.isEmpty && (key.resource == "services" || key.resource == "endpoints"))
    }

    /// Looks at all of them, once for however many reasons.
    private func look(after seconds: Double) {
        if seconds == 0 {
            let isFirst = state.withLock { state in
                defer { state.isDue = true }
                return !state.isDue
            }
            guard isFirst else { return }
        }
        work.asyncAfter(deadline: .now() + max(seconds, 0.01)) { [self] in
            let goesOn = state.withLock { state in
                state.isDue = false
                return !state.isStopped
            }
            if goesOn { lookNow() }
        }
    }

    private func lookNow() {
        let now = engine.state
        var again = Double(Self.restSeconds)
        let services = now.objects(AggregatedServices.store).compactMap { stored in
            AggregatedService(stored.document).map { (stored, $0) }
        }
        for (stored, service) in services {
            let condition = check(service, now)
            tell(stored.document, service.name, condition)
            let failures = state.withLock { state in
                let count = condition.status == "True" ? 0 : (state.failures[service.name] ?? 0) + 1
                state.failures[service.name] = count
                return count
            }
            if failures > 0 {
                again = min(again, min(Self.retrySecondsMax, 0.25 * Double(1 << min(failures, 8))))
            }
        }
        let names = Set(services.map(\.1.name))
        state.withLock { $0.resources = $0.resources.filter { names.contains($0.key) } }
        documents.keep(only: names)
        if !services.isEmpty { look(after: again) }
    }

    // MARK: one service

    struct Condition {
        var status = "False"
        var reason: String
        var message: String
    }

    private func check(_ service: AggregatedService, _ now: ClusterState) -> Condition {
        let (name, space) = (service.serviceName, service.serviceNamespace)
        guard let object = now.object(GroupResource(resource: "services"), space, name)?.document else {
            return Condition(
                reason: "ServiceNotFound", message: "service/\(name) in \"\(space)\" is not present")
        }
        if (object["spec", "type"]?.string ?? "ClusterIP") == "ClusterIP" {
            let port = object["spec", "ports"]?.elements.first { $0["port"]?.int == Int64(service.port) }
            guard let port else {
                return Condition(
                    reason: "ServicePortError",
                    message: "service/\(name) in \"\(space)\" is not listening on port \(service.port)")
            }
            let portName = port["name"]?.string ?? ""
            do throws(ServiceResolution.Failure) {
                _ = try ServiceResolution.places(space, name, port: service.port, in: now)
            } catch {
                if ServiceResolution.slices(space, name, in: now).isEmpty,
                    now.object(GroupResource(resource: "endpoints"), space, name) == nil
                {
                    return Condition(
                        reason: "EndpointsNotFound",
                        message: "cannot find endpointslices for service/\(name) in \"\(space)\"")
                }
                return Condition(
                    reason: "MissingEndpoints",
                    message:
                        "endpointslices for service/\(name) in \"\(space)\" have no addresses with port name \"\(portName)\""
                )
            }
        }
        if let failure = discover(service, now) {
            return Condition(reason: "FailedDiscoveryCheck", message: failure)
        }
        return Condition(status: "True", reason: "Passed", message: "all checks passed")
    }

    /// Asks the server what it serves; why it could not be asked, or nil.
    private func discover(_ service: AggregatedService, _ now: ClusterState) -> String? {
        guard
            let place = try? ServiceResolution.places(
                service.serviceNamespace, service.serviceName, port: service.port, in: now
            ).randomElement()
        else { return "no endpoints available for service \"\(service.serviceName)\"" }
        let url = "https://\(place.text)\(service.path)"
        switch fetch(service, place, service.path, [("Accept", "application/json")]) {
        case .failure(let error):
            if case TimedAnswer.Failure.tooLate = error { return "timed out waiting for \(url)" }
            let why = DialError.text(error, place: place.text, name: service.serverName)
            return "failing or missing response from \(url): Get \"\(url)\": \(why)"
        case .success(let response):
            guard (200..<300).contains(response.status) else {
                return "failing or missing response from \(url): bad status from \(url): \(response.status)"
            }
            let bytes = response.body.withUnsafeReadableBytes { Array($0) }
            let plain = (try? JSON(parsing: bytes)) ?? .null
            let found =
                aggregated(service, place)
                ?? ForeignDiscovery.resources(of: service.version, group: service.group, plain: plain)
            state.withLock { $0.resources[service.name] = found }
            documents.learn(service) { path, headers in
                fetch(service, place, path, headers, as: UserInfo(name: "system:aggregator"))
            }
            return nil
        }
    }

    /// What a server that knows aggregated discovery says.
    private func aggregated(_ service: AggregatedService, _ place: ServiceResolution.Place) -> [JSON]? {
        let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
        guard case .success(let response) = fetch(service, place, "/apis", [("Accept", accept)]), response.status == 200
        else { return nil }
        let bytes = response.body.withUnsafeReadableBytes { Array($0) }
        guard let list = try? JSON(parsing: bytes), list["kind"] == "APIGroupDiscoveryList" else { return nil }
        return ForeignDiscovery.resources(of: service.version, group: service.group, aggregated: list)
    }

    private func fetch(
        _ service: AggregatedService, _ place: ServiceResolution.Place, _ path: String, _ more: [(String, String)],
        as user: UserInfo = UserInfo(name: "system:kube-aggregator", groups: ["system:masters"])
    ) -> Result<HTTPClient.Response, any Error> {
        let headers = [("Host", "\(service.serverName):\(service.port)")] + more + RemoteUser.headers(user)
        let arrived = DispatchSemaphore(value: 0)
        let box = Shared(Mutex<Result<HTTPClient.Response, any Error>?>(nil))
        TimedAnswer.send(
            HTTPClient.Request(.GET, "https://\(place.text)\(path)", headers: headers, timeout: .seconds(6)),
            by: clients.client(.init(service)), within: .seconds(5), on: clients.eventLoop
        ) { result in
            box.value.withLock { $0 = result }
            arrived.signal()
        }
        arrived.wait()
        return box.value.withLock { $0 } ?? .failure(TimedAnswer.Failure.tooLate)
    }

    /// Writes the condition down when it says something new.
    private func tell(_ object: JSON, _ name: String, _ condition: Condition) {
        var conditions = object["status", "conditions"]?.elements ?? []
        let place = conditions.firstIndex { $0["type"] == "Available" }
        let old = place.map { conditions[$0] }
        if let old, old["status"]?.string == condition.status, old["reason"]?.string == condition.reason,
            old["message"]?.string == condition.message
        {
            return
        }
        let isTurned = old?["status"]?.string != condition.status
        let entry: JSON = [
            "type": "Available", "status": .string(condition.status), "reason": .string(condition.reason),
            "message": .string(condition.message),
            "lastTransitionTime": isTurned
                ? .string(engine.now.rfc3339) : old?["lastTransitionTime"] ?? .string(engine.now.rfc3339),
        ]
        if let place { conditions[place] = entry } else { conditions.append(entry) }
        var changed = object
        changed["status", "conditions"] = .array(conditions)
        _ = engine.send(
            [
                Intent(
                    .update(changed), apiVersion: "apiregistration.k8s.io/v1",
                    resource: AggregatedServices.store.resource,
                    name: name, subresource: "status")
            ], as: Self.identity)
    }
}
