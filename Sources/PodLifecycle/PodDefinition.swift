public import Document

/// What a pod asks for, read from its API object once for each version of it.
public struct PodDefinition: Sendable {
    public enum RestartPolicy: String, Sendable {
        case always = "Always"
        case onFailure = "OnFailure"
        case never = "Never"
    }

    /// The whole API object.
    public let object: JSON
    public let namespace: String
    public let name: String
    public let uid: String
    public let generation: Int64
    public let restartPolicy: RestartPolicy
    /// `spec.terminationGracePeriodSeconds`.
    public let graceSeconds: Int64
    /// Whether `metadata.deletionTimestamp` is set, and with which grace.
    public let isDeleted: Bool
    public let deletionGraceSeconds: Int64?
    public let activeDeadlineSeconds: Int64?
    public let usesHostNetwork: Bool
    /// Condition types that count towards `Ready` besides the containers.
    public let readinessGates: [String]
    /// Init containers, then containers, then ephemeral ones, each in the order of the spec.
    public let containers: [ContainerDefinition]

    public init(_ object: JSON) {
        self.object = object
        namespace = object["metadata", "namespace"]?.string ?? ""
        name = object["metadata", "name"]?.string ?? ""
        uid = object["metadata", "uid"]?.string ?? ""
        generation = object["metadata", "generation"]?.int ?? 0
        let spec = object["spec"] ?? .null
        restartPolicy = RestartPolicy(rawValue: spec["restartPolicy"]?.string ?? "") ?? .always
        graceSeconds = spec["terminationGracePeriodSeconds"]?.int ?? 30
        isDeleted = object["metadata", "deletionTimestamp"]?.string != nil
        deletionGraceSeconds = object["metadata", "deletionGracePeriodSeconds"]?.int
        activeDeadlineSeconds = spec["activeDeadlineSeconds"]?.int
        usesHostNetwork = spec["hostNetwork"]?.bool ?? false
        readinessGates = (spec["readinessGates"]?.elements ?? []).compactMap { $0["conditionType"]?.string }
        var all: [ContainerDefinition] = []
        for entry in spec["initContainers"]?.elements ?? [] {
            all.append(
                ContainerDefinition(entry, kind: entry["restartPolicy"]?.string == "Always" ? .sidecar : .initial))
        }
        for entry in spec["containers"]?.elements ?? [] { all.append(ContainerDefinition(entry, kind: .regular)) }
        for entry in spec["ephemeralContainers"]?.elements ?? [] {
            all.append(ContainerDefinition(entry, kind: .ephemeral))
        }
        containers = all
    }

    /// Whether a container that ended with that code runs again.
    func restarts(_ container: ContainerDefinition, afterExit code: Int) -> Bool {
        if container.kind == .ephemeral { return false }
        if container.kind == .sidecar { return true }
        for rule in container.restartRules where rule.applies(to: code) { return true }
        switch container.restartPolicy ?? restartPolicy {
        case .always: return container.kind == .regular || code != 0
        case .onFailure: return code != 0
        case .never: return false
        }
    }
}

/// What one container of a pod asks for.
public struct ContainerDefinition: Sendable {
    public enum Kind: Sendable {
        /// Runs to its end before the next one starts.
        case initial
        /// An init container with restart policy Always: starts in its turn and runs along with the pod.
        case sidecar
        case regular
        case ephemeral
    }
    public enum PullPolicy: String, Sendable {
        case always = "Always"
        case ifNotPresent = "IfNotPresent"
        case never = "Never"
    }
    struct RestartRule: Sendable {
        let isIn: Bool
        let codes: [Int64]
        func applies(to code: Int) -> Bool { codes.contains(Int64(code)) == isIn }
    }

    public let name: String
    public let kind: Kind
    public let image: String
    public let pullPolicy: PullPolicy
    /// The container's own policy, when it overrides the pod's.
    public let restartPolicy: PodDefinition.RestartPolicy?
    let restartRules: [RestartRule]
    /// The whole entry of the spec.
    public let spec: JSON
    public let postStart: JSON?
    public let preStop: JSON?
    let probes: [ProbeDefinition]

    init(_ spec: JSON, kind: Kind) {
        self.spec = spec
        self.kind = kind
        name = spec["name"]?.string ?? ""
        image = spec["image"]?.string ?? ""
        pullPolicy = PullPolicy(rawValue: spec["imagePullPolicy"]?.string ?? "") ?? .ifNotPresent
        restartPolicy = spec["restartPolicy"]?.string.flatMap(PodDefinition.RestartPolicy.init(rawValue:))
        restartRules = (spec["restartPolicyRules"]?.elements ?? []).compactMap { rule in
            guard rule["action"]?.string == "Restart", let codes = rule["exitCodes"] else { return nil }
            return RestartRule(
                isIn: codes["operator"]?.string != "NotIn", codes: (codes["values"]?.elements ?? []).compactMap(\.int))
        }
        postStart = spec["lifecycle", "postStart"]
        preStop = spec["lifecycle", "preStop"]
        probes = ProbeKind.allCases.compactMap { kind in spec[kind.field].map { ProbeDefinition(kind, $0) } }
    }

    /// Upstream's `spec.containers{web}`: what an Event about this container points at.
    public var fieldPath: String {
        switch kind {
        case .initial, .sidecar: "spec.initContainers{\(name)}"
        case .regular: "spec.containers{\(name)}"
        case .ephemeral: "spec.ephemeralContainers{\(name)}"
        }
    }
}
