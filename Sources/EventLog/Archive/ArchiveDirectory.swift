internal import Document
internal import Glibc
internal import LogArchive

/// The files of an archive in a directory: `00000001.reckon`, `00000002.reckon`, …; each goes on where the one before stopped.
struct ArchiveDirectory {
    static let suffix = ".reckon"
    let path: String

    func file(_ number: Int) -> String {
        let digits = String(number)
        return path + "/" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits + Self.suffix
    }

    /// The numbers of the files that are there, in order.
    var numbers: [Int] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var found: [Int] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(Self.suffix), let number = Int(name.dropLast(Self.suffix.count)) { found.append(number) }
        }
        return found.sorted()
    }

    /// What reading all files gave.
    struct Summary {
        var archive = ""
        var files = 0
        var bytes = 0
        /// Bytes at the ends of files that a writer left unfinished.
        var tornBytes = 0
        /// The whole frames of the last file.
        var lastFrames = 0
        var position = ArchivePosition()
        var lastHead: ArchiveHead?
    }

    /// Calls `body` with every batch of every file in order, until it answers false. Damage is thrown with the file's name and place.
    func read(secret: ArchiveSecret?, _ body: (ArchiveBatch) throws(LogError) -> Bool) throws(LogError) -> Summary {
        var summary = Summary()
        let numbers = numbers
        guard let first = numbers.first else { throw .unusable("\(path) holds no archive") }
        guard first == 1, numbers.last == numbers.count else {
            let missing = (1...numbers.last!).first { !numbers.contains($0) }!
            throw .damaged(revision: nil, "\(file(missing)) is missing")
        }
        var goesOn = true
        // A file's whole frames are known to the next one: what follows them was never acknowledged.
        for number in numbers where goesOn {
            let successor = number < numbers.count ? try head(number + 1) : nil
            var frame = 0
            var problem: LogError?
            let outcome = try ArchiveFileReader.read(file(number), secret: secret) { batch throws(LogError) in
                frame += 1
                if let successor, frame >= successor.framesBefore { return true }
                guard goesOn else { return false }
                summary.position = batch.position
                goesOn = try body(batch)
                return goesOn
            }
            let name = file(number)
            switch outcome.ending {
            case .complete: break
            case .open(let torn): summary.tornBytes += torn
            case .damaged(let frame, let offset, let text):
                if let successor, frame >= successor.framesBefore {
                    summary.tornBytes += outcome.bytes - offset
                } else {
                    problem = .damaged(revision: nil, "\(name), frame \(frame) at byte \(offset): \(text)")
                }
            }
            if let problem {
                if goesOn { throw problem }
                break
            }
            guard let head = outcome.head else {
                // A file that was made and never begun is the last one, or its writer came back.
                if successor == nil || successor!.framesBefore == 0 {
                    summary.files += 1
                    summary.lastFrames = 0
                    continue
                }
                throw .damaged(revision: nil, "\(name) has no head")
            }
            if let successor, goesOn, outcome.frames < successor.framesBefore {
                throw .damaged(
                    revision: nil,
                    "\(name) was cut: it has \(outcome.frames) of the \(successor.framesBefore) frames that \(file(number + 1)) goes on from"
                )
            }
            if !summary.archive.isEmpty, head.archive != summary.archive || head.number != number {
                throw .damaged(revision: nil, "\(name) belongs to another archive")
            }
            summary.archive = head.archive
            summary.files += 1
            summary.bytes += outcome.bytes
            summary.lastFrames = successor.map { min($0.framesBefore, outcome.frames) } ?? outcome.frames
            summary.lastHead = head
        }
        return summary
    }

    /// The head of a file; nil when the file was made and never begun.
    private func head(_ number: Int) throws(LogError) -> ArchiveHead? {
        try ArchiveFileReader.head(file(number))
    }
}
