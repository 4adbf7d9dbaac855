#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What the system knows of this process, under the names that every Prometheus client uses.
public enum ProcessNumbers {
    /// Writes `process_*`; nothing where /proc is not there.
    public static func write(to out: inout Exposition) {
        guard let stat = text("/proc/self/stat") else { return }
        // The command's name may hold anything, so numbers are counted from its closing parenthesis.
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        func field(_ number: Int) -> Double { number < fields.count ? Double(fields[number]) ?? 0 : 0 }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        out.family("process_cpu_seconds_total", .counter, "Time on a processor, in user and system mode.")
        out.sample((field(12) + field(13)) / ticks)
        out.family("process_virtual_memory_bytes", .gauge, "Address space in use.")
        out.sample(field(21))
        out.family("process_resident_memory_bytes", .gauge, "Memory in use.")
        out.sample(field(22) * Double(sysconf(Int32(_SC_PAGESIZE))))
        if let boot = text("/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
            let seconds = Double(boot.dropFirst(6))
        {
            out.family("process_start_time_seconds", .gauge, "When the process began, in seconds since 1970.")
            out.sample(seconds + field(20) / ticks)
        }
        if let directory = opendir("/proc/self/fd") {
            var count = -3  // itself, and the two directories that every one has
            while readdir(directory) != nil { count += 1 }
            closedir(directory)
            out.family("process_open_fds", .gauge, "Open file descriptors.")
            out.sample(max(0, count))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            out.family("process_max_fds", .gauge, "File descriptors that may be open.")
            out.sample(UInt64(limit.rlim_cur))
        }
    }

    private static func text(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 1 << 20 {
            let count = fread(&part, 1, part.count, file)
            if count == 0 { break }
            bytes += part[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
