import Document
import Schema

/// ServiceAccounts.
struct ServiceAccountRules: KindRules {
    var countsGeneration: Bool { false }

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) { clean(&object) }
    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        clean(&object)
    }

    /// Of the references to secrets only the names count.
    private func clean(_ object: inout JSON) {
        object.modify("secrets") { secrets in
            secrets.modifyElements { _, secret in
                secret = .object(JSONObject(secret.has("name") ? [("name", secret["name"]!)] : []))
            }
        }
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old)
            + ObjectMetaRules.validateCreate(object["metadata"] ?? .null, isNamespaced: true, nameRule: nameRule)
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        var out: [String] = []
        if old == nil, object["metadata", "annotations", "kubernetes.io/enforce-mountable-secrets"] != nil {
            out.append(
                "metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"
            )
        }
        return out
    }
}
