import Addresses
import Document
import Schema

/// Fills in `ipFamilies` and `ipFamilyPolicy`. The cluster has one family, IPv4.
enum ServiceFamilies {
    static func fill(_ service: inout JSON, old: JSON?) throws(APIError) {
        let fields = ServiceFields(service)
        if fields.type == "ExternalName" { return }
        let loose = ServiceValidation.validateAddresses(service)
        if !loose.isEmpty { throw invalid(service, loose) }
        var families = fields.spec.list("ipFamilies")
        var errors: [FieldError] = []
        for (i, text) in fields.clusterIPs.enumerated()
        where errors.hasRoom && text != "None" && i >= families.count {
            if IPAddress(text)?.isIPv6 ?? false {
                errors.append(
                    .invalid(
                        "spec.clusterIPs[\(i)]", service["spec", "clusterIPs"] ?? .null,
                        "IPv6 is not configured on this cluster"))
            } else {
                families.append("IPv4")
            }
        }
        var policy = fields.spec.given("ipFamilyPolicy")?.string
        let isFree = fields.isHeadless && (fields.spec["selector"]?.entries.isEmpty ?? true)
        if isFree {
            // Without a selector nothing depends on what the cluster can do.
            policy = policy ?? "RequireDualStack"
            if families.isEmpty { families = ["IPv4"] }
            if families.count < 2, policy != "SingleStack" { families.append(families[0] == "IPv4" ? "IPv6" : "IPv4") }
        } else {
            if policy == nil {
                policy = fields.clusterIPs.count == 2 || families.count == 2 ? "RequireDualStack" : "SingleStack"
            }
            if policy == "SingleStack" {
                if fields.clusterIPs.count == 2 {
                    errors.append(
                        .invalid(
                            "spec.ipFamilyPolicy", .string("SingleStack"),
                            "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified"))
                }
                if families.count == 2 {
                    errors.append(
                        .invalid(
                            "spec.ipFamilyPolicy", .string("SingleStack"),
                            "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified"))
                }
            }
            if policy == "RequireDualStack" {
                errors.append(
                    .invalid(
                        "spec.ipFamilyPolicy", .string("RequireDualStack"),
                        "this cluster is not configured for dual-stack services"))
            }
            for (i, family) in families.enumerated() where errors.hasRoom && family == "IPv6" {
                errors.append(.invalid("spec.ipFamilies[\(i)]", family, "not configured on this cluster"))
            }
            if families.isEmpty { families = ["IPv4"] }
        }
        if !errors.isEmpty { throw invalid(service, errors) }
        service["spec", "ipFamilies"] = .array(families)
        service["spec", "ipFamilyPolicy"] = policy.map { .string($0) }
    }

    static func invalid(_ service: JSON, _ errors: [FieldError]) -> APIError {
        .invalid(GroupVersionKind(version: "v1", kind: "Service"), service["metadata"]?.text("name") ?? "", errors)
    }
}
