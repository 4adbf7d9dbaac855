import Document
import Foundation
import Logging

/// Images that every node has without a registry, made from this machine's own static busybox.
enum BuiltinImages {
    /// The sandbox image.
    static let pause = "reckon.dev/pause:1"
    /// busybox with its applets: `httpd`, `sh`, `nc`, `wget`, `sleep`, ….
    static let busybox = "reckon.dev/busybox:1"

    /// The archive of the sandbox image.
    static func pauseArchive() throws -> [UInt8] {
        var layer = TarArchive()
        if let program = PauseProgram.executable {
            layer.addFile("pause", program, mode: 0o755)
            return ImageArchive.make(name: pause, layer: layer.finished(), configuration: ["Entrypoint": ["/pause"]])
        }
        layer.addFile("busybox", try busyboxProgram(), mode: 0o755)
        return ImageArchive.make(
            name: pause, layer: layer.finished(), configuration: ["Entrypoint": ["/busybox", "sleep", "2147483647"]])
    }

    static func busyboxArchive() throws -> [UInt8] {
        let program = try busyboxProgram()
        var layer = TarArchive()
        for folder in ["bin", "etc", "home", "root", "sbin", "usr", "usr/bin", "usr/sbin", "var", "www"] {
            layer.addDirectory(folder)
        }
        layer.addDirectory("tmp", mode: 0o1777)
        layer.addFile("bin/busybox", program, mode: 0o755)
        let applets = Shell.run("busybox", ["--list"]).output.split(separator: "\n").map(String.init)
        for applet in applets.sorted() where applet != "busybox" && !applet.contains("/") {
            layer.addLink("bin/" + applet, to: "busybox")
        }
        layer.addFile(
            "etc/passwd", Array("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n".utf8))
        layer.addFile("etc/group", Array("root:x:0:\nnogroup:x:65534:\n".utf8))
        return ImageArchive.make(
            name: busybox, layer: layer.finished(),
            configuration: ["Cmd": ["sh"], "Env": ["PATH=/bin:/sbin:/usr/bin:/usr/sbin"]])
    }

    private static func busyboxProgram() throws -> [UInt8] {
        guard let path = Shell.find("busybox"), let data = FileManager.default.contents(atPath: path) else {
            throw KubeletError("busybox is not installed: run tools/bootstrap (package busybox-static)")
        }
        return [UInt8](data)
    }

    /// Hands an archive to containerd.
    static func load(_ archive: [UInt8], socket: String, directory: String) throws {
        let file = directory + "/import.tar"
        guard FileManager.default.createFile(atPath: file, contents: Data(archive)) else {
            throw KubeletError("cannot write \(file)")
        }
        defer { unlink(file) }
        let result = Shell.run("ctr", ["-a", socket, "-n", "k8s.io", "images", "import", file])
        guard result.status == 0 else {
            throw KubeletError(
                "containerd did not take a built-in image: \(result.output.trimmingCharacters(in: .whitespacesAndNewlines))"
            )
        }
    }
}
