public import Document
public import Schema

/// What a DELETE or a deletecollection asks for, in its query or its body: Kubernetes' `DeleteOptions`.
public struct DeleteOptions: Sendable, Equatable {
    public enum Propagation: String, Sendable {
        case orphan = "Orphan"
        case background = "Background"
        case foreground = "Foreground"
    }
    public var gracePeriodSeconds: Int64?
    /// nil: the kind's default. `orphanDependents` of old clients is folded in.
    public var propagation: Propagation?
    public var isDryRun = false
    /// Refuse unless the object has this uid.
    public var uid: String?
    /// Refuse unless the object has this resourceVersion.
    public var resourceVersion: String?
    /// Delete an object whose stored form can no longer be read.
    public var ignoresStoreReadError = false

    public init() {}

    /// Reads the body when there is one, the query otherwise, as upstream does. `body` is nil for an empty one.
    public init(_ query: Query, body: JSON?) throws(APIError) {
        var policy: String?
        var orphan: Bool?
        var dryRun: [String] = []
        if let body, !body.isNull {
            let said = SentObject.said(
                by: body, otherwise: GroupVersionKind(apiVersion: "meta.k8s.io/v1", kind: "DeleteOptions"))
            if said.kind != "DeleteOptions" {
                throw .badRequest(
                    "no kind \"\(said.kind)\" is registered for version \"\(said.apiVersion)\" in scheme "
                        + "\"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27\"")
            }
            gracePeriodSeconds = body["gracePeriodSeconds"]?.int
            policy = body["propagationPolicy"]?.string
            orphan = body["orphanDependents"]?.bool
            dryRun = body["dryRun"]?.strings ?? []
            uid = body["preconditions", "uid"]?.string
            resourceVersion = body["preconditions", "resourceVersion"]?.string
            ignoresStoreReadError = body["ignoreStoreReadErrorWithClusterBreakingPotential"]?.bool ?? false
        } else {
            do throws(QueryError) {
                gracePeriodSeconds = try query.integer("gracePeriodSeconds")
            } catch {
                throw .badRequest(error.message)
            }
            policy = query["propagationPolicy"]
            orphan = query.flag("orphanDependents")
            dryRun = query.all("dryRun").filter { !$0.isEmpty }
            if let value = query["preconditions.uid"], !value.isEmpty { uid = value }
            ignoresStoreReadError = query.flag("ignoreStoreReadErrorWithClusterBreakingPotential") ?? false
        }
        var errors: [FieldError] = []
        if let policy, orphan != nil {
            errors.append(
                .invalid(
                    "propagationPolicy", .string(policy), "orphanDependents and deletionPropagation cannot be both set")
            )
        }
        if let policy, Propagation(rawValue: policy) == nil {
            errors.append(
                .notSupported("propagationPolicy", .string(policy), ["Background", "Foreground", "Orphan", "nil"]))
        }
        errors += WriteOptions.dryRunErrors(dryRun)
        if !errors.isEmpty {
            throw .invalid(GroupVersionKind(group: "meta.k8s.io", version: "", kind: "DeleteOptions"), "", errors)
        }
        isDryRun = !dryRun.isEmpty
        propagation = policy.flatMap(Propagation.init(rawValue:))
        if let orphan { propagation = orphan ? .orphan : .background }
    }
}
