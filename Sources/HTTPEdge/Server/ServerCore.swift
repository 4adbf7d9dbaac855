import NIOCore

final class ServerCore: Sendable {}
