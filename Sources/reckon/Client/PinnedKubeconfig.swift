import Foundation

/// A kubeconfig file of its own, for its owner only, whose server is the past. Removed by who made it.
struct PinnedKubeconfig {
    let path: String
    private let directory: URL

    /// `when` is a WHEN as the server reads it. A server that looks at the past already looks at another one instead.
    init(path: String?, at when: String) throws {
        let config = try Kubeconfig(path: path)
        var server = config.server.hasSuffix("/") ? String(config.server.dropLast()) : config.server
        if let past = server.range(of: "/at/[^/]*$", options: .regularExpression) { server.removeSubrange(past) }
        let pinned = config.replacingServer(server + "/at/" + when)
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("reckon-at-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let file = directory.appendingPathComponent("config")
        try JSONSerialization.data(withJSONObject: pinned, options: [.withoutEscapingSlashes]).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        self.path = file.path
    }

    func environment(at when: String) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment
        environment["KUBECONFIG"] = path
        environment["RECKON_AT"] = when
        return environment
    }

    func remove() { try? FileManager.default.removeItem(at: directory) }
}
