public import ClusterState
import Schema

/// Where the policies that are written as expressions are, and their bindings.
public enum AdmissionPolicies {
    static let validatingBindings = GroupResource(
        group: AdmissionRegistrationRules.group, resource: "validatingadmissionpolicybindings")
    static let mutatingBindings = GroupResource(
        group: AdmissionRegistrationRules.group, resource: "mutatingadmissionpolicybindings")

    /// Whether a binding puts any policy into force.
    public static func areBound(in state: ClusterState) -> Bool {
        state.count(validatingBindings) > 0 || state.count(mutatingBindings) > 0
    }
}
