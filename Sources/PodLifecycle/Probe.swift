import Document

/// Which question a probe answers.
public enum ProbeKind: String, CaseIterable, Sendable {
    case startup = "Startup"
    case liveness = "Liveness"
    case readiness = "Readiness"
    var field: String {
        switch self {
        case .startup: "startupProbe"
        case .liveness: "livenessProbe"
        case .readiness: "readinessProbe"
        }
    }
}

/// What one try of a probe found.
public enum ProbeOutcome: Equatable, Sendable {
    case success
    case failure(String)
}

/// A probe of the spec.
struct ProbeDefinition: Sendable {
    let kind: ProbeKind
    let spec: JSON
    let initialDelaySeconds: Int64
    let periodSeconds: Int64
    let successThreshold: Int
    let failureThreshold: Int
    /// Overrides the pod's grace when this probe's failure kills the container.
    let graceSeconds: Int64?

    init(_ kind: ProbeKind, _ spec: JSON) {
        self.kind = kind
        self.spec = spec
        initialDelaySeconds = max(0, spec["initialDelaySeconds"]?.int ?? 0)
        periodSeconds = max(1, spec["periodSeconds"]?.int ?? 10)
        successThreshold = max(1, Int(spec["successThreshold"]?.int ?? 1))
        failureThreshold = max(1, Int(spec["failureThreshold"]?.int ?? 3))
        graceSeconds = spec["terminationGracePeriodSeconds"]?.int
    }
}

/// One probe of one running container: upstream's prober worker as a value.
struct ProbeState: Sendable {
    enum Verdict: Sendable { case unknown, success, failure }
    let definition: ProbeDefinition
    private(set) var verdict: Verdict
    private(set) var nextAt: Timestamp
    private var isInFlight = false
    private var row = 0
    private var lastWasSuccess = false

    init(_ definition: ProbeDefinition, startedAt: Timestamp, now: Timestamp) {
        self.definition = definition
        // A liveness probe trusts until told otherwise; the others have to earn it.
        verdict = definition.kind == .liveness ? .success : definition.kind == .readiness ? .failure : .unknown
        let first = startedAt.adding(seconds: definition.initialDelaySeconds)
        nextAt = first < now ? now : first
    }

    /// An adopted container keeps the readiness that its status had.
    mutating func assume(_ verdict: Verdict) { self.verdict = verdict }

    /// Whether a try is due; marks it as under way.
    mutating func take(now: Timestamp) -> Bool {
        guard !isInFlight, nextAt <= now else { return false }
        isInFlight = true
        nextAt = now.adding(seconds: definition.periodSeconds)
        return true
    }

    /// When to look again; nil while a try is under way.
    var wakeAt: Timestamp? { isInFlight ? nil : nextAt }

    /// Counts an answer in; true when the verdict changed.
    mutating func absorb(_ outcome: ProbeOutcome, now: Timestamp) -> Bool {
        isInFlight = false
        let isSuccess = outcome == .success
        row = isSuccess == lastWasSuccess ? row + 1 : 1
        lastWasSuccess = isSuccess
        guard row >= (isSuccess ? definition.successThreshold : definition.failureThreshold) else { return false }
        let new: Verdict = isSuccess ? .success : .failure
        defer { verdict = new }
        return verdict != new
    }
}
