import CRI
import Document
import Foundation
import GRPCCore
import Logging
import PodLifecycle

/// Sees to it that a container's image is on the node.
struct ImageManager: Sendable {
    let runtime: ContainerRuntime
    let now: @Sendable () -> Timestamp

    /// By the pull policy; `auths` are registry credentials from the pod's imagePullSecrets.
    func ensure(
        _ container: String, _ image: String, _ policy: ContainerDefinition.PullPolicy, auths: [RegistryCredential]
    ) async -> PodEvent {
        guard ImageManager.isWellFormed(image) else {
            return .imageFailed(
                container: container, reason: "InvalidImageName",
                message:
                    "Failed to apply default image tag \"\(image)\": couldn't parse image name \"\(image)\": invalid reference format"
            )
        }
        let isPresent = await status(image) != nil
        if isPresent, policy != .always {
            return .imageReady(
                container: container, wasPresent: true,
                message: "Container image \"\(image)\" already present on machine and can be accessed by the pod")
        }
        if policy == .never {
            return .imageFailed(
                container: container, reason: "ErrImageNeverPull",
                message: "Container image \"\(image)\" is not present with pull policy of Never")
        }
        if policy == .always, isPresent, image.hasPrefix("reckon.dev/") {
            // The built-in images have no registry to ask.
            return .imageReady(
                container: container, wasPresent: true,
                message: "Container image \"\(image)\" already present on machine and can be accessed by the pod")
        }
        let startedAt = now()
        var lastError: any Error = RPCError(code: .unknown, message: "no credentials")
        let matching = auths.filter { $0.matches(image) }.map { Optional($0) }
        for auth in matching.isEmpty ? [nil] : matching {
            do {
                _ = try await runtime.images.pullImage(
                    .with {
                        $0.image.image = image
                        if let auth {
                            $0.auth.username = auth.username
                            $0.auth.password = auth.password
                        }
                    }, options: ContainerRuntime.within(1800))
                let took = Double(now().since(startedAt)) / 1_000_000
                let text = took < 1 ? "\(Int(took * 1000))ms" : "\((took * 1000).rounded() / 1000)s"
                let size = await status(image)?.size ?? 0
                return .imageReady(
                    container: container, wasPresent: false,
                    message:
                        "Successfully pulled image \"\(image)\" in \(text) (\(text) including waiting). Image size: \(size) bytes."
                )
            } catch {
                lastError = error
            }
        }
        return .imageFailed(
            container: container, reason: "ErrImagePull",
            message: "failed to pull and unpack image: " + ContainerRuntime.words(lastError))
    }

    func status(_ image: String) async -> Runtime_V1_Image? {
        let answer = try? await runtime.images.imageStatus(
            .with { $0.image.image = image }, options: ContainerRuntime.within(10))
        guard let answer, answer.hasImage else { return nil }
        return answer.image
    }

    /// Whether the name can be an image reference at all.
    static func isWellFormed(_ image: String) -> Bool {
        if image.isEmpty || image.utf8.count > 512 { return false }
        let path = image.split(separator: "@", maxSplits: 1)[0]
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            if part.isEmpty { return false }
            for byte in part.utf8 {
                switch byte {
                case 97...122, 65...90, 48...57, 45, 46, 95, 58: continue
                default: return false
                }
            }
        }
        let last = path.split(separator: "/").last ?? ""
        let name = last.split(separator: ":", maxSplits: 1).first ?? ""
        return !name.isEmpty && !name.utf8.contains { (65...90).contains($0) }
    }
}

/// A user and password for one registry.
struct RegistryCredential: Sendable {
    var registry: String
    var username: String
    var password: String

    func matches(_ image: String) -> Bool {
        let first = image.split(separator: "/", maxSplits: 1).first.map(String.init) ?? ""
        let host =
            image.contains("/") && (first.contains(".") || first.contains(":") || first == "localhost")
            ? first : "docker.io"
        var wanted = registry
        for prefix in ["https://", "http://"] where wanted.hasPrefix(prefix) {
            wanted = String(wanted.dropFirst(prefix.count))
        }
        wanted = wanted.split(separator: "/", maxSplits: 1).first.map(String.init) ?? wanted
        if wanted == "index.docker.io" { wanted = "docker.io" }
        return wanted == host
    }

    /// The credentials of a `kubernetes.io/dockerconfigjson` or `kubernetes.io/dockercfg` Secret.
    static func read(_ secret: JSON) -> [RegistryCredential] {
        let data = secret["data"] ?? .null
        var auths = JSON.null
        if let encoded = data[".dockerconfigjson"]?.string, let bytes = Data(base64Encoded: encoded) {
            auths = (try? JSON(parsing: [UInt8](bytes)))?["auths"] ?? .null
        } else if let encoded = data[".dockercfg"]?.string, let bytes = Data(base64Encoded: encoded) {
            auths = (try? JSON(parsing: [UInt8](bytes))) ?? .null
        }
        return auths.entries.map { entry in
            var username = entry.value["username"]?.string ?? ""
            var password = entry.value["password"]?.string ?? ""
            if let auth = entry.value["auth"]?.string, let bytes = Data(base64Encoded: auth) {
                let parts = String(decoding: bytes, as: UTF8.self).split(separator: ":", maxSplits: 1).map(String.init)
                if parts.count == 2 { (username, password) = (parts[0], parts[1]) }
            }
            return RegistryCredential(registry: entry.key, username: username, password: password)
        }
    }
}
