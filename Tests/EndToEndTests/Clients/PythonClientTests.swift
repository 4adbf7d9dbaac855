import Foundation
import TestSupport
import Testing

/// The programs under `fixtures/clients`, each a user of one Python client, against the shared cluster.
@Suite struct PythonClientTests {
    private static func run(_ program: String) throws -> (status: Int32, output: String, errors: String) {
        let cluster = SharedCluster.process
        let path = Tools.root.appendingPathComponent("fixtures/clients/\(program).py").path
        return try Tools.run(
            [Tools.installed("python")!, path],
            environment: ["KUBECONFIG": cluster.kubeconfig, "HOME": cluster.directory.path])
    }

    @Test(
        .enabled(if: Tools.hasPython("kubernetes"), "no Python package kubernetes: tools/bootstrap --test installs it"))
    func theOfficialClient() throws {
        let result = try Self.run("kubernetes_client")
        #expect(result.status == 0, "\(result.output)\(result.errors.suffix(2000))")
        #expect(result.output.hasSuffix("rights ok\n"))
    }

    @Test(
        .enabled(if: Tools.hasPython("kr8s"), "no Python package kr8s: tools/bootstrap --test installs it"),
        arguments: ["kr8s_sync", "kr8s_async"])
    func kr8s(_ program: String) throws {
        let result = try Self.run(program)
        #expect(result.status == 0 && result.output.hasSuffix("ok\n"), "\(result.output)\(result.errors.suffix(2000))")
    }

    /// An operator: creation, a change, status through its subresource, deletion held by a finalizer, owned objects collected.
    @Test(.enabled(if: Tools.hasPython("kopf"), "no Python package kopf: tools/bootstrap --test installs it"))
    func anOperatorOfKopf() async throws {
        guard Tools.kubectl != nil else { return print("skipped anOperatorOfKopf: there is no kubectl") }
        let cluster = SharedCluster.process
        let kubectl = try Kubectl("kopf")
        try kubectl("apply", "-f", Tools.root.appendingPathComponent("fixtures/boats.yaml").path)
        try kubectl("wait", "--for=condition=Established", "crd/boats.kopf.example", "--timeout=20s")
        let operatorProcess = Process()
        operatorProcess.executableURL = URL(fileURLWithPath: Tools.installed("python")!)
        operatorProcess.arguments = [
            "-m", "kopf", "run", "--namespace=kopf", "--standalone",
            Tools.root.appendingPathComponent("fixtures/clients/kopf_operator.py").path,
        ]
        operatorProcess.environment = ProcessInfo.processInfo.environment.merging(
            ["KUBECONFIG": cluster.kubeconfig, "HOME": cluster.directory.path]) { $1 }
        let log = kubectl.folder.appendingPathComponent("operator.log")
        FileManager.default.createFile(atPath: log.path, contents: nil)
        operatorProcess.standardError = try FileHandle(forWritingTo: log)
        operatorProcess.standardOutput = FileHandle.nullDevice
        try operatorProcess.run()
        defer {
            // Not SIGTERM: a child of one of these threads inherits that it is blocked.
            kill(operatorProcess.processIdentifier, SIGKILL)
            operatorProcess.waitUntilExit()
        }
        func said() -> String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

        try kubectl(
            "create", "-f", "-",
            input: "{apiVersion: kopf.example/v1, kind: Boat, metadata: {name: b}, spec: {sails: 2}}")
        let built = try await cluster.eventually(40) {
            try kubectl.run(["get", "boat", "b", "-o", "jsonpath={.status.phase}"]).output == "Afloat"
        }
        #expect(built, "\(said())")
        #expect(
            try kubectl("get", "cm", "b", "-o", "jsonpath={.data.sails} {.metadata.ownerReferences[0].kind}")
                == "2 Boat")
        #expect(try kubectl("get", "boat").contains("Afloat"))
        try kubectl("patch", "boat", "b", "--type=merge", "-p", #"{"spec":{"sails":5}}"#)
        let rigged = try await cluster.eventually {
            try kubectl.run(["get", "cm", "b", "-o", "jsonpath={.data.before} {.data.sails}"]).output == "2 5"
        }
        #expect(rigged, "\(said())")
        let ticked = try await cluster.eventually {
            (Int(try kubectl.run(["get", "boat", "b", "-o", "jsonpath={.status.ticks}"]).output) ?? 0) > 1
        }
        #expect(ticked && said().contains("lookout is up"), "\(said())")
        try kubectl("delete", "boat", "b", "--timeout=30s")
        #expect(try kubectl("get", "cm", "wreck-b", "-o", "name") == "configmap/wreck-b")
        let collected = try await cluster.eventually { try kubectl.run(["get", "cm", "b"]).status != 0 }
        #expect(collected, "what the boat owned is collected")
        #expect(!said().contains("ERROR"), "\(said())")
    }
}
