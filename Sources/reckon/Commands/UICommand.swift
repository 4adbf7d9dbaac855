import ArgumentParser
import Foundation

struct UICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ui", abstract: "Print (or open) the address of the cluster's timeline in a browser.",
        discussion: """
            A kubeconfig with a token makes a link that signs in by itself: the token stands behind the # and never leaves the \
            browser. With a client certificate the browser has to know it: --export writes it as a file that browsers import.
              reckon ui
              reckon ui --open
              reckon ui --at -15m
            Exit status: 0 printed, 1 not opened or not exported, 64 usage, or no usable kubeconfig.
            """)

    @Option(help: "The kubeconfig; $KUBECONFIG or ~/.kube/config by default.")
    var kubeconfig: String?

    @Flag(help: "Open it in the browser of this machine (xdg-open).")
    var open = false

    @Option(help: "The moment to begin with: a revision, a time or -15m.")
    var at: String?

    @Option(
        help:
            "Write the kubeconfig's client certificate and key to this file (PKCS #12, made by openssl), for import into a browser."
    )
    var export: String?

    func run() throws {
        let config = try Kubeconfig(path: kubeconfig)
        guard !config.server.isEmpty else { throw ValidationError("the kubeconfig's cluster names no server") }
        // A kubeconfig that looks at the past names a server with a path.
        let server = config.server.split(separator: "/", omittingEmptySubsequences: false).prefix(3).joined(
            separator: "/")
        if let export { try exportCertificate(config, to: export) }
        let place = at.map { "/objects/pods?at=" + $0 } ?? ""
        var address = server + "/ui/" + (place.isEmpty ? "" : "#" + place)
        if let token = config.user["token"] as? String, !token.isEmpty {
            var allowed = CharacterSet.alphanumerics
            allowed.insert(charactersIn: "-._~")
            address = server + "/ui/#token=" + (token.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")
            if let at { address += "&at=" + at }
            print(address)
            print("The link holds your token: pass on links that the page shows instead.")
        } else {
            print(address)
            if config.bytes(config.user, "client-certificate") != nil, export == nil {
                print(
                    """
                    This kubeconfig signs in with a certificate. Either give the browser that certificate once,
                      reckon ui --export reckon.p12     (then import reckon.p12 in the browser's settings)
                    or sign in with a token, for example
                      kubectl create token NAME -n NAMESPACE
                    """)
            }
        }
        guard open else { return }
        let status = try Subprocess.run(["xdg-open", address], environment: ProcessInfo.processInfo.environment)
        if status != 0 { throw StartupError("xdg-open ended with status \(status): open the address by hand") }
    }

    /// Browsers read certificates with their keys as PKCS #12; openssl makes it, without a password that would have to be told.
    private func exportCertificate(_ config: Kubeconfig, to path: String) throws {
        guard let certificate = config.bytes(config.user, "client-certificate"),
            let key = config.bytes(config.user, "client-key")
        else { throw StartupError("the kubeconfig's user has no client certificate to export") }
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("reckon-ui-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: directory) }
        let pem = directory.appendingPathComponent("pem")
        guard
            FileManager.default.createFile(
                atPath: pem.path, contents: Data(certificate + [0x0A] + key), attributes: [.posixPermissions: 0o600])
        else { throw StartupError("\(pem.path) cannot be written") }
        FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        let status = try Subprocess.run(
            [
                "openssl", "pkcs12", "-export", "-in", pem.path, "-out", path, "-name", "reckon", "-passout", "pass:",
            ],
            environment: ProcessInfo.processInfo.environment)
        guard status == 0 else {
            throw StartupError("openssl could not write \(path) (status \(status)): is openssl installed?")
        }
        print("wrote \(path): import it in the browser's certificate settings, with an empty password")
    }
}
