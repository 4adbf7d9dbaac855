import Foundation

/// Runs programs of the host: `ctr`, `mount`, containerd itself.
enum Shell {
    struct Result: Sendable {
        var status: Int32
        var output: String
    }

    /// The program's place, looked for on the PATH and where distributions put it.
    static func find(_ program: String) -> String? {
        if program.hasPrefix("/") { return access(program, X_OK) == 0 ? program : nil }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        for folder in path.split(separator: ":").map(String.init) + [
            "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
        ] {
            let candidate = folder + "/" + program
            if access(candidate, X_OK) == 0 { return candidate }
        }
        return nil
    }

    /// Runs to the end, blocking this thread; output and errors together.
    static func run(_ program: String, _ arguments: [String], input: [UInt8] = []) -> Result {
        guard let path = find(program) else { return Result(status: 127, output: "\(program): not found") }
        let out = Pipe()
        guard
            let pid = spawn(
                path, arguments, output: out.fileHandleForWriting.fileDescriptor, input: input, inNewSession: false)
        else {
            return Result(status: 126, output: "\(path): cannot be started")
        }
        try? out.fileHandleForWriting.close()
        let data = (try? out.fileHandleForReading.readToEnd()) ?? Data()
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return Result(
            status: status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F),
            output: String(decoding: data, as: UTF8.self))
    }

    /// Starts a program that outlives this process: its own session, output to a file, no descriptor of ours.
    static func startDetached(_ path: String, _ arguments: [String], logFile: String) -> pid_t? {
        let log = open(logFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard log >= 0 else { return nil }
        defer { close(log) }
        return spawn(path, arguments, output: log, input: [], inNewSession: true)
    }

    private static func spawn(_ path: String, _ arguments: [String], output: Int32, input: [UInt8], inNewSession: Bool)
        -> pid_t?
    {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var inputEnds: [Int32] = [-1, -1]
        if input.isEmpty {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        } else {
            // A memory file takes input of any size without a second thread.
            inputEnds[0] = temporaryFile(input)
            posix_spawn_file_actions_adddup2(&actions, inputEnds[0], 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        closeRest(&actions)
        defer { if inputEnds[0] >= 0 { close(inputEnds[0]) } }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigemptyset(&all)
        for signal in [SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGQUIT] { sigaddset(&all, signal) }
        posix_spawnattr_setsigdefault(&attributes, &all)
        // 0x80 is glibc's POSIX_SPAWN_SETSID.
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (inNewSession ? 0x80 : 0)
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var pid: pid_t = 0
        var argv = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for text in argv { free(text) } }
        guard posix_spawn(&pid, path, &actions, &attributes, &argv, environ) == 0 else { return nil }
        return pid
    }

    /// No descriptor of ours (sockets, the log) may live on in a program that outlives us. glibc has the call from 2.34 on.
    private static func closeRest(_ actions: inout posix_spawn_file_actions_t) {
        typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
        guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else { return }
        _ = unsafeBitCast(symbol, to: CloseFrom.self)(&actions, 3)
    }

    private static func temporaryFile(_ bytes: [UInt8]) -> Int32 {
        var template = Array("/tmp/reckon-input-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { return -1 }
        unlink(template)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count <= 0 { break }
            rest = rest.dropFirst(count)
        }
        lseek(file, 0, SEEK_SET)
        return file
    }
}
