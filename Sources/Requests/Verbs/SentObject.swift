public import Document
public import Schema

/// Bodies read as objects of a kind, as upstream's decoder reads them.
public enum SentObject {
    /// A body as an object of a kind that is not stored as it is sent, a Scale, a Binding or a review: `apiVersion` and `kind`
    /// are set, unknown members dropped, values in their one form. 400 for what says that it is something else or does not fit.
    public static func read(_ body: JSON, as wanted: GroupVersionKind, in catalog: Catalog) throws(APIError) -> JSON {
        do throws(UnreadableBody) {
            return try decode(body, as: wanted, in: catalog)
        } catch {
            throw error.refusal(ofKind: wanted.kind)
        }
    }

    private static func decode(_ body: JSON, as wanted: GroupVersionKind, in catalog: Catalog) throws(UnreadableBody)
        -> JSON
    {
        var object = body.isNull ? .object(JSONObject()) : body
        let said = self.said(by: object, otherwise: wanted)
        if said != wanted { throw mismatch(object, said, wanted, group: wanted.group, in: catalog) }
        if let schema = catalog.type(for: wanted) {
            do throws(APIError) { try Conforming.conform(&object, to: schema) } catch {
                throw UnreadableBody(error, wanted)
            }
        }
        object["apiVersion"] = .string(wanted.apiVersion)
        object["kind"] = .string(wanted.kind)
        return object
    }

    /// What an object says that it is; where it is silent, what is wanted.
    static func said(by object: JSON, otherwise wanted: GroupVersionKind) -> GroupVersionKind {
        let version = object["apiVersion"]?.string ?? ""
        let kind = object["kind"]?.string ?? ""
        return GroupVersionKind(
            apiVersion: version.isEmpty ? wanted.apiVersion : version, kind: kind.isEmpty ? wanted.kind : kind)
    }

    /// Why an object of one built-in kind is none of another. It is read as what it says that it is before it is found to be the
    /// wrong thing. `group` is the one whose kinds are looked through.
    static func mismatch(
        _ object: JSON, _ said: GroupVersionKind, _ wanted: GroupVersionKind, group: String, in catalog: Catalog
    ) -> UnreadableBody {
        guard let schema = catalog.type(for: said) else {
            return UnreadableBody(
                "no kind \"\(said.kind)\" is registered for version \"\(said.apiVersion)\" in scheme \"\(scheme(group))\"",
                said)
        }
        var read = object
        do throws(APIError) { try Conforming.conform(&read, to: schema) } catch {
            return UnreadableBody(error, said)
        }
        return UnreadableBody(
            "converting (\(goName(said))) to (\(goName(wanted, isInternal: true))): unknown conversion", said)
    }

    /// Where upstream lists the kinds of a group.
    private static func scheme(_ group: String) -> String {
        switch group {
        case "apiextensions.k8s.io": "k8s.io/apiextensions-apiserver/pkg/apiserver/apiserver.go:55"
        case "apiregistration.k8s.io": "k8s.io/kube-aggregator/pkg/apiserver/scheme/scheme.go:28"
        default: "pkg/api/legacyscheme/scheme.go:30"
        }
    }

    private static func goName(_ kind: GroupVersionKind, isInternal: Bool = false) -> String {
        let package = kind.group.isEmpty ? "core" : String(kind.group.split(separator: ".")[0])
        return isInternal ? "\(package).\(kind.kind)" : "\(kind.version).\(kind.kind)"
    }
}
