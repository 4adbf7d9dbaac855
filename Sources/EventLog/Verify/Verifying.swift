import Glibc
import Records

extension DiskLog {
    public func verify(_ progress: (Double) -> Void) -> VerifyReport {
        // The transaction keeps the pages of its snapshot from being written over while they are read.
        do throws(LogError) {
            return try read { transaction throws(LogError) in Self.verify(directory: directory, notAfter: transaction.id, progress) }
        } catch {
            var report = VerifyReport()
            report.findings = [.init(revision: nil, text: error.description)]
            return report
        }
    }

    /// The same without opening the log: works on files that cannot be opened any more. No process may be writing.
    public static func verify(directory: String, progress: (Double) -> Void) -> VerifyReport {
        verify(directory: directory, notAfter: .max, progress)
    }

    private static func verify(directory: String, notAfter transaction: UInt64, _ progress: (Double) -> Void) -> VerifyReport {
        func failed(_ text: String) -> VerifyReport {
            var report = VerifyReport()
            report.findings = [.init(revision: nil, text: text)]
            return report
        }
        let path = directory + "/log.mdb"
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return failed("\(path) cannot be opened: \(String(cString: strerror(errno)))") }
        defer { Glibc.close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_size > 0 else { return failed("\(path) is empty") }
        let size = Int(status.st_size)
        guard let map = mmap(nil, size, PROT_READ, MAP_SHARED, file, 0), map != MAP_FAILED else {
            return failed("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { munmap(map, size) }
        do throws(PageWalker.Problem) {
            let walker = try PageWalker(UnsafeRawBufferPointer(start: map, count: size), notAfter: transaction)
            return withoutActuallyEscaping(progress) {
                LogVerifier(walker, directory: directory, checkpoints: checkpointRevisions(directory), $0).run()
            }
        } catch {
            return failed("\(path): \(error.description)")
        }
    }
}
