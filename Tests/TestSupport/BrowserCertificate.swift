public import Foundation

/// A client certificate that a Chromium shows to one server without asking: in a certificate store of its own, with the browser's policy
/// that names the server. The policy is the machine's, so this needs root.
public struct BrowserCertificate {
    /// The HOME under which the browser finds the store.
    public let home: URL
    private let policy: URL

    public static var canBeShown: Bool {
        Chromium.path != nil && geteuid() == 0
            && ["openssl", "certutil", "pk12util"].allSatisfy { Tools.find($0) != nil }
    }

    /// The certificate of a kubeconfig's user, for the server at an address like `https://127.0.0.1:6443`.
    public init(kubeconfig: String, for server: String) throws {
        home = FileManager.default.temporaryDirectory.appendingPathComponent(
            "reckon-home-\(UUID().uuidString.prefix(8))")
        let store = home.appendingPathComponent(".pki/nssdb")
        try FileManager.default.createDirectory(at: store, withIntermediateDirectories: true)
        let text = try String(contentsOfFile: kubeconfig, encoding: .utf8)
        for (field, name) in [("client-certificate-data", "user.crt"), ("client-key-data", "user.key")] {
            let value = text.split(separator: "\n").first { $0.contains(field + "\"?:") || $0.contains(field + ":") }
            let encoded = value?.split(separator: ":").last.map {
                $0.trimmingCharacters(in: CharacterSet(charactersIn: " \"',}]"))
            }
            try (encoded.flatMap { Data(base64Encoded: $0) } ?? Data()).write(to: home.appendingPathComponent(name))
        }
        let bundle = home.appendingPathComponent("user.p12").path
        for command in [
            [
                "openssl", "pkcs12", "-export", "-in", home.path + "/user.crt", "-inkey", home.path + "/user.key",
                "-name", "user", "-passout", "pass:x", "-out", bundle,
            ],
            ["certutil", "-N", "-d", "sql:" + store.path, "--empty-password"],
            ["pk12util", "-i", bundle, "-d", "sql:" + store.path, "-W", "x"],
        ] {
            let answer = try Tools.run(command)
            guard answer.status == 0 else {
                throw Chromium.Failure(description: "\(command[0]): \(answer.errors)\(answer.output)")
            }
        }
        let directory = URL(fileURLWithPath: "/etc/chromium/policies/managed")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        policy = directory.appendingPathComponent("reckon-test-\(UUID().uuidString.prefix(8)).json")
        try #"{"AutoSelectCertificateForUrls":["{\"pattern\":\"\#(server)\",\"filter\":{}}"]}"#.write(
            to: policy, atomically: true, encoding: .utf8)
    }

    public func remove() {
        try? FileManager.default.removeItem(at: policy)
        try? FileManager.default.removeItem(at: home)
    }
}
