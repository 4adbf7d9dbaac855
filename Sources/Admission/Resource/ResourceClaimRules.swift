import Document
import Schema

struct ResourceClaimRules: KindRules {
    func setDefaults(_ object: inout JSON) { object.modify("spec") { ResourceClaimRules.fill(&$0) } }

    static func fill(_ spec: inout JSON) {
        spec.modify("devices") { devices in
            devices.modify("requests") { requests in
                requests.modifyElements { _, request in
                    request.modify("exactly") { if !$0.isNull { fillRequest(&$0) } }
                    request.modify("firstAvailable") { $0.modifyElements { _, sub in fillRequest(&sub) } }
                }
            }
        }
    }

    private static func fillRequest(_ request: inout JSON) {
        request.fillText("allocationMode", "ExactCount")
        if request.text("allocationMode") == "ExactCount", (request.integer("count") ?? 0) == 0 { request["count"] = 1 }
        request.modify("tolerations") {
            $0.modifyElements { _, toleration in toleration.fillText("operator", "Equal") }
        }
    }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = [:]
    }

    /// What was said of devices that are no longer allocated goes with them.
    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        guard subresource == "status" else { return }
        let gone = ClaimStatusRules.allocated(old).subtracting(ClaimStatusRules.allocated(object))
        if gone.isEmpty { return }
        object.modify("status") { status in
            status["devices"] = .array(
                status.list("devices").filter { !gone.contains(ClaimStatusRules.identity($0)) })
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        return DeviceClaimRules.validateAdminAccess(spec, of: object, context)
            + DeviceClaimRules.validate(spec["devices"] ?? .null, "spec.devices")
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        if subresource == "status" { return ClaimStatusRules.validate(object, old: old) }
        return ObjectMetaRules.revalidate(object, old: old)
            + Immutability.check(object["spec"], old["spec"], path: "spec", form: "ResourceClaimSpec")
    }
}
