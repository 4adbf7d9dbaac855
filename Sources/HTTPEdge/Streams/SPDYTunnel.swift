import NIOCore

/// A SPDY connection passed through: the client's on this side, the runtime's own on the other; nobody looks at the streams in between.
public enum SPDYTunnel {
    /// Connects to `url` with the client's protocol versions, and answers 101 with the one that the other side chose. `failed` is
    /// called, with nothing answered yet, when the other side does not take the connection.
    public static func join(
        _ responder: EdgeResponder, _ client: HTTPClient, url: String, versions: [String],
        failed: @escaping @Sendable (any Error) -> Void
    ) {
        client.upgrade(url, proto: "SPDY/3.1", headers: versions.map { ("X-Stream-Protocol-Version", $0) })
            .whenComplete { result in
                switch result {
                case .failure(let error): failed(error)
                case .success(let (inner, headers)):
                    let chosen = headers["x-stream-protocol-version"].map { [("x-stream-protocol-version", $0)] } ?? []
                    responder.acceptUpgrade("SPDY/3.1", headers: chosen) { outer in
                        guard let outer else { return inner.close() }
                        RawSplice.join(outer, inner)
                    }
                }
            }
    }
}
