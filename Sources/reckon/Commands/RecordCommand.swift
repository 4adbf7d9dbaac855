import ArgumentParser
import Document
import EventLog
import Foundation
import HTTPEdge
import Logging
import Recorder

struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Record everything that happens in another Kubernetes cluster.",
        discussion: """
              reckon record --kubeconfig prod.kubeconfig --data /var/lib/prod-recording
              reckon serve --data /var/lib/prod-recording
            Every kind that can be listed and watched is recorded, custom ones included, as they appear. Started again it goes on
            where it stopped; times that it did not see are gaps: `kubectl get gaps`, and a warning on every read inside one.
            Secrets' values are replaced unless --include-secrets is given. Needs the rights get, list and watch there.
            Exit status: 0 stopped by a signal, 1 the cluster cannot be reached or the directory not be used, 64 usage.
            """)

    @Option(help: "The kubeconfig of the cluster; $KUBECONFIG or ~/.kube/config by default.")
    var kubeconfig: String?
    @Option(help: "The directory of the recording. Made when it does not exist.")
    var data: String
    @Option(
        parsing: .upToNextOption,
        help: "Only these kinds: plural names, with the group where it matters (deployments.apps).")
    var kinds: [String] = []
    @Option(name: [.customShort("n"), .long], help: "Only this namespace, and what lies in none.")
    var namespace: String?
    @Flag(help: "Keep the values of Secrets.")
    var includeSecrets = false

    func run() async throws {
        var logger = Logger(label: "reckon") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        let config = try Kubeconfig(path: kubeconfig)
        var scope = Recorder.Scope()
        scope.kinds = kinds.flatMap { $0.split(separator: ",").map { $0.lowercased() } }
        scope.namespace = namespace
        scope.includesSecrets = includeSecrets
        let directory = URL(fileURLWithPath: data).path
        let log: DiskLog
        let recorder: Recorder
        let source = try SourceCluster(config)
        do throws(LogError) {
            log = try DiskLog(directory: directory)
            recorder = try Recorder(
                source, log: log, scope: scope, redactionKey: try Self.redactionKey(directory), logger: logger)
        } catch { throw StartupError(error.description) }
        let count: Int
        do { count = try await recorder.start() } catch {
            await recorder.stop()
            throw StartupError("\(source.server) cannot be recorded: \(error)")
        }
        print("recording \(source.server) into \(data): \(count) kinds")
        fflush(nil)
        let work = Task { await recorder.run() }
        await StopSignal.wait()
        work.cancel()
        await recorder.stop()
    }

    /// What makes redacted values comparable: of this recording only, and never in the log.
    private static func redactionKey(_ directory: String) throws(LogError) -> [UInt8] {
        let path = directory + "/redaction.key"
        if let key = FileManager.default.contents(atPath: path), key.count == 32 { return Array(key) }
        let key = (0..<32).map { _ in UInt8.random(in: 0...255) }
        let isMade = FileManager.default.createFile(
            atPath: path, contents: Data(key), attributes: [.posixPermissions: 0o600])
        guard isMade else { throw .unusable("\(path) cannot be written") }
        return key
    }
}

extension SourceCluster {
    /// The cluster of a kubeconfig's current context.
    convenience init(_ config: Kubeconfig) throws {
        let server = config.server.hasSuffix("/") ? String(config.server.dropLast()) : config.server
        guard !server.isEmpty else { throw ValidationError("the kubeconfig's cluster names no server") }
        let user = config.user
        var tls = HTTPClient.TLS()
        tls.authorities = config.bytes(config.cluster, "certificate-authority")
        tls.certificateChain = config.bytes(user, "client-certificate")
        tls.privateKey = config.bytes(user, "client-key")
        tls.trustsAnyone = config.cluster["insecure-skip-tls-verify"] as? Bool ?? false
        var headers = [("User-Agent", "reckon-record/\(Reckon.version)")]
        if let token = user["token"] as? String {
            headers.append(("Authorization", "Bearer " + token))
        } else if let path = user["tokenFile"] as? String,
            let token = try? String(contentsOfFile: path, encoding: .utf8)
        {
            headers.append(("Authorization", "Bearer " + token.trimmingCharacters(in: .whitespacesAndNewlines)))
        } else if tls.certificateChain == nil, user["exec"] != nil || user["auth-provider"] != nil {
            throw ValidationError(
                "the kubeconfig's user is made by a plugin, which is not run here: give one with a token or certificate"
            )
        }
        self.init(server: server, tls: tls, headers: headers)
    }
}
