import APIServer
import Admission
import ArgumentParser
import ClusterState
import Document
import Engine
import EventLog
import Foundation
import HTTPEdge
import Identity
import Logging
import NIOPosix
import Recorder
import Records
import Schema

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Show a recording, an incident file or any log to kubectl and the page, read-only.",
        discussion: """
              reckon serve --data /var/lib/prod-recording
              reckon serve incident.reckon
            The ordinary API of the newest moment, every earlier one under /at/WHEN/, history, and the page at /ui/. Writes are
            refused with 405. It may run beside the recorder (or server) that writes the log, and follows it. Needs no cluster and
            no root. The printed kubeconfig, and the printed link to the page, may read everything.
            Exit status: 0 stopped by a signal, 1 it cannot be opened or served, 2 the file is damaged, 64 usage.
            """)

    @Argument(help: "An incident file.")
    var file: String?
    @Option(help: "The directory of a recording or log.")
    var data: String?
    @Option(help: "Address and port to serve on; port 0 takes a free one.")
    var listen = "127.0.0.1:0"
    @Option(help: "The file with the key or phrase of an encrypted incident file.")
    var keyFile: String?
    @Option(help: "Where to write the kubeconfig; in a temporary directory by default.")
    var kubeconfig: String?
    @Option(name: .customLong("token-auth-file"), help: "Static tokens, as kube-apiserver reads them.")
    var tokenAuthFile: String?

    func validate() throws {
        guard (file == nil) != (data == nil) else {
            throw ValidationError("say what to serve: an incident file, or --data DIR")
        }
        guard let colon = listen.lastIndex(of: ":"), let port = Int(listen[listen.index(after: colon)...]),
            (0...65535).contains(port)
        else { throw ValidationError("--listen wants ADDRESS:PORT, for example 127.0.0.1:6443") }
    }

    func run() async throws {
        var made = Logger(label: "reckon") { StreamLogHandler.standardError(label: $0) }
        made.logLevel = .notice
        let logger = made
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent(
            "reckon-serve-\(ProcessInfo.processInfo.processIdentifier)"
        ).path
        try? FileManager.default.removeItem(atPath: scratch)
        try FileManager.default.createDirectory(
            atPath: scratch, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: scratch) }

        var directory = data ?? ""
        if let file {
            directory = scratch + "/log"
            do throws(LogError) {
                _ = try LogRestore.run(from: file, to: directory, secret: try Self.secret(keyFile))
            } catch {
                if case .damaged = error {
                    FileHandle.standardError.write(Data("\(error.description)\n".utf8))
                    throw ExitCode(2)
                }
                throw StartupError(error.description)
            }
        }
        guard FileManager.default.fileExists(atPath: directory) else {
            throw StartupError("there is no directory \(directory)")
        }
        let log: ServedLog
        let state: ClusterState
        do throws(LogError) {
            log = ServedLog(try DiskLog(directory: directory, isReadOnly: true))
            state = try log.recover().state
        } catch { throw StartupError(error.description) }

        let engine = Engine(log: log, recovered: state, settings: ClusterSettings(), logger: logger)
        engine.start()
        // Made anew at each start: what the kubeconfig and the link to the page sign in with.
        let token = (0..<4).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
        let pki: ClusterPKI
        let tokens: ServiceAccountTokens
        let authenticator: Authenticator
        do throws(IdentityError) {
            pki = try ClusterPKI.open(
                scratch + "/pki",
                serving: .apiServer(
                    nodeName: ProcessInfo.processInfo.hostName, firstServiceAddress: "",
                    hostAddresses: HostAddresses.all()), now: engine.now)
            tokens = ServiceAccountTokens(
                issuer: ClusterSettings().serviceAccountIssuer, signingKey: pki.serviceAccountKey
            ) { bound in engine.live(bound) }
            var known = try TokenFile(parsing: "")
            if let tokenAuthFile { known = try TokenFile.read(tokenAuthFile) }
            authenticator = try Authenticator(
                clientAuthorities: [pki.authority.pair.certificate],
                tokenFile: known.adding(token, user: "reader", groups: ["system:masters"]), tokens: tokens)
        } catch { throw StartupError(error.description) }
        let title =
            file.map { "the incident file \($0)" }
            ?? (RecordingNotices.isRecording(state) ? "a recording" : "a log")
        let group = MultiThreadedEventLoopGroup.singleton
        let server = APIServer(
            engine: engine, authenticator: authenticator, tokens: tokens, settings: ClusterSettings(),
            version: Reckon.serverVersion,
            nodes: NodeRegistry(client: HTTPClient(group: group)) { _ in nil }, group: group, frontProxy: nil,
            shown: ShownLog(
                title: title, notice: { RecordingNotices.notice(of: $0, at: $1, in: $2) },
                gaps: { RecordingNotices.gaps(in: $0) }), logger: logger)
        let colon = listen.lastIndex(of: ":")!
        let host = listen[..<colon].isEmpty ? "0.0.0.0" : String(listen[..<colon])
        let edge = try await EdgeServer.start(
            .init(
                addresses: [(host, Int(listen[listen.index(after: colon)...])!)],
                tls: .init(
                    certificateChain: pki.serving.certificateBytes, privateKey: pki.serving.privateKeyBytes,
                    clientCertificateAuthorities: pki.authority.pair.certificateBytes)), group: group, handler: server)
        let address = host == "0.0.0.0" ? "127.0.0.1" : host
        let url = "https://\(address):\(edge.ports.first ?? 0)"
        let path = kubeconfig ?? scratch + "/kubeconfig"
        do throws(IdentityError) {
            try Identity.Kubeconfig(
                server: url, authority: pki.authority.pair.certificate, user: "reader",
                credential: .token(token)
            ).write(to: path)
        } catch { throw StartupError(error.description) }

        // What another process adds to the log is seen here half a second later.
        let following = PeriodicTask {
            do throws(LogError) {
                if try log.refresh() {
                    while engine.snapshot.revision < log.head.revision {
                        let events = try log.events(from: engine.snapshot.revision + 1, limit: 2000)
                        guard let last = events.last?.revision else { break }
                        engine.publish(written: events)
                        while engine.snapshot.revision < last { usleep(1000) }
                    }
                }
            } catch { logger.error("the log cannot be followed: \(error.description)") }
            return 500_000
        }
        print("ready \(url)  (export KUBECONFIG=\(path))")
        print("page  \(url)/ui/#token=\(token)")
        fflush(nil)
        await StopSignal.wait()
        following.stop()
        server.stop()
        await edge.shutdown(grace: .seconds(2))
        engine.stop()
        log.close()
    }

    private static func secret(_ path: String?) throws(LogError) -> ArchiveSecret? {
        do { return try archiveSecret(path) } catch { throw .unusable("\(error)") }
    }
}
