import Foundation
import TestSupport

/// A command, `reckon` unless another is named, that runs until it is stopped, and has said its first line.
final class BackgroundCommand {
    let process = Process()
    let firstLine: String

    init(
        _ arguments: [String], directory: URL, program: String = Tools.reckon, environment: [String: String] = [:]
    ) throws {
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        let errors = directory.appendingPathComponent("stderr-\(UUID().uuidString.prefix(6))")
        FileManager.default.createFile(atPath: errors.path, contents: nil)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        var line = ""
        while !line.contains("\n") {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty {
                let words = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
                throw ReckonProcess.Failure(description: "\(arguments) ended before it was ready: \(words)")
            }
            line += String(decoding: data, as: UTF8.self)
        }
        firstLine = String(line.prefix { $0 != "\n" })
    }

    /// The kubeconfig that the first line names.
    var kubeconfig: String {
        firstLine.split(separator: "=").last.map { String($0.prefix { $0 != ")" }) } ?? ""
    }

    /// The address of its server, which the first line names.
    var url: String { firstLine.split(separator: " ").dropFirst().first.map(String.init) ?? "" }

    func crash() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }
}
