import Document
import Foundation
import ServiceRouting
import Testing

/// The rules' text against a real kernel, in a network namespace of its own that goes away with the process.
@Suite struct KernelTests {
    static let obstacle: Bool =
        getuid() != 0 || access("/usr/sbin/nft", X_OK) != 0 || access("/usr/bin/unshare", X_OK) != 0

    /// Feeds each text to nft in one namespace and returns what nft lists afterwards; nil and the words when it refuses one.
    private func load(_ texts: [String]) throws -> (status: Int32, output: String) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("reckon-nft-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var script = "set -e\n"
        for (i, text) in texts.enumerated() {
            let file = folder.appendingPathComponent("\(i).nft")
            try text.write(to: file, atomically: true, encoding: .utf8)
            script += "/usr/sbin/nft -f \(file.path)\n"
        }
        script += "/usr/sbin/nft list table ip \(ServiceRouter.table)\n"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = ["-n", "/bin/sh", "-c", script]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = (try? output.fileHandleForReading.readToEnd()) ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    private func service(_ i: Int, sticky: Bool = false, local: Bool = false) -> JSON {
        [
            "metadata": ["namespace": "a", "name": .string("s\(i)")],
            "spec": [
                "clusterIPs": [.string("10.96.\(i / 250).\(i % 250 + 1)")],
                "sessionAffinity": sticky ? "ClientIP" : "None",
                "externalTrafficPolicy": local ? "Local" : "Cluster",
                "externalIPs": i % 5 == 0 ? [.string("198.51.100.\(i % 200 + 1)")] : [],
                "ports": [
                    ["port": 80, "protocol": "TCP", "name": "a", "nodePort": .int(i % 3 == 0 ? Int64(30000 + i) : 0)],
                    ["port": 53, "protocol": "UDP", "name": "b"],
                ],
            ],
        ]
    }
    private func slice(_ i: Int, _ count: Int) -> JSON {
        [
            "metadata": [
                "namespace": "a", "name": .string("s\(i)"), "labels": ["kubernetes.io/service-name": .string("s\(i)")],
            ],
            "addressType": "IPv4",
            "ports": [
                ["port": 8080, "protocol": "TCP", "name": "a"], ["port": 5353, "protocol": "UDP", "name": "b"],
            ],
            "endpoints": .array(
                (0..<count).map {
                    ["addresses": [.string("10.244.0.\($0 + 1)")], "nodeName": $0 % 2 == 0 ? "n1" : "n2"]
                }),
        ]
    }

    @Test(.enabled(if: !obstacle, "needs root and nft: run tools/bootstrap as root"))
    func takesTheTableAndItsChanges() throws {
        var router = ServiceRouter(node: .init(name: "n1", clusterCIDR: "10.244.0.0/16", podCIDR: "10.244.0.0/24"))
        var texts = [router.wholeTable()]
        for i in 0..<20 {
            router.setService(service(i, sticky: i % 4 == 0, local: i % 6 == 0))
            router.setSlice(slice(i, i % 4))
        }
        texts.append(router.changes().text)
        for i in 0..<20 where i % 2 == 0 { router.setSlice(slice(i, i % 4 + 1)) }
        router.removeService(namespace: "a", name: "s3")
        texts.append(router.changes().text)
        texts.append(router.wholeTable())
        for i in 0..<20 { router.removeService(namespace: "a", name: "s\(i)") }
        texts.append(router.changes().text)
        #expect(!texts.contains(""))
        let (status, output) = try load(texts)
        #expect(status == 0, "\(output)")
        // Nothing of the services is left.
        #expect(!output.contains("10.244.0.1 "))
        #expect(!output.contains("sticky"))
    }

    @Test(.enabled(if: !obstacle, "needs root and nft: run tools/bootstrap as root"))
    func takesTwoThousandServicesAtOnce() throws {
        var router = ServiceRouter(node: .init(name: "n1"))
        for i in 0..<2000 {
            router.setService(service(i))
            router.setSlice(slice(i, 2))
        }
        let (status, output) = try load([router.wholeTable()])
        #expect(status == 0, "\(output.prefix(2000))")
    }
}
