import Admission
import ClusterState
import Document
import Records
public import Schema

/// Checks the types in a ValidatingAdmissionPolicy's expressions once for each generation and writes what it finds into the
/// policy's status.
public struct ValidatingAdmissionPolicyStatusController: Controller {
    public let name = "validatingadmissionpolicy-status-controller"
    public var fieldManager: String { "validatingadmissionpolicy-status" }
    public var watches: Set<GroupResource>? { [.validatingAdmissionPolicies] }
    public init() {}

    public mutating func observe(_ change: ObservedChange, view: ClusterView, dirty: inout DirtyKeys) {
        if change.kind != .deleted { dirty.add(change.key) }
    }

    public mutating func reconcile(_ work: inout Work, view: ClusterView) {
        guard let policy = view.document(work.key), let catalog = view.catalog else { return }
        let generation = policy["metadata"]?["generation"]?.int ?? 0
        if generation <= policy["status"]?["observedGeneration"]?.int ?? 0 { return }
        let checker = PolicyTypeChecker(catalog, definitions: view.documents(.customResourceDefinitions))
        let warnings = checker.warnings(policy)
        var found: JSON = [:]
        if !warnings.isEmpty { found["expressionWarnings"] = .array(warnings) }
        work.decision = ["controller": .string(name), "warnings": .int(Int64(warnings.count))]
        let apiVersion = "admissionregistration.k8s.io/v1"
        work.patch(
            apiVersion, "validatingadmissionpolicies", "", work.key.name, .apply,
            [
                "apiVersion": .string(apiVersion), "kind": "ValidatingAdmissionPolicy",
                "metadata": ["name": .string(work.key.name)],
                "status": ["observedGeneration": .int(generation), "typeChecking": found],
            ], subresource: "status", tolerating: [404])
    }
}
