#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Files that only their owner may read, replaced whole.
enum PrivateFile {
    /// nil when there is no such file.
    static func read(_ path: String) throws(IdentityError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        if file < 0 {
            if errno == ENOENT { return nil }
            throw IdentityError("cannot read \(path): \(message())")
        }
        defer { close(file) }
        var out: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = part.withUnsafeMutableBytes { buffer in
                #if canImport(Glibc)
                    Glibc.read(file, buffer.baseAddress, buffer.count)
                #elseif canImport(Musl)
                    Musl.read(file, buffer.baseAddress, buffer.count)
                #else
                    Darwin.read(file, buffer.baseAddress, buffer.count)
                #endif
            }
            if count < 0 { throw IdentityError("cannot read \(path): \(message())") }
            if count == 0 { return out }
            out.append(contentsOf: part[..<count])
            if out.count > 16 << 20 { throw IdentityError("\(path) is longer than 16 MiB") }
        }
    }

    /// Writes beside the file, flushes, and renames: a reader sees the old or the new.
    static func write(_ path: String, _ bytes: [UInt8]) throws(IdentityError) {
        let beside = path + ".new"
        unlink(beside)
        let file = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw IdentityError("cannot write \(beside): \(message())") }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
                #if canImport(Glibc)
                    return Glibc.write(file, rest.baseAddress, rest.count)
                #elseif canImport(Musl)
                    return Musl.write(file, rest.baseAddress, rest.count)
                #else
                    return Darwin.write(file, rest.baseAddress, rest.count)
                #endif
            }
            if count < 0 {
                let why = message()
                close(file)
                throw IdentityError("cannot write \(beside): \(why)")
            }
            done += count
        }
        let flushed = fsync(file)
        close(file)
        guard flushed == 0, rename(beside, path) == 0 else { throw IdentityError("cannot write \(path): \(message())") }
    }

    static func makeDirectory(_ path: String) throws(IdentityError) {
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw IdentityError("cannot make the directory \(path): \(message())")
        }
    }

    private static func message() -> String { String(cString: strerror(errno)) }
}
