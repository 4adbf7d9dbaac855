import Document

/// What is wrong at first sight with a certificate and its key: Go's words for inputs that hold no such PEM blocks.
enum TLSPairWarnings {
    static func of(_ data: JSON?) -> [String] {
        let certificates = blocks(data?["tls.crt"]?.string)
        if !certificates.contains("CERTIFICATE") {
            if certificates.isEmpty { return ["tls: failed to find any PEM data in certificate input"] }
            if certificates.count == 1, certificates[0].hasSuffix("PRIVATE KEY") {
                return [
                    "tls: failed to find certificate PEM data in certificate input, but did find a private key; "
                        + "PEM inputs may have been switched"
                ]
            }
            return [
                "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the following types: "
                    + "[\(certificates.joined(separator: " "))]"
            ]
        }
        let keys = blocks(data?["tls.key"]?.string)
        if keys.contains(where: { $0 == "PRIVATE KEY" || $0.hasSuffix(" PRIVATE KEY") }) { return [] }
        if keys.isEmpty { return ["tls: failed to find any PEM data in key input"] }
        if keys == ["CERTIFICATE"] {
            return ["tls: found a certificate rather than a key in the PEM for the private key"]
        }
        return [
            "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM blocks of the following types: "
                + "[\(keys.joined(separator: " "))]"
        ]
    }

    /// The types of the PEM blocks in base64, in order: those that begin and end.
    private static func blocks(_ encoded: String?) -> [String] {
        var out: [String] = []
        var open: String?
        for line in (Base64.decode(encoded ?? "") ?? []).split(whereSeparator: { $0 == 10 || $0 == 13 }) {
            let line = String(decoding: line, as: UTF8.self)
            if line.hasPrefix("-----BEGIN "), line.hasSuffix("-----") {
                open = String(line.dropFirst(11).dropLast(5))
            } else if let type = open, line == "-----END \(type)-----" {
                out.append(type)
                open = nil
            }
        }
        return out
    }
}
