import ClusterState
import Document
import Engine
import Requests
import Schema

/// `/reckon/v1/pages?resource=NAME[&group&namespace&labelSelector&size&at=WHEN]`: where the pages of a list begin, with the continue
/// token of each, in every namespace in which the caller may list. A reader of a long list goes to any place of it with one request.
extension APIServer {
    static let pageSizes = 50...5000

    func listPages(_ exchange: Exchange, _ snapshot: Snapshot) throws(APIError) {
        let query = exchange.info.query
        let size = try number(exchange, "size", default: 500, in: Self.pageSizes)
        let (group, resource) = (query["group"] ?? "", query["resource"] ?? "")
        guard !resource.isEmpty else {
            throw .badRequest("resource: name the kind whose list is meant, by its plural name")
        }
        let options = try ListOptions(query, isWatch: false)
        inPast { [self] in
            do throws(APIError) {
                let revision = try momentRevision(exchange, "at", isExact: true)
                let pinned = revision == snapshot.revision ? nil : revision
                let wanted = query["namespace"] ?? ""
                var then = snapshot
                if let pinned {
                    let parts = PastParts(allOf: group, resource, namespace: wanted)
                    then = Snapshot(of: try engine.past(parts, at: pinned))
                }
                exchange.shownRevision = then.revision
                guard
                    let type = then.catalog.resources.first(where: {
                        $0.resource == resource && $0.group == group && $0.verbs.contains("list")
                    })
                else {
                    throw APIError(
                        code: 404, reason: "NotFound",
                        message: "no kind \(resource) of the API group \"\(group)\" could be listed at that moment")
                }
                var sight = ObjectSight(self, exchange.authentication.user, snapshot)
                let namespaces = try listable(type, wanted, snapshot, &sight)
                var (pages, total): ([JSON], Int) = ([], 0)
                for namespace in namespaces {
                    let selection = try Selection(type, namespace: namespace, options: options, state: then.state)
                    let part = ListPages(selection, state: then.state, size: size, pinned: pinned)
                    total += part.total
                    pages += part.pages.map { Self.page($0, of: selection) }
                }
                let answer: JSON = [
                    "kind": "ListPages", "apiVersion": "reckon.dev/v1", "revision": .int(Int64(then.revision)),
                    "size": .int(Int64(size)), "total": .int(Int64(total)), "pages": .array(pages),
                ]
                note(exchange, code: 200)
                exchange.answer(200, answer.encoded())
            } catch {
                fail(exchange, error)
            }
        }
    }

    private static func page(_ page: ListPages.Page, of selection: Selection) -> JSON {
        var json: JSON = ["count": .int(Int64(page.count)), "name": .string(page.first.name)]
        if !page.first.namespace.isEmpty { json["namespace"] = .string(page.first.namespace) }
        // Which list it is a page of: that of one namespace, or of all.
        if !selection.namespace.isEmpty { json["list"] = .string(selection.namespace) }
        if let token = page.continueToken { json["continue"] = .string(token) }
        return json
    }

    /// The namespaces whose lists together show what the caller may list: one "" when that is everything, or the kind has none.
    private func listable(
        _ type: ResourceType, _ wanted: String, _ snapshot: Snapshot, _ sight: inout ObjectSight
    ) throws(APIError) -> [String] {
        let (group, resource) = (type.store.group, type.store.resource)
        let isEverywhere = sight.mayList(group, resource, in: "")
        if isEverywhere || !type.isNamespaced || !wanted.isEmpty {
            let namespace = type.isNamespaced ? wanted : ""
            if isEverywhere || sight.mayList(group, resource, in: namespace) { return [namespace] }
        } else {
            let all = snapshot.state.objects(GroupResource(resource: "namespaces")).map(\.key.name)
            var names: [String] = []
            for name in all where sight.mayList(group, resource, in: name) { names.append(name) }
            if !names.isEmpty { return names }
        }
        let place = wanted.isEmpty ? "at the cluster scope" : "in the namespace \"\(wanted)\""
        throw .forbidden(type.groupResource, "", "this user cannot list them \(place)")
    }
}
