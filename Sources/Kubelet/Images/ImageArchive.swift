import Crypto
import Document

/// An image of one layer as an OCI layout archive, as `ctr images import` takes it.
enum ImageArchive {
    /// `configuration` holds the OCI image config's `config` member: Cmd, Env, WorkingDir, ….
    static func make(name: String, layer: [UInt8], configuration: JSON) -> [UInt8] {
        let layerDigest = digest(layer)
        let config: JSON = [
            "architecture": .string(architecture), "os": "linux", "config": configuration,
            "rootfs": ["type": "layers", "diff_ids": [.string(layerDigest)]],
            "history": [["created_by": "reckon"]],
        ]
        let configBytes = config.encoded()
        let manifest: JSON = [
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor("application/vnd.oci.image.config.v1+json", configBytes),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", layer)],
        ]
        let manifestBytes = manifest.encoded()
        var entry = descriptor("application/vnd.oci.image.manifest.v1+json", manifestBytes)
        entry["annotations"] = [
            "io.containerd.image.name": .string(name), "org.opencontainers.image.ref.name": .string(name),
        ]
        let index: JSON = ["schemaVersion": 2, "manifests": [entry]]

        var archive = TarArchive()
        archive.addFile("oci-layout", JSON(dictionaryLiteral: ("imageLayoutVersion", "1.0.0")).encoded())
        archive.addFile("index.json", index.encoded())
        archive.addDirectory("blobs")
        archive.addDirectory("blobs/sha256")
        for blob in [layer, configBytes, manifestBytes] {
            archive.addFile("blobs/sha256/" + digest(blob).dropFirst(7), blob)
        }
        return archive.finished()
    }

    static func digest(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var out = Array("sha256:".utf8)
        for byte in SHA256.hash(data: bytes) {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func descriptor(_ mediaType: String, _ bytes: [UInt8]) -> JSON {
        ["mediaType": .string(mediaType), "digest": .string(digest(bytes)), "size": .int(Int64(bytes.count))]
    }

    static var architecture: String {
        #if arch(arm64)
            "arm64"
        #else
            "amd64"
        #endif
    }
}
