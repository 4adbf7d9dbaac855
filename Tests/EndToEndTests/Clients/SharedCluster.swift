import Foundation
import TestSupport
import Testing

/// One `reckon up --nodes simulated:3` that all client suites use, each test in a namespace of its own. It is stopped and
/// removed when the test process ends.
enum SharedCluster {
    static let process: ReckonProcess = {
        do {
            let started = try ReckonProcess(["up", "--nodes", "simulated:3"])
            atexit { SharedCluster.process.remove() }
            return started
        } catch {
            fatalError("the cluster for the client tests does not start: \(error)")
        }
    }()
}

/// kubectl in one namespace of the shared cluster, with a directory of its own for files.
struct Kubectl {
    let namespace: String
    let folder: URL
    private let cluster = SharedCluster.process

    init(_ namespace: String) throws {
        self.namespace = namespace
        folder = cluster.directory.appendingPathComponent("files-" + namespace)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try #require(try run(["create", "namespace", namespace]).status == 0)
        // A pod that names no account needs the default one, which a controller makes.
        _ = try run(["wait", "--for=create", "serviceaccount/default", "--timeout=20s"])
    }

    func write(_ name: String, _ text: String) throws {
        try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
    }

    func run(_ arguments: [String], input: String? = nil, environment: [String: String] = [:]) throws -> (
        status: Int32, output: String, errors: String
    ) {
        let kubectl = try #require(Tools.kubectl)
        var all = ["KUBECONFIG": cluster.kubeconfig, "HOME": cluster.directory.path]
        all.merge(environment) { $1 }
        return try Tools.run(
            [kubectl, "-n", namespace] + arguments, environment: all, input: input, directory: folder)
    }

    /// A command that runs until its process is killed; what it prints goes into a file.
    func start(_ arguments: [String], output: URL) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Tools.kubectl))
        process.arguments = ["-n", namespace] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["KUBECONFIG": cluster.kubeconfig, "HOME": cluster.directory.path]) { $1 }
        try Data().write(to: output)
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// What a command that must succeed prints, without the last line feed.
    @discardableResult
    func callAsFunction(
        _ arguments: String..., input: String? = nil, environment: [String: String] = [:],
        at location: SourceLocation = #_sourceLocation
    ) throws -> String {
        let result = try run(arguments, input: input, environment: environment)
        #expect(
            result.status == 0, "kubectl \(arguments.joined(separator: " ")): \(result.errors)",
            sourceLocation: location)
        return result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
    }

    /// What a command that must fail with that status says.
    @discardableResult
    func refused(
        _ arguments: String..., status: Int32 = 1, input: String? = nil, at location: SourceLocation = #_sourceLocation
    ) throws -> String {
        let result = try run(arguments, input: input)
        #expect(
            result.status == status, "kubectl \(arguments.joined(separator: " ")) gave \(result.output)",
            sourceLocation: location)
        return result.errors
    }

    static func deployment(_ name: String, replicas: Int = 2, image: String = "reckon.dev/busybox:1") -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: \(name), labels: {app: \(name)}}
        spec:
          replicas: \(replicas)
          selector: {matchLabels: {app: \(name)}}
          template:
            metadata: {labels: {app: \(name)}}
            spec: {containers: [{name: main, image: "\(image)", ports: [{containerPort: 80}]}]}
        """
    }
}
