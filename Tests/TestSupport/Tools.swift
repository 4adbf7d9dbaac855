public import Foundation

/// Where the built binary and the clients are.
public enum Tools {
    /// The package's root.
    public static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The binary under test: `$RECKON`, else the release build, else the debug build.
    public static let reckon: String = {
        if let path = ProcessInfo.processInfo.environment["RECKON"] { return path }
        for build in ["release", "debug"] {
            let path = root.appendingPathComponent(".build/\(build)/reckon").path
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        return "reckon"
    }()

    /// A real kubectl: `$KUBECTL`, else the one `tools/bootstrap --test` installs, else one on the PATH. nil when there is none.
    public static let kubectl: String? = {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["KUBECTL"] { return path }
        let installed = root.appendingPathComponent(".build/tools/bin/kubectl").path
        if FileManager.default.isExecutableFile(atPath: installed) { return installed }
        return find("kubectl")
    }()

    /// A program on the PATH; nil when there is none of that name.
    public static func find(_ name: String) -> String? {
        for directory in (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") {
            let path = String(directory) + "/" + name
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        return nil
    }

    /// A program that `tools/bootstrap --test` installs (`helm`, `python`); nil when it is not there.
    public static func installed(_ name: String) -> String? {
        let path = root.appendingPathComponent(".build/tools/bin/\(name)").path
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }

    /// Whether the Python of `tools/bootstrap --test` has these modules.
    public static func hasPython(_ modules: String...) -> Bool {
        guard let python = installed("python") else { return false }
        let probe = try? run([python, "-c", "import " + modules.joined(separator: ", ")])
        return probe?.status == 0
    }

    /// Runs a command to its end.
    @discardableResult
    public static func run(
        _ command: [String], environment: [String: String] = [:], input: String? = nil, directory: URL? = nil
    ) throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let directory { process.currentDirectoryURL = directory }
        let (out, err) = (Pipe(), Pipe())
        process.standardOutput = out
        process.standardError = err
        let inward = Pipe()
        process.standardInput = input == nil ? FileHandle.nullDevice : inward
        try process.run()
        if let input {
            inward.fileHandleForWriting.write(Data(input.utf8))
            try inward.fileHandleForWriting.close()
        }
        // Both pipes are read while the command runs, or a full one would stop it.
        let errors = Collected()
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            errors.data = err.fileHandleForReading.readDataToEndOfFile()
            done.signal()
        }
        let output = out.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        done.wait()
        return (
            process.terminationStatus, String(decoding: output, as: UTF8.self),
            String(decoding: errors.data, as: UTF8.self)
        )
    }
}

/// What another thread reads; handed over by a semaphore.
private final class Collected: @unchecked Sendable {
    var data = Data()
}
