import ClusterState
import Document
import Records

/// Certificates that expire within thirty days, and requests for one that nobody answered.
extension StateExamination {
    func certificates(_ visibility: inout Visibility) -> [Finding] {
        var found: [Finding] = []
        for resource in ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"] where namespace == nil {
            for (stored, tree) in objects(resource, group: "admissionregistration.k8s.io", &visibility) {
                for webhook in tree["webhooks"]?.elements ?? [] {
                    let bundle = webhook["clientConfig", "caBundle"]?.string.flatMap { try? Base64.decode($0) } ?? []
                    found += expiring(bundle, "the authority of webhook \(webhook["name"]?.string ?? "")", stored)
                }
            }
        }
        if namespace == nil {
            for (stored, tree) in objects("apiservices", group: "apiregistration.k8s.io", &visibility) {
                let bundle = tree["spec", "caBundle"]?.string.flatMap { try? Base64.decode($0) } ?? []
                found += expiring(bundle, "the authority of the API service", stored)
            }
            found += requests(&visibility)
        }
        for (stored, tree) in objects("secrets", &visibility) where tree["type"] == "kubernetes.io/tls" {
            let chain = tree["data", "tls.crt"]?.string.flatMap { try? Base64.decode($0) } ?? []
            found += expiring(chain, "the certificate", stored)
        }
        for (stored, tree) in objects("configmaps", &visibility)
        where stored.key.name == "kube-root-ca.crt" && stored.key.namespace == (namespace ?? "kube-system") {
            found += expiring(Array((tree["data", "ca.crt"]?.string ?? "").utf8), "the cluster's own authority", stored)
        }
        return found
    }

    /// The certificate that the server itself shows to its clients.
    func servingCertificate() -> [Finding] {
        guard let end = CertificateDates.expiry(pem: ground.servingCertificate), isNear(end) else { return [] }
        return [
            finding(
                "the server's own certificate", end,
                command: "restart reckon: it makes a new one from its authority when it starts")
        ]
    }

    private func requests(_ visibility: inout Visibility) -> [Finding] {
        objects("certificatesigningrequests", group: "certificates.k8s.io", &visibility).compactMap { stored, tree in
            guard (tree["status", "conditions"]?.elements ?? []).isEmpty,
                let age = since(tree["metadata", "creationTimestamp"]), age > 5 * Self.minute
            else { return nil }
            return Finding(
                severity: .notice, kind: "PendingCertificateRequest",
                title: "certificate request \(stored.key.name) waits for approval since \(Ink.span(age))",
                objects: [reference(stored)], evidence: ["asked by \(tree["spec", "username"]?.string ?? "")"],
                revision: stored.revision, command: "kubectl describe csr \(stored.key.name)")
        }
    }

    private func expiring(_ pem: [UInt8], _ what: String, _ stored: StoredObject) -> [Finding] {
        guard let end = CertificateDates.expiry(pem: pem) else { return [] }
        guard isNear(end) else { return [] }
        let name = Ink.object(reference(stored))
        var finding = finding("\(what) in \(name)", end, command: "reckon blame \(name)")
        finding.objects = [reference(stored)]
        finding.revision = stored.revision
        return [finding]
    }

    private func isNear(_ end: Timestamp) -> Bool { end.since(now) < 30 * 86_400_000_000 }

    private func finding(_ what: String, _ end: Timestamp, command: String) -> Finding {
        let left = end.since(now)
        let text = left < 0 ? "expired \(Ink.span(-left)) ago" : "expires in \(Ink.span(left))"
        return Finding(
            severity: left < 0 ? .critical : left < 7 * 86_400_000_000 ? .warning : .notice,
            kind: "CertificateExpiry", title: "\(what) \(text)", evidence: ["valid until \(end.rfc3339)"],
            command: command)
    }
}

/// Reads when X.509 certificates end; nothing else of them.
enum CertificateDates {
    /// The earliest end among the certificates of a PEM text; nil when there is none.
    static func expiry(pem: [UInt8]) -> Timestamp? {
        let lines = String(decoding: pem, as: UTF8.self).split(whereSeparator: \.isNewline)
        var (inside, text) = (false, "")
        var earliest: Timestamp?
        for line in lines {
            if line.hasPrefix("-----BEGIN CERTIFICATE") {
                (inside, text) = (true, "")
            } else if line.hasPrefix("-----END CERTIFICATE") {
                inside = false
                if let bytes = try? Base64.decode(text), let end = expiry(der: bytes[...]) {
                    earliest = earliest.map { min($0, end) } ?? end
                }
            } else if inside {
                text += line
            }
        }
        return earliest
    }

    /// Certificate ::= SEQUENCE { tbs SEQUENCE { [0] version, serial, algorithm, issuer, validity SEQUENCE { from, until } … } … }
    private static func expiry(der: ArraySlice<UInt8>) -> Timestamp? {
        guard let certificate = element(der), let body = element(certificate.content) else { return nil }
        var rest = body.content
        var fields: [(tag: UInt8, content: ArraySlice<UInt8>)] = []
        while fields.count < 5, let next = element(rest) {
            // The version is optional.
            if next.tag != 0xA0 { fields.append((next.tag, next.content)) }
            rest = next.rest
            if fields.count == 4 { break }
        }
        guard fields.count == 4, let from = element(fields[3].content), let until = element(from.rest) else {
            return nil
        }
        let digits = String(decoding: until.content, as: UTF8.self)
        // UTCTime has two digits for the year, GeneralizedTime four.
        let full = until.tag == 0x17 ? ((digits.first ?? "0") < "5" ? "20" : "19") + digits : digits
        let d = Array(full)
        guard d.count >= 14 else { return nil }
        func part(_ from: Int, _ to: Int) -> String { String(d[from..<to]) }
        return Timestamp(
            rfc3339:
                "\(part(0, 4))-\(part(4, 6))-\(part(6, 8))T\(part(8, 10)):\(part(10, 12)):\(part(12, 14))Z")
    }

    private static func element(_ bytes: ArraySlice<UInt8>) -> (
        tag: UInt8, content: ArraySlice<UInt8>, rest: ArraySlice<UInt8>
    )? {
        guard bytes.count >= 2, let tag = bytes.first else { return nil }
        var at = bytes.startIndex + 1
        var length = Int(bytes[at])
        at += 1
        if length > 0x7F {
            let count = length & 0x7F
            guard count <= 4, count > 0, bytes.endIndex - at >= count else { return nil }
            length = 0
            for _ in 0..<count {
                length = length << 8 | Int(bytes[at])
                at += 1
            }
        }
        guard bytes.endIndex - at >= length else { return nil }
        return (tag, bytes[at..<at + length], bytes[(at + length)...])
    }
}
