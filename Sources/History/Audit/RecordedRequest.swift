import Access
import Records
import Requests

/// A recorded request as authorizers saw it.
enum RecordedRequest {
    static func attributes(_ record: EventRecord) -> AccessAttributes {
        var path = record.request.path
        if path.hasPrefix("/at/") {
            let rest = path.dropFirst(4)
            path = String(rest[(rest.firstIndex(of: "/") ?? rest.endIndex)...])
        }
        let query = record.request.query.isEmpty ? "" : "?" + record.request.query
        let info = RequestInfo(method: "GET", target: path + query)
        let user = record.authentication.user
        guard info.isResourceRequest else {
            return AccessAttributes(user: user, verb: record.request.verb, path: path)
        }
        // A connection to a container is a create, whichever method opened it.
        let verb = record.request.verb
        let isCreate = info.isConnect && verb == "get" && info.subresource != "proxy"
        return AccessAttributes(
            user: user, verb: isCreate ? "create" : verb, group: info.group, version: info.version,
            resource: info.resource,
            subresource: info.subresource, namespace: info.namespace, name: info.name,
            fieldSelector: info.query["fieldSelector"] ?? "")
    }
}
