import Document
import Schema

/// The rules of this group's kinds.
enum CertificateRules {
    static let entries: [RuleBook.Entry] = [
        (
            GroupResource(group: "certificates.k8s.io", resource: "certificatesigningrequests"),
            CertificateSigningRequestRules()
        )
    ]
}

struct CertificateSigningRequestRules: KindRules {
    var nameRule: NameRule { .pathSegment }

    private static let usages: Set<String> = [
        "signing", "digital signature", "content commitment", "key encipherment", "key agreement", "data encipherment",
        "cert sign",
        "crl sign", "encipher only", "decipher only", "any", "server auth", "client auth", "code signing",
        "email protection", "s/mime",
        "ipsec end system", "ipsec tunnel", "ipsec user", "timestamping", "ocsp signing", "microsoft sgc",
        "netscape sgc",
    ]

    /// Who asks is what the server saw, whatever the request says.
    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        let user = context.user
        object.modify("spec") { spec in
            spec["username"] = .string(user.name)
            for field in ["uid", "groups", "extra"] { spec[field] = Optional.none }
            if !user.uid.isEmpty { spec["uid"] = .string(user.uid) }
            if !user.groups.isEmpty { spec["groups"] = .array(user.groups.map { .string($0) }) }
            if !user.extra.isEmpty {
                spec["extra"] = .object(JSONObject(user.extra.map { ($0.key, .array($0.values.map { .string($0) })) }))
            }
        }
        object["status"] = [:]
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        object["spec"] = old["spec"]
        let now = context.now.rfc3339
        switch subresource {
        case "approval":
            let conditions = object["status", "conditions"]
            object["status"] = old["status"] ?? [:]
            object["status", "conditions"] = conditions
            stamp(&object, old, now)
        case "status":
            // Approval has its own endpoint: what it decided stays.
            let decided: Set<String> = ["Approved", "Denied"]
            let kept = (old["status"]?.list("conditions") ?? []).filter { decided.contains($0.text("type")) }
            let others = (object["status"]?.list("conditions") ?? []).filter { !decided.contains($0.text("type")) }
            if !kept.isEmpty || !others.isEmpty { object["status", "conditions"] = .array(kept + others) }
            stamp(&object, old, now)
        default: object["status"] = old["status"]
        }
    }

    /// Conditions learn when they came and when they changed.
    private func stamp(_ object: inout JSON, _ old: JSON, _ now: String) {
        let before = old["status"]?.list("conditions") ?? []
        object.modify("status") { status in
            status.modify("conditions") { conditions in
                conditions.modifyElements { _, condition in
                    condition.fill("lastUpdateTime", .string(now))
                    if condition.has("lastTransitionTime") { return }
                    let same = before.first {
                        $0.text("type") == condition.text("type") && $0.text("status") == condition.text("status")
                    }
                    condition["lastTransitionTime"] = same?["lastTransitionTime"] ?? .string(now)
                }
            }
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        let spec = object["spec"] ?? .null
        var errors: [FieldError] = []
        let request = spec.text("request")
        if !CertificateSigningRequestRules.isRequest(request) {
            errors.append(
                .invalid(
                    "spec.request", request.isEmpty ? .null : .string(request),
                    "PEM block type must be CERTIFICATE REQUEST"))
        }
        let usages = spec["usages"]?.strings ?? []
        if usages.isEmpty { errors.append(.required("spec.usages")) }
        var seen: Set<String> = []
        for (i, usage) in usages.enumerated() where errors.hasRoom {
            if !CertificateSigningRequestRules.usages.contains(usage) {
                errors.append(
                    .notSupported("spec.usages[\(i)]", .string(usage), CertificateSigningRequestRules.usages.sorted()))
            }
            if !seen.insert(usage).inserted { errors.append(.duplicate("spec.usages[\(i)]", .string(usage))) }
        }
        let signer = spec.text("signerName")
        if signer == "kubernetes.io/legacy-unknown" {
            errors.append(
                .invalid(
                    "spec.signerName", .string(signer), "the legacy signerName is not allowed via this API version"))
        } else {
            errors += CertificateSigningRequestRules.validateSigner(signer, path: "spec.signerName")
        }
        if let seconds = spec.integer("expirationSeconds"), seconds < 600 {
            errors.append(
                .invalid(
                    "spec.expirationSeconds", .int(seconds),
                    "may not specify a duration less than 600 seconds (10 minutes)"))
        }
        return errors + validateConditions(object)
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        var errors = ObjectMetaRules.revalidate(object, old: old) + validateConditions(object)
        let conditions = object["status"]?.list("conditions") ?? []
        for type in ["Approved", "Denied", "Failed"] {
            let had = (old["status"]?.list("conditions") ?? []).filter { $0.text("type") == type }
            let has = conditions.filter { $0.text("type") == type }
            if has.count < had.count {
                errors.append(.forbidden("status.conditions", "updates may not remove a condition of type \"\(type)\""))
            } else if has.count > had.count, subresource.isEmpty || (subresource == "status" && type != "Failed") {
                errors.append(.forbidden("status.conditions", "updates may not add a condition of type \"\(type)\""))
            }
        }
        return errors
    }

    private func validateConditions(_ object: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (i, condition) in (object["status"]?.list("conditions") ?? []).enumerated()
        where errors.hasRoom {
            let at = "status.conditions[\(i)]"
            let (type, status) = (condition.text("type"), condition.text("status"))
            if type.isEmpty { errors.append(.required(at + ".type")) }
            if ["Approved", "Denied", "Failed"].contains(type) {
                if status.isEmpty {
                    errors.append(.required(at + ".status"))
                } else if status != "True" {
                    errors.append(.notSupported(at + ".status", .string(status), ["True"]))
                }
            } else if !["True", "False", "Unknown"].contains(status) {
                errors.append(
                    status.isEmpty
                        ? .required(at + ".status")
                        : .notSupported(at + ".status", .string(status), ["False", "True", "Unknown"]))
            }
            if !seen.insert(type).inserted { errors.append(.duplicate(at + ".type", .string(type))) }
        }
        if seen.contains("Approved"), seen.contains("Denied") {
            errors.append(.invalid("status.conditions", "", "Approved and Denied conditions are mutually exclusive"))
        }
        return errors
    }

    /// `example.com/path/more`.
    static func validateSigner(_ name: String, path: String) -> [FieldError] {
        if name.isEmpty { return [.required(path)] }
        if name.utf8.count > 571 { return [.tooLong(path, 571)] }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            return [
                .invalid(
                    path, .string(name),
                    "must be a fully qualified domain and path of the form 'example.com/signer-name'")
            ]
        }
        if parts.contains("") {
            return [.invalid(path, .string(name), "validation error: must be of the form 'example.com/signer-name'")]
        }
        var errors: [FieldError] = []
        errors.addInvalid(path, .string(parts[0]), Names.dnsSubdomain(parts[0]))
        if !parts[0].contains(".") {
            errors.append(
                .invalid(path, .string(parts[0]), "should be a domain with at least two segments separated by dots"))
        }
        errors.addInvalid(path, .string(parts[1]), Names.dnsSubdomain(parts[1]))
        return errors
    }

    /// Whether the base64 text holds a PEM block `CERTIFICATE REQUEST`.
    static func isRequest(_ base64: String) -> Bool {
        guard let bytes = try? Document.Base64.decode(base64) else { return false }
        return holds("-----BEGIN CERTIFICATE REQUEST-----\n", bytes)
            && holds("-----END CERTIFICATE REQUEST-----", bytes)
    }

    /// Whether a text stands anywhere in the bytes; it begins with five dashes, and the sixth byte tells most other places.
    private static func holds(_ text: StaticString, _ bytes: [UInt8]) -> Bool {
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard bytes.count >= wanted.count else { return false }
        let dash = UInt8(ascii: "-")
        for i in 0...(bytes.count - wanted.count) where bytes[i] == dash && bytes[i + 5] == wanted[5] {
            if bytes[i..<i + wanted.count].elementsEqual(wanted) { return true }
        }
        return false
    }
}
