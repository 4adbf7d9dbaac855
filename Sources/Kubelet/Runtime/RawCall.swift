import GRPCCore
import GRPCNIOTransportHTTP2

/// gRPC with messages as plain bytes, for services of one small message.
final class RawCall: Sendable {
    private let client: GRPCClient<HTTP2ClientTransport.Posix>
    private let connection: Task<Void, Never>

    private init(_ target: any ResolvableTarget) throws {
        let transport = try HTTP2ClientTransport.Posix(
            target: target, transportSecurity: .plaintext, config: .defaults { $0.http2.authority = "localhost" })
        let client = GRPCClient(transport: transport)
        self.client = client
        connection = Task { try? await client.runConnections() }
    }
    convenience init(host: String, port: Int) throws { try self.init(.ipv4(address: host, port: port)) }
    convenience init(socket: String) throws { try self.init(.unixDomainSocket(path: socket, authority: "localhost")) }

    func close() {
        client.beginGracefulShutdown()
        connection.cancel()
    }

    func unary(_ service: String, _ method: String, _ body: [UInt8], seconds: Int64) async throws -> [UInt8] {
        var options = ContainerRuntime.within(seconds)
        options.waitForReady = false
        return try await client.unary(
            request: ClientRequest(message: body),
            descriptor: MethodDescriptor(fullyQualifiedService: service, method: method),
            serializer: PlainBytes(), deserializer: PlainBytes(), options: options
        ) { try $0.message }
    }

    /// Calls `each` for every message until the stream or the task ends.
    func stream(_ service: String, _ method: String, _ body: [UInt8], each: @escaping @Sendable ([UInt8]) async -> Void)
        async throws
    {
        try await client.serverStreaming(
            request: ClientRequest(message: body),
            descriptor: MethodDescriptor(fullyQualifiedService: service, method: method),
            serializer: PlainBytes(), deserializer: PlainBytes(), options: .defaults
        ) { response in
            for try await message in response.messages { await each(message) }
        }
    }
}

private struct PlainBytes: MessageSerializer, MessageDeserializer {
    typealias Message = [UInt8]
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> [UInt8] {
        bytes.withUnsafeBytes { Array($0) }
    }
}
