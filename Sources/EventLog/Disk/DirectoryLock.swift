import Glibc

/// The claim of one writing process on a directory. The system lets go of it when the process ends, however it ends.
enum DirectoryLock {
    static func make(_ directory: String) throws(LogError) {
        var path = ""
        for part in directory.split(separator: "/", omittingEmptySubsequences: false) {
            path += part
            if !path.isEmpty, mkdir(path, 0o700) != 0, errno != EEXIST, errno != EISDIR, errno != EROFS {
                throw .unusable("\(path) cannot be made: \(String(cString: strerror(errno)))")
            }
            path += "/"
        }
    }

    static func take(_ directory: String) throws(LogError) -> Int32 {
        let descriptor = open(directory + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .unusable("\(directory)/lock cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            if code == EWOULDBLOCK { throw .inUse(directory: directory) }
            throw .failed(operation: "locking", code: code)
        }
        return descriptor
    }
}
