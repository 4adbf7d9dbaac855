import Document
import Schema

/// What of a Service stays once it is set.
enum ServiceUpdate {
    private static let once = "may not change once set"

    static func validate(_ service: JSON, old: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        let (new, was) = (ServiceFields(service), ServiceFields(old))
        validateAddresses(new, was, &errors)
        validateFamilies(new, was, &errors)
        if new.isLoadBalancer, was.isLoadBalancer,
            new.spec["loadBalancerClass"] ?? .null != was.spec["loadBalancerClass"] ?? .null
        {
            errors.append(.invalid("spec.loadBalancerClass", new.spec["loadBalancerClass"] ?? .null, once))
        }
        ServiceValidation.validateLoadBalancerClass(new, &errors)
        if new.needsHealthCheck, was.needsHealthCheck,
            new.spec.integer("healthCheckNodePort") != was.spec.integer("healthCheckNodePort")
        {
            errors.append(.forbidden("spec.healthCheckNodePort", Message.immutable))
        }
        return errors
    }

    private static func validateAddresses(_ new: ServiceFields, _ was: ServiceFields, _ errors: inout [FieldError]) {
        if new.type == "ExternalName" || was.type == "ExternalName" || (new.isHeadless && was.isHeadless) { return }
        // Of a type that is none nothing is known.
        guard new.needsClusterIP else { return }
        let shown = new.spec["clusterIPs"] ?? .null
        let (after, before) = (new.clusterIPs, was.clusterIPs)
        if after.count == before.count {
            for (i, (a, b)) in zip(after, before).enumerated() where errors.hasRoom && a != b {
                errors.append(.invalid("spec.clusterIPs[\(i)]", shown, once))
            }
            return
        }
        if after.isEmpty { errors.append(.invalid("spec.clusterIPs[0]", shown, "primary clusterIP can not be unset")) }
        if let a = after.first, let b = before.first, a != b {
            errors.append(.invalid("spec.clusterIPs[0]", shown, once))
        }
        if after.count == 1, before.count > 1, new.spec.text("ipFamilyPolicy") != "SingleStack" {
            errors.append(
                .invalid(
                    "spec.ipFamilyPolicy", new.spec["ipFamilyPolicy"] ?? .null,
                    "must be set to 'SingleStack' when releasing the secondary clusterIP"))
        }
    }

    private static func validateFamilies(_ new: ServiceFields, _ was: ServiceFields, _ errors: inout [FieldError]) {
        if new.type == "ExternalName" || was.type == "ExternalName" || new.isHeadless || was.isHeadless { return }
        let (after, before) = (new.spec.list("ipFamilies"), was.spec.list("ipFamilies"))
        let path = "spec.ipFamilies[0]"
        if after.count == before.count {
            for (a, b) in zip(after, before) where a != b { errors.append(.invalid(path, .array(after), once)) }
            return
        }
        if after.count < before.count, new.clusterIPs.isEmpty {
            errors.append(.invalid(path, .array(after), "primary ipFamily can not be unset"))
        }
        if let a = after.first, let b = before.first, a != b {
            errors.append(.invalid(path, new.spec["clusterIPs"] ?? .null, once))
        }
        if after.count == 1, before.count > 1, new.spec.text("ipFamilyPolicy") != "SingleStack" {
            errors.append(
                .invalid(
                    "spec.ipFamilyPolicy", new.spec["ipFamilyPolicy"] ?? .null,
                    "must be set to 'SingleStack' when releasing the secondary ipFamily"))
        }
    }
}
