import ArgumentParser
import Document
import HTTPEdge
import NIOCore
import NIOPosix

/// The API server of a kubeconfig, for commands that ask it something.
struct ClusterClient {
    let server: String
    private let client: HTTPClient
    private let headers: [(String, String)]

    init(_ config: Kubeconfig) throws {
        server = config.server.hasSuffix("/") ? String(config.server.dropLast()) : config.server
        guard !server.isEmpty else { throw ValidationError("the kubeconfig's cluster names no server") }
        let user = config.user
        var tls = HTTPClient.TLS()
        tls.authorities = config.bytes(config.cluster, "certificate-authority")
        tls.certificateChain = config.bytes(user, "client-certificate")
        tls.privateKey = config.bytes(user, "client-key")
        tls.trustsAnyone = config.cluster["insecure-skip-tls-verify"] as? Bool ?? false
        client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton, tls: tls)
        var headers = [("User-Agent", "reckon/\(Reckon.version)"), ("Accept", "application/json")]
        if let token = user["token"] as? String { headers.append(("Authorization", "Bearer " + token)) }
        self.headers = headers
    }

    /// The document at a path; a refusal is thrown with the server's own words.
    func get(_ path: String) async throws -> JSON {
        let response: HTTPClient.Response
        do {
            response = try await client.send(.init(.GET, server + path, headers: headers))
        } catch {
            throw StartupError("\(server) cannot be reached: \(error)")
        }
        let body = response.body.withUnsafeReadableBytes { Array($0) }
        let document = (try? JSON(parsing: body)) ?? .null
        guard response.status == 200 else {
            throw StartupError(document["message"]?.string ?? "\(server)\(path) answered \(response.status)")
        }
        return document
    }
}
