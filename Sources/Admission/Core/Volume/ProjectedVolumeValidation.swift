import Document
import Schema

/// Checks of volumes put together from several sources.
enum ProjectedVolumeValidation {
    static func validate(_ volume: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        errors += FilePaths.validateMode(volume["defaultMode"], path: path() + ".defaultMode")
        var paths: Set<String> = []
        func claim(_ file: String, _ shown: String) {
            if !file.isEmpty, !paths.insert(file).inserted {
                errors.append(.invalid(path(), .string(shown), "conflicting duplicate paths"))
            }
        }
        for (i, source) in volume.list("sources").enumerated() where errors.hasRoom {
            func at() -> String { "\(path()).sources[\(i)]" }
            var count = 0
            for key in ["secret", "configMap"] {
                guard let part = source.given(key) else { continue }
                count += 1
                let name = part.text("name")
                if name.isEmpty { errors.append(.required("\(at()).\(key).name")) }
                VolumeValidation.validateItems(part, path: "\(at()).\(key)", &errors)
                for item in part.list("items") { claim(item.text("path"), name) }
            }
            if let part = source.given("downwardAPI") {
                count += 1
                for file in part.list("items") where errors.hasRoom {
                    VolumeValidation.validateFile(file, path: at() + ".downwardAPI", &errors)
                    claim(file.text("path"), file.text("path"))
                }
            }
            if let part = source.given("serviceAccountToken") {
                count += 1
                validateToken(part, path: path(), source: at() + ".serviceAccountToken", &errors)
            }
            if let part = source.given("clusterTrustBundle") {
                count += 1
                validateTrustBundle(part, path: at() + ".clusterTrustBundle", &errors)
                claim(part.text("path"), part.text("path"))
            }
            if let part = source.given("podCertificate") {
                count += 1
                validatePodCertificate(part, path: at() + ".podCertificate", &errors)
                for key in ["credentialBundlePath", "keyPath", "certificateChainPath"] {
                    claim(part.text(key), part.text(key))
                }
            }
            if count > 1 { errors.append(.forbidden(at(), "may not specify more than 1 volume type per source")) }
        }
    }

    private static func validateToken(
        _ token: JSON, path: @autoclosure () -> String, source: String, _ errors: inout [FieldError]
    ) {
        let seconds = token.integer("expirationSeconds") ?? 0
        func at() -> String { source + ".expirationSeconds" }
        if seconds < 600 {
            errors.append(.invalid(at(), .int(seconds), "may not specify a duration less than 10 minutes"))
        }
        if seconds > 1 << 32 {
            errors.append(.invalid(at(), .int(seconds), "may not specify a duration larger than 2^32 seconds"))
        }
        let file = token.text("path")
        if file.isEmpty {
            errors.append(.required(path() + ".path"))
        } else {
            errors += FilePaths.validateNotReserved(file, path: path() + ".path")
        }
    }

    private static func validateTrustBundle(
        _ bundle: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]
    ) {
        let name = bundle.given("name")?.string
        let signer = bundle.given("signerName")?.string
        switch (name, signer) {
        case (.some, .some): errors.append(.invalid(path(), bundle, "only one of name and signerName may be used"))
        case (.some(let name), .none):
            if name.isEmpty { errors.append(.required(path() + ".name", "must be a valid object name")) }
            if let selector = bundle.given("labelSelector") {
                errors.append(
                    .invalid(path() + ".labelSelector", selector, "labelSelector must be unset if name is specified"))
            }
        case (.none, .some(let signer)):
            if signer.isEmpty { errors.append(.required(path() + ".signerName", "must be a valid signer name")) }
            errors += LabelRules.validateSelector(bundle["labelSelector"], path: path() + ".labelSelector")
        case (.none, .none): errors.append(.required(path(), "either name or signerName must be specified"))
        }
        let file = bundle.text("path")
        if file.isEmpty { errors.append(.required(path() + ".path")) }
        errors += FilePaths.validateNotReserved(file, path: path() + ".path")
    }

    private static func validatePodCertificate(
        _ certificate: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]
    ) {
        let supported = ["ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519", "RSA3072", "RSA4096"]
        if certificate.text("signerName").isEmpty { errors.append(.required(path() + ".signerName")) }
        let type = certificate.text("keyType")
        if !supported.contains(type) { errors.append(.notSupported(path() + ".keyType", .string(type), supported)) }
        var files = 0
        for key in ["credentialBundlePath", "keyPath", "certificateChainPath"] {
            let file = certificate.text(key)
            if file.isEmpty { continue }
            files += 1
            errors += FilePaths.validateNotReserved(file, path: "\(path()).\(key)")
        }
        if files == 0 {
            errors.append(
                .required(path(), "specify at least one of credentialBundlePath, keyPath, and certificateChainPath"))
        }
    }
}
