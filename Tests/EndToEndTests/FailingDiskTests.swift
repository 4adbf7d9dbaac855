import Document
import Foundation
import TestSupport
import Testing

/// A flush or a write of the log that fails ends the process: what is on the disk is unknown then. Nothing acknowledged may be missing
/// when it starts again. A full disk, in contrast, refuses writes and goes on.
@Suite(.serialized) struct FailingDiskTests {
    /// The library that makes calls fail, compiled once; nil (and why) when it cannot be.
    static let library: Result<String, ReckonProcess.Failure> = {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(
            "failing-disk-\(ProcessInfo.processInfo.processIdentifier).so"
        ).path
        let source = Tools.root.appendingPathComponent("fixtures/faults/failing-disk.c").path
        let built = try? Tools.run(["clang", "-shared", "-fPIC", "-O1", "-o", path, source])
        return built?.status == 0
            ? .success(path)
            : .failure(.init(description: "fixtures/faults/failing-disk.c: \(built?.errors ?? "no clang")"))
    }()

    @Test(arguments: ["sync", "write"], [0, 1, 2, 3])
    func theProcessEndsAndNothingAcknowledgedIsLost(call: String, skip: Int) async throws {
        let order = FileManager.default.temporaryDirectory.appendingPathComponent("failing-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: order) }
        let server = try ReckonProcess(
            ["apiserver"], environment: ["LD_PRELOAD": Self.library.get(), "FAILING_DISK": order.path])
        defer { server.remove() }
        var acknowledged = try await Self.write(server, from: 0, count: 10)
        #expect(acknowledged == 10)
        try "\(call) \(EIO) \(skip)".write(to: order, atomically: true, encoding: .utf8)
        acknowledged += (try? await Self.write(server, from: 10, count: 50)) ?? 0
        #expect(acknowledged < 60, "the disk failed, so not everything can have been acknowledged")
        #expect(await server.ends() == 74, "\(server.errorText)")
        #expect(server.errorText.contains("log cannot be written"), "\(server.errorText)")

        server.environment = [:]
        try FileManager.default.removeItem(at: order)
        try server.start()
        let answer = try await server.send("GET", "/api/v1/namespaces/default/configmaps")
        let names = (answer.body["items"]?.elements ?? []).compactMap { $0["metadata", "name"]?.string }
        for number in 0..<acknowledged { #expect(names.contains("c\(number)")) }
        #expect(names.count <= acknowledged + 1 + 1, "one write may have been under way")
        server.stop()
        let verified = try server.reckon("log", "verify", "--data", server.dataPath)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    }

    /// Creates ConfigMaps one after the other; how many were acknowledged before the server was gone.
    private static func write(_ server: ReckonProcess, from first: Int, count: Int) async throws -> Int {
        for number in first..<first + count {
            let map: JSON = [
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string("c\(number)")],
            ]
            guard let answer = try? await server.send("POST", "/api/v1/namespaces/default/configmaps", map),
                answer.status == 201
            else { return number - first }
        }
        return count
    }
}
