import Glibc
import Records

extension DiskLog {
    public func verify(_ progress: (Double) -> Void) -> VerifyReport { verify(marking: nil, progress) }

    /// The same, with the chain's value after one revision in the report.
    public func verify(marking mark: UInt64?, _ progress: (Double) -> Void) -> VerifyReport {
        // The transaction keeps the pages of its snapshot from being written over while they are read.
        do throws(LogError) {
            return try read { transaction throws(LogError) in
                Self.verify(directory: directory, notAfter: transaction.id, mark: mark, progress)
            }
        } catch {
            var report = VerifyReport()
            report.findings = [.init(revision: nil, text: error.description)]
            return report
        }
    }

    /// The same without opening the log: works on files that cannot be opened any more. No process may be writing.
    public static func verify(directory: String, marking mark: UInt64? = nil, progress: (Double) -> Void)
        -> VerifyReport
    {
        verify(directory: directory, notAfter: .max, mark: mark, progress)
    }

    private static func verify(
        directory: String, notAfter transaction: UInt64, mark: UInt64?, _ progress: (Double) -> Void
    ) -> VerifyReport {
        let path = directory + "/log.mdb"
        do throws(LogError) {
            return try withPages(of: path, notAfter: transaction) { walker throws(LogError) in
                withoutActuallyEscaping(progress) {
                    LogVerifier(
                        walker, directory: directory, checkpoints: checkpointRevisions(directory),
                        keyframes: keyframeRevisions(directory), mark: mark, $0
                    ).run()
                }
            }
        } catch {
            var report = VerifyReport()
            report.findings = [.init(revision: nil, text: error.description)]
            return report
        }
    }

    /// Looks over the newest pages before LMDB trusts them. A file that is not there yet is fine.
    static func inspect(_ path: String) throws(LogError) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        // A first start that ended before its first write leaves an empty file; a log that was cut to nothing had checkpoints.
        if status.st_size == 0, checkpointRevisions(String(path.dropLast("/log.mdb".count))).isEmpty { return }
        try withPages(of: path, notAfter: .max) { walker throws(LogError) in
            if walker.missingBytes > 0 {
                throw .damaged(revision: nil, "\(path) was cut: \(walker.missingBytes) bytes are missing at its end")
            }
            guard walker.hasBothMetaPages else {
                throw .damaged(revision: nil, "\(path): one of the two meta pages is damaged")
            }
            do throws(PageWalker.Problem) { try walker.checkNewest(pagesOfEachTree: Limits.inspectedPages) } catch {
                throw .damaged(revision: nil, "\(path), \(error.description)")
            }
        }
    }

    private static func withPages<T>(
        of path: String, notAfter transaction: UInt64, _ body: (PageWalker) throws(LogError) -> T
    ) throws(LogError) -> T {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unusable("\(path) cannot be opened: \(String(cString: strerror(errno)))") }
        defer { Glibc.close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_size > 0 else { throw .damaged(revision: nil, "\(path) is empty") }
        let size = Int(status.st_size)
        guard let map = mmap(nil, size, PROT_READ, MAP_SHARED, file, 0), map != MAP_FAILED else {
            throw .failed(operation: "read", code: errno)
        }
        defer { munmap(map, size) }
        let walker: PageWalker
        do throws(PageWalker.Problem) {
            walker = try PageWalker(UnsafeRawBufferPointer(start: map, count: size), notAfter: transaction)
        } catch {
            throw .damaged(revision: nil, "\(path), \(error.description)")
        }
        return try body(walker)
    }
}
