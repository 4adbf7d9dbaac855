import Document
import HTTPEdge
import Requests
import Synchronization

/// The OpenAPI documents of aggregated servers, as they last gave them: what could not be asked for again stays.
final class AggregatedDocuments: Sendable {
    typealias Answer = Result<HTTPClient.Response, any Error>

    private struct Known {
        var service: AggregatedService
        var index: [(path: String, url: String)] = []
        var swagger: JSON?
        /// Of the document of version 2.
        var etag = ""
    }
    private struct State {
        var known: [String: Known] = [:]
        /// Grows with every change.
        var generation = 0
    }
    private let state = Mutex(State())

    /// All documents, with a number that tells whether they are others than before.
    var all: (documents: ForeignOpenAPI, generation: Int) {
        state.withLock { state in
            let servers = Self.ordered(state.known).map {
                ForeignOpenAPI.Server(path: $0.service.path, index: $0.index, swagger: $0.swagger)
            }
            return (servers.isEmpty ? .none : ForeignOpenAPI(servers), state.generation)
        }
    }

    /// Who has the document of version 3 at a path.
    func owner(of path: String) -> AggregatedService? {
        state.withLock { state in
            Self.ordered(state.known).first { $0.index.contains { $0.path == path } }?.service
        }
    }

    private static func ordered(_ known: [String: Known]) -> [Known] {
        known.values.sorted { $0.service.path.bytesPrecede($1.service.path) }
    }

    /// Asks a server for its documents. `ask` sends a GET of a path with headers.
    func learn(_ service: AggregatedService, ask: (String, [(String, String)]) -> Answer) {
        var known = state.withLock { $0.known[service.name] } ?? Known(service: service)
        var isNew = known.service != service
        known.service = service
        let accept = ("Accept", "application/json")
        if case .success(let answer) = ask("/openapi/v3", [accept]), answer.status == 200,
            let list = Self.document(answer)
        {
            let index = (list["paths"]?.entries ?? JSONObject()).compactMap { entry in
                entry.value["serverRelativeURL"]?.string.map { (path: entry.key, url: $0) }
            }
            isNew = isNew || !index.elementsEqual(known.index, by: ==)
            known.index = index
        }
        let condition = known.etag.isEmpty ? [] : [("If-None-Match", known.etag)]
        if case .success(let answer) = ask("/openapi/v2", [accept] + condition), answer.status == 200,
            let document = Self.document(answer)
        {
            isNew = isNew || known.swagger != document
            known.swagger = document
            known.etag = answer.headers["etag"] ?? ""
        }
        guard isNew else { return }
        let learned = known
        state.withLock { state in
            state.known[service.name] = learned
            state.generation += 1
        }
    }

    /// Forgets the servers that are no longer registered.
    func keep(only names: Set<String>) {
        state.withLock { state in
            let kept = state.known.filter { names.contains($0.key) }
            if kept.count != state.known.count { state.generation += 1 }
            state.known = kept
        }
    }

    private static func document(_ answer: HTTPClient.Response) -> JSON? {
        try? JSON(parsing: answer.body.withUnsafeReadableBytes { Array($0) })
    }
}
